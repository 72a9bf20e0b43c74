import Foundation
import RoostModel

/// A receiver of notifications on loopback (`Tests/clients/webhook.py`), which notes every request.
final class WebhookReceiver {
    struct Request: Decodable {
        let status: Int
        let path: String
        let type: String
        let signature: String
        let body: String

        /// The fields of the body, as its reader sees them.
        var fields: [String: Any] {
            get throws { try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any] ?? [:] }
        }
    }

    let port: Int
    private let file: String
    private let process = Process()
    private let input = Pipe()

    var url: String { "http://127.0.0.1:\(port)/hook?from=roost" }

    /// Listens on `port`, or a free one. The first `failures` requests are refused with 503.
    init(in folder: String, failures: Int, port: Int = 0) throws {
        file = "\(folder)/webhook.jsonl"
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = ["\(Programs.checkout)/Tests/clients/webhook.py", file, "\(port)", "\(failures)"]
        process.environment = Command.clean()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let bound = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw Unexpected("the receiver does not listen: '\(line)'")
        }
        self.port = bound
    }

    /// Every request so far, also to earlier receivers in the folder.
    var requests: [Request] {
        get throws {
            guard let data = FileManager.default.contents(atPath: file) else { return [] }
            return try data.split(separator: UInt8(ascii: "\n")).map { try JSON.decode(Request.self, from: Data($0)) }
        }
    }

    /// It holds nothing that its end could lose.
    func stop() { kill(process.processIdentifier, SIGKILL) }
}

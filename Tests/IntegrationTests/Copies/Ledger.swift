import Foundation
import RoostModel
import Testing

/// A client that writes numbered entries without pause, each acknowledged before the next; see
/// Tests/clients/ledger.py.
final class Ledger {
    /// The ledger's name among several in a database; the one without a name also moves files about.
    let name: String
    private let process = Process()
    private let input = Pipe()
    /// The file of the client's output.
    let path: String

    init(_ row: EngineRow, at url: String?, in folder: String, name: String = "") throws {
        self.name = name
        path = "\(folder)/ledger-\(UUID().uuidString.prefix(8))"
        process.executableURL = URL(filePath: Programs.python)
        process.arguments = [Self.script, row.type, "write", name]
        process.environment = Command.clean(["URL": url ?? "", "PYTHONUNBUFFERED": "1"])
        for name in [path, "\(path).err"] { FileManager.default.createFile(atPath: name, contents: nil) }
        process.standardInput = input
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: path))
        process.standardError = try FileHandle(forWritingTo: URL(filePath: "\(path).err"))
        try process.run()
    }

    private static let script = "\(Programs.checkout)/Tests/clients/ledger.py"

    /// The last entry that was acknowledged.
    var last: Int { Self.last(in: path) }

    static func last(in path: String) -> Int {
        let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
        // A line that is still being written does not count.
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().last.flatMap { Int($0) } ?? 0
    }

    func waitForMore(_ count: Int = 5) async throws {
        let goal = last + count
        try await eventually("it writes on") {
            if !process.isRunning { throw Unexpected("the writer ended: \(errors)") }
            return last >= goal
        }
    }

    /// Ends the client, and returns its complaints.
    func end() throws -> String {
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        return process.terminationStatus == 0 ? errors : "status \(process.terminationStatus): \(errors)"
    }

    private var errors: String {
        FileManager.default.contents(atPath: "\(path).err").map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// The fault of the ledger at an address, whose last entry has to be between the two bounds; nil if there is
    /// none.
    static func fault(
        _ row: EngineRow, at url: String?, name: String = "", low: Int, high: Int
    ) async throws -> String? {
        let outcome = try await Command.run(
            Programs.python, [script, row.type, "check", "\(low)", "\(high)", name], environment: ["URL": url ?? ""],
            patience: .seconds(300))
        return outcome.status == 0 ? nil : "\(outcome)"
    }
}

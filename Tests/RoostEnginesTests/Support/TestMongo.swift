import Foundation
import RoostModel

@testable import RoostEngines

/// The MongoDB that `scripts/setup --tests` fetches.
enum TestMongo {
    static let checkout = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    static let engine = MongoDB(addedBuilds: "\(checkout)/.build/test-engines")
    static let isHere = !engine.builds().isEmpty

    static func configuration(
        _ config: [String: String] = [:], memory: ByteCount = .mebibytes(512), certificate: ServerCertificate? = nil
    ) throws -> MongoDBConfiguration {
        MongoDBConfiguration(
            plan: try TestServer.plan(folder: "/x", config: config, memory: memory, certificate: certificate))
    }
}

extension TestServer {
    /// Runs one command as Roost's own account of a MongoDB server.
    @discardableResult
    func system(_ command: BSONDocument, on database: String = "admin") throws -> BSONDocument {
        try MongoConnection(
            plan.folders.socket, .system(key: plan.administrationPassword), .administration,
            prefersTLS: plan.certificate != nil
        ).run(command, on: database)
    }

    /// Runs one command as a user of a MongoDB server.
    @discardableResult
    func asUser(
        _ command: BSONDocument, on database: String = "data", user: String? = nil, password: String? = nil
    ) throws -> BSONDocument {
        try MongoConnection(
            plan.folders.socket, .user(user ?? plan.applicationUser, password: password ?? plan.applicationPassword),
            .administration, prefersTLS: plan.certificate != nil
        ).run(command, on: database)
    }

    /// The code of the error that a command as a user ends with; nil: the command succeeded.
    func refusal(
        _ command: BSONDocument, on database: String = "data", user: String? = nil, password: String? = nil
    ) throws -> Int? {
        do {
            try asUser(command, on: database, user: user, password: password)
            return nil
        } catch let fault as MongoFault {
            return fault.code
        }
    }

    /// A file for another program, beside the server's own.
    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
    }

    /// A server parameter, as JSON.
    func parameter(_ name: String) throws -> String? {
        try system(["getParameter": 1, name: 1])[name]?.json
    }
}

/// A relay on a port of its own, like the router's: it comes and goes while the server runs.
final class TestRelay {
    private let process = Process()
    private let input = Pipe()

    /// Returns once the relay listens.
    init(from port: PortNumber, to target: PortNumber) throws {
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = ["\(TestMongo.checkout)/Tests/clients/relay.py", "\(port)", "\(target)"]
        process.standardInput = input
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        guard try output.fileHandleForReading.read(upToCount: 1)?.isEmpty == false else {
            throw EngineError.notReachable("the relay does not listen")
        }
    }

    func end() {
        // A child of the test runner may have SIGTERM blocked.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}

import Foundation
import Glibc
import RoostModel

extension MongoDB {
    /// Starts a server on the directory once, alone and without a replica set, and ends it. The engine's files, its
    /// collections of accounts and its log of changes are made then, which is about half of what a first start takes.
    /// The set itself is not: its id and name are the service's own.
    package func initialise(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError) {
        guard let server = build.programs["mongod"] else { throw .programMissing("mongod") }
        let folder = try SocketFolder(user)
        defer { folder.remove() }
        let command = ShortCommand(
            program: server,
            arguments: [
                "--dbpath", directory, "--bind_ip", folder.socket, "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25",
                "--setParameter", "diagnosticDataCollectionEnabled=false",
            ], user: user, patience: .seconds(120))
        let outcome = try await run(command, socket: folder.socket)
        guard outcome.succeeded else {
            let words = Self.words(outcome.output + "\n" + outcome.errors, ending: outcome.ending)
            throw .initialisationFailed("\(server) ended with \(outcome.ending): \(words ?? "no data directory")")
        }
        try Self.clear(directory)
        try Self.mark(directory, "\(build.identity.version)", owner: geteuid() == 0 ? user : nil)
    }

    /// The server runs until it was told to end, which happens beside it.
    private func run(_ command: ShortCommand, socket: String) async throws(EngineError) -> ShortCommand.Outcome {
        do {
            return try await withThrowingTaskGroup(of: ShortCommand.Outcome?.self) { group in
                group.addTask { try await command.run() }
                group.addTask {
                    try await Self.prepare(socket)
                    return nil
                }
                // Where one fails the other is cancelled, the server among them.
                defer { group.cancelAll() }
                while let result = try await group.next() {
                    if let result { return result }
                }
                throw CancellationError()
            }
        } catch let error as EngineError {
            throw error
        } catch let fault as MongoFault {
            throw .initialisationFailed(fault.message)
        } catch {
            throw .initialisationFailed("\(error)")
        }
    }

    private static func prepare(_ socket: String) async throws {
        while SocketState(path: socket) != .listening { try await Task.sleep(for: .milliseconds(5)) }
        let result = try await AdministrationThreads.run { () throws(MongoFault) in
            let connection = try MongoConnection(socket, .none, .administration)
            // An account that is made and dropped leaves the collection for accounts, empty, with its index.
            try connection.run(["createUser": "nobody", "pwd": "nobody", "roles": []])
            try connection.run(["dropUser": "nobody"])
            try connection.run(
                ["create": "oplog.rs", "capped": true, "size": .int(MongoDBConfiguration.oplogMegabytes << 20)],
                on: "local")
            do throws(MongoFault) { try connection.run(["shutdown": 1]) } catch {
                // It may be gone before it has answered.
                guard error.isUnanswered else { throw error }
            }
        }
        try result.get()
    }

    /// Empty log files made ahead, which the engine would make again; and what says that it ran here.
    private static func clear(_ directory: String) throws(EngineError) {
        do {
            for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
                let isSpare = name.hasPrefix("WiredTigerPreplog.") || name.hasPrefix("WiredTigerTmplog.")
                guard isSpare || name == "mongod.lock" else { continue }
                try FileManager.default.removeItem(atPath: "\(directory)/\(name)")
            }
            if FolderEntry.exists("\(directory)/journal", isFolder: true) {
                for name in try FileManager.default.contentsOfDirectory(atPath: "\(directory)/journal")
                where name.hasPrefix("WiredTigerPreplog.") || name.hasPrefix("WiredTigerTmplog.") {
                    try FileManager.default.removeItem(atPath: "\(directory)/journal/\(name)")
                }
            }
        } catch {
            throw .initialisationFailed("\(directory) could not be cleared up: \(error.localizedDescription)")
        }
    }
}

/// A short path for one socket, for a server that runs as another user and that nobody else is to reach.
private struct SocketFolder {
    let path: String
    var socket: String { "\(path)/server.sock" }

    init(_ user: ServerUser) throws(EngineError) {
        var template = Array("/tmp/roost-XXXXXX".utf8CString)
        // Made with mode 0700.
        guard mkdtemp(&template) != nil else { throw .initialisationFailed("no temporary folder: errno \(errno)") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if geteuid() == 0, chown(path, user.uid, user.gid) != 0 {
            throw .initialisationFailed("\(path) could not be given to \(user.name): errno \(errno)")
        }
    }

    func remove() {
        // Left behind, it is an empty folder until the machine clears its temporary files.
        try? FileManager.default.removeItem(atPath: path)
    }
}

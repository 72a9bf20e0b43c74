import Foundation
import Glibc
import RoostHost
import RoostModel

extension MongoDB {
    /// Starts a server on the directory once, in isolation and without a replica set, and ends it. This creates the
    /// engine's files, its account collections and its oplog, about half of the work of a first start. The set itself
    /// is not created: its id and name are the service's own.
    package func initialise(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError) {
        guard let server = build.programs["mongod"] else { throw .programMissing("mongod") }
        let outcome = try await LoneServer(
            program: server, directory: directory, user: user, patience: .seconds(120)
        ).run { connection throws(MongoFault) in
            // Creating and dropping an account leaves the account collection, empty, with its index.
            try connection.run(["createUser": "nobody", "pwd": "nobody", "roles": []])
            try connection.run(["dropUser": "nobody"])
            try Self.makeLog(connection)
        }
        guard outcome.succeeded else { throw .initialisationFailed("\(server) \(Self.words(outcome))") }
        try Self.clear(directory)
        try Self.mark(directory, "\(build.identity.version)", owner: geteuid() == 0 ? user : nil)
    }

    /// Creates the oplog, which otherwise the set's first start would create.
    static func makeLog(_ connection: MongoConnection) throws(MongoFault) {
        try connection.run(
            ["create": "oplog.rs", "capped": true, "size": .int(MongoDBConfiguration.oplogMegabytes << 20)],
            on: "local")
    }

    static func words(_ outcome: ShortCommand.Outcome) -> String {
        let words = words(outcome.output + "\n" + outcome.errors, ending: outcome.ending)
        return "ended with \(outcome.ending): \(words ?? "no data directory")"
    }

    /// Removes preallocated log files, which the engine would create again; its diagnostic data; and the traces of
    /// having run here.
    static func clear(_ directory: String) throws(EngineError) {
        do {
            for folder in [directory, "\(directory)/journal"] where FolderEntry.exists(folder, isFolder: true) {
                for name in try FileManager.default.contentsOfDirectory(atPath: folder) where isSpare(name) {
                    try Storage.removeTree("\(folder)/\(name)", within: directory)
                }
            }
        } catch {
            throw .notReachable("\(directory) could not be cleaned up: \(error)")
        }
    }

    private static func isSpare(_ name: String) -> Bool {
        ["mongod.lock", "diagnostic.data"].contains(name)
            || ["WiredTigerPreplog.", "WiredTigerTmplog."].contains { name.hasPrefix($0) }
    }
}

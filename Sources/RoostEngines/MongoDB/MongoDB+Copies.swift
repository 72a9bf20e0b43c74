import Foundation
import Glibc
import RoostModel

extension MongoDB {
    /// Converts the directory of a set's member to one without a set, with every acknowledged write and without user
    /// accounts.
    ///
    /// A member's collections on disk are a checkpoint up to a minute old; later writes are only in the oplog, which
    /// only a member that finds its set's configuration applies. So a first server only applies the oplog, then a
    /// second server drops the database `local`, which holds the oplog and the configuration. Both servers run in
    /// isolation, so neither contacts the members that the configuration names. The conversion can be interrupted at
    /// any moment and begun again: the first step is idempotent, and when the second begins nothing is left to apply.
    ///
    /// Both steps take some tenths of a second plus the time to apply the oplog; a copy of a converted directory takes
    /// no time.
    ///
    /// A collection's stored document count, which `count` without a condition returns, may lack the applied writes,
    /// as after a crash of any of the engine's servers. `validate` corrects it, but reads everything.
    package func resetIdentity(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError) {
        let mark = DetachedMark(directory: directory)
        if mark.stands { return }
        guard let program = build.programs["mongod"] else { throw .programMissing("mongod") }
        try await applyLog(program, directory, user)
        try await dropMembership(program, directory, user)
        try Self.clear(directory)
        try mark.set(owner: geteuid() == 0 ? user : nil)
    }

    private func applyLog(_ program: String, _ directory: String, _ user: ServerUser) async throws(EngineError) {
        let outcome = try await LoneServer(
            program: program, directory: directory, user: user,
            // The second parameter makes the server write the applied data to disk when it ends; otherwise the data
            // would be lost again.
            parameters: ["recoverFromOplogAsStandalone=true", "takeUnstableCheckpointOnShutdown=true"],
            patience: Self.longestRecovery
        ).run { _ in }
        // A member that was never opened has no set, and a member whose conversion was interrupted has no oplog:
        // "Recovery not possible, no oplog found" (the engine's source, replication_recovery.cpp). Nothing has to be
        // applied then.
        guard outcome.succeeded || outcome.output.contains(#""msgid":31364,"#) else {
            throw .refused(code: 0, message: "\(program) \(Self.words(outcome))")
        }
    }

    private func dropMembership(_ program: String, _ directory: String, _ user: ServerUser) async throws(EngineError) {
        let outcome = try await LoneServer(
            program: program, directory: directory, user: user,
            // Without this parameter the server would turn on journaling for every collection, as is right outside a
            // set, and the next start would revert it for each of them (measured: 65 ms for 80).
            parameters: ["wiredTigerSkipTableLoggingChecksOnStartup=true"], patience: Self.longestRecovery
        ).run { connection throws(MongoFault) in
            for user in try Self.listed(connection) {
                try connection.run(["dropUser": .string(user.name)], on: user.database)
            }
            try connection.run(["dropDatabase": 1], on: "local")
            try Self.makeLog(connection)
            // State for retryable writes of the original's clients. It points into the dropped oplog.
            for collection in ["transactions", "image_collection"] {
                try connection.run(
                    ["delete": .string(collection), "deletes": [["q": [:], "limit": 0]]], on: "config")
            }
        }
        guard outcome.succeeded else { throw .refused(code: 0, message: "\(program) \(Self.words(outcome))") }
    }

    private static let longestRecovery: Duration = .seconds(3600)

    package func strip(directory: String) throws(EngineError) {
        try Self.clear(directory)
    }

    // MARK: Running servers

    /// Makes the server write its data to disk, which it does once a minute: each `detach` would have to apply later
    /// writes again (measured: 80,000 documents in 40 collections take 0.6 s there, and 0.08 s here).
    package func settle(_ server: ServerAddress) async throws(EngineError) {
        let patience = MongoConnection.Patience(connect: .seconds(2), answer: .seconds(10))
        let result: Result<Void, MongoFault>
        do {
            result = try await AdministrationThreads.run { () throws(MongoFault) in
                try MongoConnection(
                    server.socket, .system(key: server.administrationPassword), patience
                ).run(["fsync": 1])
            }
        } catch {
            throw .notReachable("the call was cancelled")
        }
        do throws(MongoFault) { try result.get() } catch {
            // A slow disk. A snapshot is correct without the checkpoint, and applies the missing writes later.
            guard error.isUnanswered else { throw error.engineError }
        }
    }

    package func filledDatabases(_ plan: ServerPlan) async throws(EngineError) -> [String] {
        let system = family.systemDatabases ?? []
        return try await administer(plan) { connection throws(MongoFault) in
            let found = try connection.run(["listDatabases": 1, "nameOnly": true])
            let names = (found["databases"]?.items ?? []).compactMap { $0.document?["name"]?.text }
            var filled: [String] = []
            for name in names.sorted() where !system.contains(name) {
                let listed = try connection.run(["listCollections": 1, "nameOnly": true], on: name)
                let collections = listed["cursor"]?.document?["firstBatch"]?.items ?? []
                if !collections.isEmpty { filled.append(name) }
            }
            return filled
        }
    }

    /// No object belongs to a user in this engine, so accounts that users added are dropped.
    package func finalise(_ plan: ServerPlan) async throws(EngineError) {
        try await administer(plan) { connection throws(MongoFault) in
            for user in try Self.listed(connection) where user.label != plan.applicationUser {
                try connection.run(["dropUser": .string(user.name)], on: user.database)
            }
        }
    }
}

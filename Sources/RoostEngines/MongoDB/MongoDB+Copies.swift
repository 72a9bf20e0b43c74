import Foundation
import Glibc
import RoostModel

extension MongoDB {
    /// The directory of a set's member becomes one of no set, with all that was acknowledged to clients and without
    /// anybody's account.
    ///
    /// A member's collections are on the disk as they were at a moment up to a minute ago; what came later is in the log of
    /// changes alone, and only a member that finds its set's configuration applies it. So a server first does nothing but
    /// that, then another one drops the database `local`, in which both are. Each is alone, so neither says a word to the
    /// members that the configuration names. Cut short at any moment it can be begun again: the first changes nothing
    /// that it would not do again, and when the second begins there is nothing left to apply.
    ///
    /// Both take some tenths of a second and what is to be applied takes; a copy of a directory that is converted already
    /// takes no time.
    ///
    /// As after a crash of any of the engine's servers, the number of documents that a collection knows of itself, which
    /// `count` without a condition tells, may lack what was applied. `validate` makes it right; it reads everything.
    package func detach(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError) {
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
            // The second has the server write all of it to the disk when it ends. Else it would be lost again.
            parameters: ["recoverFromOplogAsStandalone=true", "takeUnstableCheckpointOnShutdown=true"],
            patience: Self.longestRecovery
        ).run { _ in }
        // A member that was never opened has no set, and one whose conversion was cut short no log: "Recovery not
        // possible, no oplog found" (the engine's source, replication_recovery.cpp). Nothing is to be applied then.
        guard outcome.succeeded || outcome.output.contains(#""msgid":31364,"#) else {
            throw .refused(code: 0, message: "\(program) \(Self.words(outcome))")
        }
    }

    private func dropMembership(_ program: String, _ directory: String, _ user: ServerUser) async throws(EngineError) {
        let outcome = try await LoneServer(
            program: program, directory: directory, user: user,
            // Else it would go through every collection and have it journaled, as is right for a server without a set,
            // and the next start would go through all of them to undo that (measured: 65 ms for 80).
            parameters: ["wiredTigerSkipTableLoggingChecksOnStartup=true"], patience: Self.longestRecovery
        ).run { connection throws(MongoFault) in
            for user in try Self.listed(connection) {
                try connection.run(["dropUser": .string(user.name)], on: user.database)
            }
            try connection.run(["dropDatabase": 1], on: "local")
            try Self.makeLog(connection)
            // What sessions of the original's clients could still have retried. It points into the log that is gone.
            for collection in ["transactions", "image_collection"] {
                try connection.run(
                    ["delete": .string(collection), "deletes": [["q": [:], "limit": 0]]], on: "config")
            }
        }
        guard outcome.succeeded else { throw .refused(code: 0, message: "\(program) \(Self.words(outcome))") }
    }

    private static let longestRecovery: Duration = .seconds(3600)

    package func slim(directory: String) throws(EngineError) {
        try Self.clear(directory)
    }

    // MARK: Running servers

    /// Has the server write its data to the disk, which it does once a minute: what came later would be applied anew by
    /// each `detach` (measured: 80,000 documents in 40 collections take 0.6 s there, and 0.08 s here).
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
            // A slow disk. An image is as right without, and what it lacks takes its time later.
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

    /// No object belongs to a user here, so those that people added are dropped.
    package func finalise(_ plan: ServerPlan) async throws(EngineError) {
        try await administer(plan) { connection throws(MongoFault) in
            for user in try Self.listed(connection) where user.label != plan.shownUser {
                try connection.run(["dropUser": .string(user.name)], on: user.database)
            }
        }
    }
}

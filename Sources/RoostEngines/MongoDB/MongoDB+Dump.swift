import Foundation
import RoostModel

extension MongoDB {
    package var dumpFormats: [Dump.Format] { [.mongoArchive] }
    package var loadsIntoNamedDatabase: Bool { false }

    /// Loads a dump with the vendor's `mongorestore`, which reads the format of `mongodump`. Accounts and roles in the
    /// dump are left out, as is everything else that belongs to the server it came from.
    package func load(
        _ dump: Dump, into plan: ServerPlan, _ terms: LoadTerms, build: EngineBuild, user: ServerUser?,
        progress: @escaping @Sendable (LoadProgress) -> Void
    ) async throws(EngineError) -> LoadReport {
        guard let program = Self.path(of: "mongorestore", besides: build.programFolders) else {
            throw .clientMissing(
                "'mongorestore', which loads archives, is not installed; install the package "
                    + "mongodb-database-tools of the vendor")
        }
        let folder = try UserFolder(user)
        defer { folder.remove() }
        try folder.write("uri: \(BSONValue.quoted(Self.privateURL(plan)))\n", to: "tools.yml")
        let reader = ShortCommand(
            program: program,
            arguments: ["--config=\(folder.path)/tools.yml", "--archive", "--stopOnError"]
                + ["admin", "config", "local"].map { "--nsExclude=\($0).*" },
            user: user, patience: .seconds(24 * 3600))
        let outcome = try await FedCommand(reader: reader, dump: dump).run { read, total in
            progress(LoadProgress(bytesRead: read, bytesTotal: total, statements: 0))
        }
        guard outcome.succeeded else {
            throw .refused(code: 0, message: "mongorestore ended with \(outcome.ending): \(Self.failure(outcome))")
        }
        guard Self.restored(outcome.errors + "\n" + outcome.output) else {
            throw .refused(code: 0, message: "\(dump.path): mongorestore found no collections to restore")
        }
        return LoadReport()
    }

    /// Whether the program reports a restored collection, which may be empty, or a restored document.
    /// `… finished restoring shop.orders (12 documents, 0 failures)`, `… 12 document(s) restored successfully. …`
    static func restored(_ words: String) -> Bool {
        words.split(whereSeparator: \.isNewline).contains { line in
            if line.contains("finished restoring ") { return true }
            guard let match = line.firstMatch(of: /(\d+) document\(s\) restored successfully/) else { return false }
            return Int(match.1).map { $0 > 0 } ?? true
        }
    }

    /// `2026-11-25T16:58:06.467+0000	Failed: shop.orders: error …` → `shop.orders: error …`
    static func failure(_ outcome: ShortCommand.Outcome) -> String {
        let lines = (outcome.output + "\n" + outcome.errors).split(whereSeparator: \.isNewline)
        let telling = lines.last { $0.contains("Failed: ") } ?? lines.last { !$0.allSatisfy(\.isWhitespace) }
        guard let telling else { return "no output" }
        return String(telling.split(separator: "Failed: ", maxSplits: 1).last ?? telling)
    }

    /// The URL of Roost's own account over the private socket. Only for a file that no other user can read.
    static func privateURL(_ plan: ServerPlan) -> String {
        let tls = plan.certificate == nil ? "" : "&tls=true&tlsInsecure=true"
        return "mongodb://\(MongoDBAccounts.administrator):\(plan.administrationPassword.percentEncoded)"
            + "@\(plan.folders.socket.percentEncoded)/\((plan.databases.first ?? "test").percentEncoded)"
            + "?authSource=local&authMechanism=SCRAM-SHA-256&directConnection=true\(tls)"
    }
}

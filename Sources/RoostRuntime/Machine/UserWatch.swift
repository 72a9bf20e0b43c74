import Foundation
import Logging
import RoostHost
import RoostModel

/// Keeps right what the machine's register of system users lists for this home, and tells what it finds otherwise.
///
/// A user whose entry is gone would be given to another home, whose servers could then read this one's files.
actor UserWatch {
    private let paths: HomePaths
    private let records: Records
    private let events: EventLog
    private let pool: BlockingPool
    private let logger: Logger
    /// Told already, and still so.
    private var told: Set<String> = []

    init(paths: HomePaths, records: Records, events: EventLog, pool: BlockingPool, logger: Logger) {
        self.paths = paths
        self.records = records
        self.events = events
        self.pool = pool
        self.logger = logger
    }

    func look() async {
        guard Machine.isRoot else { return }
        let texts: [(kind: String, text: String)]
        do {
            let users = try await records.allocations().value.users
            let review = try await pool.run { [paths] in try UserRegister.shared.sync(home: paths.home, users: users) }
            texts = Self.texts(review, home: paths.home)
        } catch {
            texts = [("user_register_unusable", "the register of system users cannot be used: \(error)")]
        }
        let now = Set(texts.map(\.text))
        let fresh = texts.filter { !told.contains($0.text) }
        told = now
        for (kind, text) in fresh {
            logger.warning("The register of system users is not as it was", metadata: ["reason": "\(text)"])
            await events.add(kind, text)
        }
    }

    /// Pure.
    static func texts(_ review: UserRegister.Review, home: String) -> [(kind: String, text: String)] {
        let shared = review.shared.sorted { $0.key < $1.key }.map { user, other in
            (kind: "user_shared", text: Self.shared(user, with: other))
        }
        guard !review.missing.isEmpty else { return shared }
        let names = review.missing.sorted().joined(separator: ", ")
        return shared + [
            (
                kind: "users_entered",
                text: "the register of system users did not list \(names) for the home \(home), whose servers run as "
                    + "them; entered again"
            )
        ]
    }

    static func shared(_ user: String, with home: String) -> String {
        "servers of this home run as \(user), which the register of system users lists for the home \(home): servers of "
            + "both can read each other's files. Make the applications of one of them anew: snapshot, destroy, restore. Where "
            + "\(home) is this home's earlier path: 'roostd stop --services', then 'roostd forget-home \(home)'"
    }
}

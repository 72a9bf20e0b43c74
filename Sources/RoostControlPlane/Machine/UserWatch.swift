import Foundation
import Logging
import RoostAgentProtocol
import RoostModel

/// Repairs this home's entries in the machine's register of system users, and reports what was wrong.
///
/// A user without an entry would be given to another home, whose servers could then read this home's files.
actor UserWatch {
    private let agent: any Agent
    private let records: Records
    private let events: EventLog
    private let logger: Logger
    /// Texts that were reported and still hold.
    private var told: Set<String> = []

    init(agent: any Agent, records: Records, events: EventLog, logger: Logger) {
        self.agent = agent
        self.records = records
        self.events = events
        self.logger = logger
    }

    func look() async {
        let texts: [(kind: String, text: String)]
        do throws(Problem) {
            let users = try await records.allocations().value.users
            texts = Self.texts(try await agent.call(ReviewUsers(users)))
        } catch {
            texts = [("user_register_unusable", "the register of system users cannot be used: \(error.message)")]
        }
        let now = Set(texts.map(\.text))
        let fresh = texts.filter { !told.contains($0.text) }
        told = now
        for (kind, text) in fresh {
            logger.warning("The register of system users is not as expected", metadata: ["reason": "\(text)"])
            await events.add(kind, text)
        }
    }

    /// The events that a review of the register gives. Pure.
    static func texts(_ review: ReviewUsers.Answer) -> [(kind: String, text: String)] {
        let shared = review.shared.sorted { $0.key < $1.key }.map { user, other in
            (kind: "user_shared", text: ReviewUsers.Answer.text(ofShared: user, with: other))
        }
        guard !review.missing.isEmpty else { return shared }
        let names = review.missing.sorted().joined(separator: ", ")
        return shared + [
            (
                kind: "users_entered",
                text:
                    "the register of system users did not list \(names) for the home \(review.home), whose servers run "
                    + "as these users; they were added again"
            )
        ]
    }
}

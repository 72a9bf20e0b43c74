import Foundation
import RoostModel

/// Work of an agent that may take minutes: started under an id, followed, cancelled by the id.
package protocol AgentJob: Codable, Sendable {
    associatedtype Result: Codable & Sendable
    /// Name on the wire. It does not change when the type is renamed.
    static var name: String { get }
}

/// A note that a job sends while it runs.
package enum JobNote: Codable, Equatable, Sendable {
    case began(step: String)
    case did(step: String, milliseconds: Int)
    /// A line printed by a builder or by a script of the owner.
    case output(line: String)
}

/// Progress of the step that is under way. A newer value replaces it.
package struct JobProgress: Codable, Equatable, Sendable {
    package let text: String
    package let bytes: ByteCount?
    package let totalBytes: ByteCount?

    package init(text: String, bytes: ByteCount? = nil, totalBytes: ByteCount? = nil) {
        self.text = text
        self.bytes = bytes
        self.totalBytes = totalBytes
    }
}

package enum JobNews: Sendable {
    case note(JobNote)
    case progress(JobProgress)
}

/// Starts a job. Idempotent: a second start with the same id is the same job.
package struct StartJob<Job: AgentJob>: AgentCall {
    package typealias Answer = Done
    package static var name: String { "start \(Job.name)" }

    package let id: String
    package let job: Job

    package init(id: String, job: Job) {
        self.id = id
        self.job = job
    }
}

/// Waits for news of a job, for some seconds at the longest.
package struct FollowJob<Job: AgentJob>: AgentCall {
    package static var name: String { "follow \(Job.name)" }

    package let id: String
    /// Number of the last note that has arrived. That note and those before it are forgotten. 0: none.
    package let seen: Int

    package init(id: String, seen: Int) {
        self.id = id
        self.seen = seen
    }

    package struct Answer: Codable, Sendable {
        /// The notes after `seen`, oldest first.
        package let notes: [JobNote]
        /// Number of the last note in `notes`.
        package let last: Int
        package let progress: JobProgress?
        /// Nil while the job runs.
        package let end: JobEnd<Job.Result>?
    }
}

package enum JobEnd<Outcome: Codable & Sendable>: Codable, Sendable {
    case done(Outcome)
    case failed(ProblemBody)
}

/// Cancels a job. The caller follows it to its end all the same: until its work has ended, the job keeps what it
/// holds.
package struct CancelJob: AgentCall, Equatable {
    package typealias Answer = Done
    package static let name = "cancel"

    package let id: String

    package init(id: String) { self.id = id }
}

/// Tells the agent that the end of a job has arrived, and need not be kept.
package struct ForgetJob: AgentCall, Equatable {
    package typealias Answer = Done
    package static let name = "forget"

    package let id: String

    package init(id: String) { self.id = id }
}

import Foundation
import RoostModel

/// Work of an agent that may take minutes: started under an id, followed, cancelled by the id.
package protocol AgentJob: Codable, Sendable {
    associatedtype Result: Codable & Sendable
    /// On the wire. It stays what it is when the type is renamed.
    static var name: String { get }
}

/// What a job tells while it runs.
package enum JobNote: Codable, Equatable, Sendable {
    case began(step: String)
    case did(step: String, milliseconds: Int)
    /// A line that a builder or a script of the owner's printed.
    case output(line: String)
}

/// How far the step has come that is under way. A newer one replaces it.
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

/// Begins a job. A second start with the same id is the same job.
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
    /// The number of the last note that has arrived: it and those before it are forgotten. 0: none.
    package let seen: Int

    package init(id: String, seen: Int) {
        self.id = id
        self.seen = seen
    }

    package struct Answer: Codable, Sendable {
        /// Those behind `seen`, oldest first.
        package let notes: [JobNote]
        /// The number of the last of them.
        package let last: Int
        package let progress: JobProgress?
        /// Nil: the job runs, or has notes that were not fetched.
        package let end: JobEnd<Job.Result>?
    }
}

package enum JobEnd<Outcome: Codable & Sendable>: Codable, Sendable {
    case done(Outcome)
    case failed(ProblemBody)
}

/// Ends a job before its time. It is followed to its end all the same: until its work has ended it keeps what it holds.
package struct CancelJob: AgentCall, Equatable {
    package typealias Answer = Done
    package static let name = "cancel"

    package let id: String

    package init(id: String) { self.id = id }
}

/// The end of a job has arrived, and need not be kept.
package struct ForgetJob: AgentCall, Equatable {
    package typealias Answer = Done
    package static let name = "forget"

    package let id: String

    package init(id: String) { self.id = id }
}

/// An error for people and scripts: a stable code, a sentence, and commands to type next.
package struct Problem: Error, Equatable, Sendable {
    package let code: ProblemCode
    package let message: String
    package let nextSteps: [String]
    /// For `build_file_invalid`: one entry per error.
    package let diagnostics: [Diagnostic]

    package init(_ code: ProblemCode, _ message: String, next: [String] = [], diagnostics: [Diagnostic] = []) {
        self.code = code
        self.message = message
        self.nextSteps = next
        self.diagnostics = diagnostics
    }
}

extension Problem: CustomStringConvertible {
    /// Only the sentence: people read it when a problem becomes the reason of another one.
    package var description: String { message }
}

/// Stable names of problems. Each has one HTTP status and one exit status.
package enum ProblemCode: String, Codable, Sendable, CaseIterable {
    case usage
    case buildFileInvalid = "build_file_invalid"
    case bodyInvalid = "body_invalid"
    case bodyTooLarge = "body_too_large"
    case nameInvalid = "name_invalid"
    case configRefused = "config_refused"
    case applicationNotFound = "application_not_found"
    case serviceNotFound = "service_not_found"
    case instanceNotFound = "instance_not_found"
    case snapshotNotFound = "snapshot_not_found"
    case cloneNotFound = "clone_not_found"
    case templateNotFound = "template_not_found"
    case sourceNotFound = "source_not_found"
    case operationNotFound = "operation_not_found"
    case userNotFound = "user_not_found"
    case tokenNotFound = "token_not_found"
    case engineNotFound = "engine_not_found"
    case notFound = "not_found"
    case exists = "already_exists"
    case confirmationNeeded = "confirmation_needed"
    case timedOut = "timed_out"
    case degraded
    case conflict
    case notBuiltYet = "not_built_yet"
    case unauthorized
    case forbidden
    case noPort = "no_port_free"
    case noUser = "no_system_user_free"
    case memoryTooSmall = "memory_too_small"
    case diskFull = "disk_full"
    case storeUnreadable = "store_unreadable"
    case daemonUnreachable = "daemon_unreachable"
    case daemonRunning = "daemon_running"
    case serviceUnavailable = "service_unavailable"
    /// A template is being built and has no version that is ready.
    case notReadyYet = "not_ready_yet"
    /// A token or an application has reached its limit of servers.
    case quotaExceeded = "quota_exceeded"
    case failed

    package var httpStatus: Int {
        switch self {
        case .usage, .buildFileInvalid, .bodyInvalid, .nameInvalid, .configRefused, .memoryTooSmall, .notBuiltYet: 400
        case .unauthorized: 401
        case .forbidden: 403
        case .applicationNotFound, .serviceNotFound, .instanceNotFound, .snapshotNotFound, .operationNotFound,
            .userNotFound, .tokenNotFound, .engineNotFound, .notFound, .cloneNotFound, .templateNotFound,
            .sourceNotFound:
            404
        case .exists, .confirmationNeeded, .conflict, .daemonRunning: 409
        case .bodyTooLarge: 413
        case .notReadyYet: 423
        case .quotaExceeded: 429
        case .failed, .storeUnreadable: 500
        case .serviceUnavailable, .daemonUnreachable, .degraded, .noPort, .noUser: 503
        case .timedOut: 504
        case .diskFull: 507
        }
    }

    /// 1 failed · 2 usage or build-file error · 3 not found · 4 confirmation needed · 5 timed out · 6 degraded.
    package var exitStatus: Int32 {
        switch self {
        case .usage, .buildFileInvalid, .bodyInvalid, .bodyTooLarge, .nameInvalid, .configRefused, .memoryTooSmall,
            .notBuiltYet:
            2
        case .applicationNotFound, .serviceNotFound, .instanceNotFound, .snapshotNotFound, .operationNotFound,
            .userNotFound, .tokenNotFound, .engineNotFound, .notFound, .cloneNotFound, .templateNotFound,
            .sourceNotFound:
            3
        case .confirmationNeeded: 4
        case .timedOut: 5
        case .degraded: 6
        case .exists, .conflict, .unauthorized, .forbidden, .noPort, .noUser, .diskFull, .storeUnreadable,
            .daemonUnreachable, .daemonRunning, .serviceUnavailable, .notReadyYet, .quotaExceeded, .failed:
            1
        }
    }
}

/// An error in a build file.
package struct Diagnostic: Codable, Equatable, Sendable, CustomStringConvertible {
    package let file: String
    /// Line number, from 1.
    package let line: Int
    /// The key's path, dotted: `services.data.memory`. Empty for an error of the whole file.
    package let key: String
    package let message: String

    package init(file: String, line: Int, key: String, message: String) {
        self.file = file
        self.line = line
        self.key = key
        self.message = message
    }

    package var description: String {
        key.isEmpty ? "\(file):\(line): \(message)" : "\(file):\(line): \(key): \(message)"
    }
}

/// Body of every error answer: `{"error":{…}}`.
package struct ProblemBody: Codable, Equatable, Sendable {
    package struct Content: Codable, Equatable, Sendable {
        package let code: String
        package let message: String
        package let nextSteps: [String]
        package let diagnostics: [Diagnostic]
    }

    package let error: Content

    package init(_ problem: Problem) {
        error = Content(
            code: problem.code.rawValue, message: problem.message, nextSteps: problem.nextSteps,
            diagnostics: problem.diagnostics)
    }

    package var problem: Problem {
        Problem(
            ProblemCode(rawValue: error.code) ?? .failed, error.message, next: error.nextSteps,
            diagnostics: error.diagnostics)
    }
}

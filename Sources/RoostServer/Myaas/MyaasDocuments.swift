import Foundation
import RoostModel

/// `GET /`
struct MyaasOverview: Encodable {
    let status = "Service is running"
    let templates: [String]
    /// `shop,mine`
    let databases: [String]
}

/// `GET /templates`
struct MyaasTemplates: Encodable {
    let templates: [String]
}

/// `GET /db`
struct MyaasDatabases: Encodable {
    struct Item: Encodable {
        let template: String
        let name: String
        /// As `status` of one database.
        let state: String
        let created: Int
        /// Left out where there is no end.
        let expiresAt: String?
    }

    let databases: [Item]
}

/// `GET /db/TEMPLATE/NAME`, and what was made.
struct MyaasDatabase: Encodable {
    let database: String
    let host: String
    let name: String
    let port: String
    let user: String
    let password: String
    let running: Bool
    let status: String
    let created: Int
    /// Left out where there is no end.
    let expiresAt: String?
}

/// `GET /db/TEMPLATE/NAME?all=1`: there is no container to be looked into; this is the clone as Roost shows it.
struct MyaasContainer: Encodable {
    let container: CloneInfo
}

/// What went wrong.
struct MyaasProblem: Encodable {
    let status: String
}

/// A clone that came through the listener, by the two names that its script knows it by.
struct MyaasInstance: Sendable {
    let template: String
    let name: String
    let clone: CloneInfo

    var isRunning: Bool {
        switch clone.state {
        case .running, .degraded: true
        case .creating, .down, .stopped: false
        }
    }

    /// In Docker's words, which scripts look at: `Up 3 hours`.
    func status(now: Date) -> String {
        switch clone.state {
        case .running, .degraded: "Up \(Self.age(now.timeIntervalSince(clone.createdAt)))"
        case .creating: "Created"
        case .down: "Restarting"
        case .stopped: "Exited"
        }
    }

    private static func age(_ seconds: Double) -> String {
        let units: [(name: String, seconds: Double)] = [("days", 86_400), ("hours", 3600), ("minutes", 60)]
        // From two of a unit on it is the one that is counted in.
        if let unit = units.first(where: { seconds >= 2 * $0.seconds }) {
            return "\(Int(seconds / unit.seconds)) \(unit.name)"
        }
        return "\(max(1, Int(seconds))) seconds"
    }

    var created: Int { Int(clone.createdAt.timeIntervalSince1970) }

    /// Seconds since 1970, as a text: so it is there.
    var expiresAt: String? { clone.expiresAt.map { "\(Int($0.timeIntervalSince1970.rounded()))" } }

    func item(now: Date) -> MyaasDatabases.Item {
        .init(template: template, name: name, state: status(now: now), created: created, expiresAt: expiresAt)
    }

    func document(_ settings: MyaasSettings, now: Date) -> MyaasDatabase {
        MyaasDatabase(
            database: clone.database, host: settings.hostname, name: name, port: "\(clone.endpoint.port)",
            user: clone.user, password: settings.password, running: isRunning, status: status(now: now),
            created: created, expiresAt: expiresAt)
    }
}

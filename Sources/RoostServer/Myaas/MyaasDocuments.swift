import Foundation
import RoostModel

/// `GET /`
struct MyaasOverview: Encodable {
    let status = "Service is running"
    let templates: [String]
    /// Template and name: `shop,mine`.
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
        /// The same text as `status` of a single database.
        let state: String
        let created: Int
        /// Left out if the database does not expire.
        let expiresAt: String?
    }

    let databases: [Item]
}

/// `GET /db/TEMPLATE/NAME`, and the answer to making a database.
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
    /// Left out if the database does not expire.
    let expiresAt: String?
}

/// `GET /db/TEMPLATE/NAME?all=1`. There is no container to inspect, so this is the clone as Roost shows it.
struct MyaasContainer: Encodable {
    let container: CloneInfo
}

/// The body of an error answer.
struct MyaasProblem: Encodable {
    let status: String
}

/// A clone that was made through the listener, with the two names that its script uses.
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

    /// Docker's wording, which scripts parse: `Up 3 hours`.
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
        // A unit is used from two of it on: 119 minutes, then 2 hours.
        if let unit = units.first(where: { seconds >= 2 * $0.seconds }) {
            return "\(Int(seconds / unit.seconds)) \(unit.name)"
        }
        return "\(max(1, Int(seconds))) seconds"
    }

    var created: Int { Int(clone.createdAt.timeIntervalSince1970) }

    /// Seconds since 1970, as a string like in myaas.
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

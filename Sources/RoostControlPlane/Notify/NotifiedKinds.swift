import RoostModel

/// Decides which events are sent to webhooks. Pure.
enum NotifiedKinds {
    /// The subject of an event decides who gets it.
    enum Subject: Equatable, Sendable {
        /// A service of an application: sent to the service's addresses and to the daemon's.
        case service
        /// The machine: sent to the daemon's address.
        case machine
    }

    /// The kinds that are sent: failovers, degradations, broken members and lost guarantees. All others tell what a
    /// user asked for, or that all is well.
    static let subjects: [String: Subject] = [
        // Changes of the primary.
        "failover": .service, "primary": .service,
        // The promise that commits reach a replica: lost, regained, and given up by request.
        "synchronous_lost": .service, "synchronous": .service, "asynchronous": .service,
        // Broken members, and their repair.
        "instance_problem": .service, "instance_exited": .service, "resync": .service, "resynchronised": .service,
        "members_differ": .service, "upgrade_taken_back": .service,
        // The end of a pause resumes automatic steps that nobody asked for just then.
        "pause_expired": .service,
        // Guarantees of the whole home.
        "home_away": .machine, "store_rewritten": .machine, "key_rewritten": .machine, "user_shared": .machine,
        "user_register_unusable": .machine,
        // Clients connect through the router.
        "router_silent": .machine, "router_answers": .machine, "router_restarted": .machine,
    ]

    /// The kind of the events that `roost notify test` sends.
    static let test = "notify_test"

    /// Whether the event is sent, and what it is about. Nil: it is not sent. Servers of clones and templates have no
    /// application, and their problems are nobody's alarm.
    static func subject(ofKind kind: String, application: String?) -> Subject? {
        guard let subject = subjects[kind] else { return nil }
        switch subject {
        case .service: return application == nil ? nil : .service
        case .machine: return .machine
        }
    }
}

import RoostModel

/// One fact about a server's accounts, its own databases or its switches.
struct AccountFact: Hashable, Sendable {
    let kind: AccountDrift.Kind
    /// What it is about, for people. Of a fact that nobody expects: the whole clause.
    let subject: String
    /// Compared, and shown for switches alone: it may be a password's hash.
    let value: String

    init(_ kind: AccountDrift.Kind, _ subject: String, _ value: String) {
        self.kind = kind
        self.subject = subject
        self.value = value
    }

    /// A row of an engine's query: kind, subject, value. Nil: of another shape.
    init?(row: [String?]) {
        guard row.count == 3, let kind = row[0].flatMap(AccountDrift.Kind.init(rawValue:)), let subject = row[1]
        else { return nil }
        self.init(kind, subject, row[2] ?? "")
    }
}

/// What a look at an open server should find of its accounts. Made once for a plan: some engines hash for milliseconds.
/// Holds opened secrets: never log or store it.
package struct AccountExpectation: Sendable {
    let plan: ServerPlan
    /// Each of them should be seen with its value, and no other.
    var facts: [AccountFact] = []
    /// Asks a server for the facts, where its answers are rows. Whatever the number of accounts, it answers with few
    /// rows: those that are expected, and those that should not be.
    var query = ""
    /// The settings that the server was started with or told since. Nil: the engine lets nobody else change any.
    var variables: ExpectedVariables?

    /// The expected and the seen compared. Pure.
    func drift(_ seen: [AccountFact]) -> [AccountDrift] {
        struct Name: Hashable {
            let kind: AccountDrift.Kind
            let subject: String
        }
        let wanted = Dictionary(facts.map { (Name(kind: $0.kind, subject: $0.subject), $0.value) }) { first, _ in first
        }
        var found: Set<Name> = []
        var drift: [AccountDrift] = []
        for fact in seen {
            let name = Name(kind: fact.kind, subject: fact.subject)
            found.insert(name)
            switch wanted[name] {
            case fact.value?: break
            case let value?: drift.append(Self.changed(fact, from: value))
            case nil: drift.append(AccountDrift(fact.kind, fact.subject))
            }
        }
        for fact in facts where !found.contains(Name(kind: fact.kind, subject: fact.subject)) {
            drift.append(AccountDrift(fact.kind, "\(fact.subject) is gone"))
        }
        // An account may be seen by two ways at once.
        return drift.reduce(into: []) { all, next in if !all.contains(next) { all.append(next) } }
    }

    private static func changed(_ fact: AccountFact, from wanted: String) -> AccountDrift {
        switch fact.kind {
        case .guarantee: AccountDrift(fact.kind, "\(fact.subject) is \(fact.value), not \(wanted)")
        case .ownAccount, .applicationUser, .rights, .password, .serverDatabase, .reach, .files, .setting:
            AccountDrift(fact.kind, "\(fact.subject) changed")
        }
    }
}

import RoostModel

/// A fact about a server's accounts, its own databases or its switches.
struct AccountFact: Hashable, Sendable {
    let kind: AccountDrift.Kind
    /// The subject for messages. For an unexpected fact, the whole clause.
    let subject: String
    /// Compared; shown only for switches, because it may be a password's hash.
    let value: String

    init(_ kind: AccountDrift.Kind, _ subject: String, _ value: String) {
        self.kind = kind
        self.subject = subject
        self.value = value
    }

    /// A row of an engine's query: kind, subject, value. Nil if the row has another shape.
    init?(row: [String?]) {
        guard row.count == 3, let kind = row[0].flatMap(AccountDrift.Kind.init(rawValue:)), let subject = row[1]
        else { return nil }
        self.init(kind, subject, row[2] ?? "")
    }
}

/// The accounts that a probe should find on an open server. Created once per plan because some engines hash for
/// milliseconds. Holds opened secrets: never log or store it.
package struct AccountExpectation: Sendable {
    let plan: ServerPlan
    /// Expected facts: a probe should find each with its value, and no others.
    var facts: [AccountFact] = []
    /// The query for the facts, for servers whose answers are rows. Whatever the number of accounts, the result has
    /// few rows: the expected ones, and those that should not exist.
    var query = ""
    /// The settings that the server was started with or told since. Nil if the engine lets only Roost change
    /// settings.
    var variables: ExpectedVariables?

    /// Compares the expected facts with those seen. Pure.
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
            drift.append(AccountDrift(fact.kind, "\(fact.subject) is missing"))
        }
        // Two rows may report the same account.
        return drift.reduce(into: []) { all, next in if !all.contains(next) { all.append(next) } }
    }

    private static func changed(_ fact: AccountFact, from wanted: String) -> AccountDrift {
        switch fact.kind {
        case .guarantee: AccountDrift(fact.kind, "\(fact.subject) is \(fact.value), not \(wanted)")
        case .ownAccount, .applicationUser, .rights, .reader, .password, .serverDatabase, .reach, .files, .setting:
            AccountDrift(fact.kind, "\(fact.subject) changed")
        }
    }
}

/// The result of `roost replication verify`: the tables of every replica against the primary's.
package struct MembersComparison: Codable, Equatable, Sendable {
    /// Limit of the tables that are named for one member, and of those that were left out.
    package static let mostNamed = 100

    /// The primary's name: `data.0`.
    package let primary: String
    /// The replicas, by their numbers.
    package var members: [Member]
    /// Tables that are compared on no member, with the reason: kept in memory, unlogged, of another storage engine.
    package var leftOut: [Table]

    package struct Member: Codable, Equatable, Sendable {
        /// `data.1`
        package let name: String
        /// Number of tables that are equal.
        package var equal: Int
        /// Number of tables that are not equal, some of which may not be named.
        package var differing: Int
        /// Number of tables that could not be compared, some of which may not be named.
        package var uncompared: Int
        /// The tables that are not equal, and those that could not be compared.
        package var tables: [Table]
        /// Why the member was not compared, or not to the end. Null if it was.
        @Nullable package var reason: String?

        package init(_ name: String, reason: String? = nil) {
            self.name = name
            (equal, differing, uncompared, tables) = (0, 0, 0, [])
            _reason = Nullable(wrappedValue: reason)
        }

        /// Whether all of its tables were compared and are equal.
        package var isEqual: Bool { differing == 0 && uncompared == 0 && reason == nil }

        package mutating func add(_ state: TableState, _ table: String) {
            switch state {
            case .equal: equal += 1
            case .differs(let reason):
                differing += 1
                name(Table(table, .differs, reason))
            case .notCompared(let reason):
                uncompared += 1
                name(Table(table, .notCompared, reason))
            }
        }

        private mutating func name(_ table: Table) {
            if tables.count < MembersComparison.mostNamed { tables.append(table) }
        }
    }

    package struct Table: Codable, Equatable, Sendable {
        /// `shop.orders`; with PostgreSQL `shop.public.orders`.
        package let name: String
        package let state: State
        package let reason: String

        package enum State: String, Codable, Sendable {
            case differs
            case notCompared = "not_compared"
            case leftOut = "left_out"

            /// `not compared`
            package var words: String { rawValue.replacing("_", with: " ") }
        }

        package init(_ name: String, _ state: State, _ reason: String) {
            self.name = name
            self.state = state
            self.reason = reason
        }
    }

    package enum TableState: Codable, Equatable, Sendable {
        case equal
        case differs(reason: String)
        case notCompared(reason: String)
    }

    package init(primary: String, members: [Member], leftOut: [Table] = []) {
        self.primary = primary
        self.members = members
        self.leftOut = leftOut
    }

    /// Whether some member has other data than the primary.
    package var hasDifference: Bool { members.contains { $0.differing > 0 } }
    /// Whether every table of every member was compared and is equal.
    package var isEqual: Bool { members.allSatisfy(\.isEqual) }

    /// The result as one clause: `17 tables equal on 2 members`.
    package var summary: String {
        func tables(_ count: Int) -> String { "\(count) \(count == 1 ? "table" : "tables")" }
        if isEqual {
            let count = members.map(\.equal).min() ?? 0
            return "\(tables(count)) equal on \(members.count) \(members.count == 1 ? "member" : "members")"
        }
        return members.map { member in
            var parts: [String] = []
            if member.differing > 0 {
                parts.append("\(tables(member.differing)) \(member.differing == 1 ? "differs" : "differ")")
            }
            if member.uncompared > 0 { parts.append("\(tables(member.uncompared)) not compared") }
            if member.equal > 0 { parts.append("\(tables(member.equal)) equal") }
            if let reason = member.reason { parts.append("not compared to the end: \(reason)") }
            return "\(member.name): " + (parts.isEmpty ? "0 tables equal" : parts.joined(separator: ", "))
        }.joined(separator: "; ")
    }
}

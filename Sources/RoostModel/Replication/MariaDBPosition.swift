/// A MariaDB GTID position: the newest transaction of each replication domain. Text form: `1-10-270,7-12-3`.
package struct MariaDBPosition: Codable, Equatable, Sendable, CustomStringConvertible {
    package struct Transaction: Codable, Equatable, Sendable {
        package let server: UInt32
        package let sequence: UInt64

        package init(server: UInt32, sequence: UInt64) {
            self.server = server
            self.sequence = sequence
        }
    }

    /// Newest transactions by domain.
    package private(set) var newest: [UInt32: Transaction]

    package init(_ newest: [UInt32: Transaction] = [:]) { self.newest = newest }

    /// Reads the server's text. Nil if it has another form. An empty text is an empty position.
    package init?(_ text: String) {
        newest = [:]
        for part in text.split(separator: ",") {
            let fields = part.filter { !$0.isWhitespace }.split(separator: "-", omittingEmptySubsequences: false)
            guard fields.count == 3, let domain = UInt32(fields[0]), let server = UInt32(fields[1]),
                let sequence = UInt64(fields[2])
            else { return nil }
            add(domain, Transaction(server: server, sequence: sequence))
        }
    }

    package var description: String {
        newest.sorted { $0.key < $1.key }.map { "\($0.key)-\($0.value.server)-\($0.value.sequence)" }
            .joined(separator: ",")
    }

    package var isEmpty: Bool { newest.isEmpty }

    private mutating func add(_ domain: UInt32, _ transaction: Transaction) {
        if let known = newest[domain], known.sequence >= transaction.sequence { return }
        newest[domain] = transaction
    }

    /// The later transaction of each domain: merges the position in the binary log with the position applied as a
    /// replica.
    package func merged(with other: MariaDBPosition) -> MariaDBPosition {
        var merged = self
        for (domain, transaction) in other.newest { merged.add(domain, transaction) }
        return merged
    }

    /// A position of the same domains that no server holds.
    package var unbounded: MariaDBPosition {
        MariaDBPosition(newest.mapValues { Transaction(server: $0.server, sequence: .max) })
    }

    /// Compares by sequence, which is ordered within a domain (`gtid_strict_mode`). Equal sequences from two servers
    /// are two histories.
    package func standing(against other: MariaDBPosition) -> Standing {
        func holds(_ mine: [UInt32: Transaction], _ theirs: [UInt32: Transaction]) -> Bool {
            theirs.allSatisfy { domain, their in
                guard let own = mine[domain] else { return false }
                return own.sequence > their.sequence || own == their
            }
        }
        return Standing(isWithin: holds(other.newest, newest), contains: holds(newest, other.newest))
    }
}

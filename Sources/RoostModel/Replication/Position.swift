/// Progress of a server's data, in the terms of its engine. Only `standing(against:)` compares positions.
package enum Position: Codable, Equatable, Sendable {
    /// MariaDB: the newest transaction of each replication domain.
    case mariadb(MariaDBPosition)
    /// MySQL: every transaction that the data hold.
    case mysql(GTIDSet)
    /// PostgreSQL: a location in the write-ahead log of a timeline.
    case postgresql(timeline: UInt32, location: UInt64)
    /// Redis and Valkey: an offset in a replication history, which `replication ID` names.
    case redis(history: String, offset: Int64)
    /// MongoDB: an optime. `time`: seconds in the upper half, the counter within the second in the lower.
    case mongodb(term: Int64, time: UInt64)

    /// For people, in the engine's notation: `1/16B3740` of timeline 2 as `2 1/16B3740`.
    package var text: String {
        switch self {
        case .mariadb(let position): "\(position)"
        case .mysql(let set): "\(set)"
        case .postgresql(let timeline, let location):
            "\(timeline) " + String(location >> 32, radix: 16, uppercase: true) + "/"
                + String(location & 0xffff_ffff, radix: 16, uppercase: true)
        case .redis(let history, let offset): "\(history) \(offset)"
        case .mongodb(let term, let time): "\(term) \(time >> 32).\(time & 0xffff_ffff)"
        }
    }

    /// Whether a primary of the engine that waits for its replicas acknowledges a write only after one has it. Redis
    /// refuses writes without a replica, but does not wait for it.
    package var followsAcknowledgement: Bool { if case .redis = self { false } else { true } }

    /// Term of the election that the position is from. Nil for engines that do not elect their primary themselves.
    package var electionTerm: Int64? { if case .mongodb(let term, _) = self { term } else { nil } }

    /// Relation of this position to another of the same service.
    package func standing(against other: Position) -> Standing {
        switch (self, other) {
        case (.mariadb(let mine), .mariadb(let theirs)): mine.standing(against: theirs)
        case (.mysql(let mine), .mysql(let theirs)): mine.standing(against: theirs)
        case (.postgresql(let timeline, let mine), .postgresql(let other, let theirs)):
            // A timeline begins with a promotion; the numbers of two timelines do not tell how their histories
            // relate.
            timeline == other ? Standing(mine, theirs) : .diverged
        case (.redis(let history, let mine), .redis(let other, let theirs)):
            history == other ? Standing(mine, theirs) : .diverged
        case (.mongodb(let term, let mine), .mongodb(let other, let theirs)):
            // A later term contains all that a majority had in earlier terms.
            term == other ? Standing(mine, theirs) : Standing(term, other)
        case (.mariadb, _), (.mysql, _), (.postgresql, _), (.redis, _), (.mongodb, _): .diverged
        }
    }
}

/// The relation of one server's data to another's.
package enum Standing: String, Codable, Equatable, Sendable {
    case equal
    /// The data hold all of the other's data, and more.
    case ahead
    /// The data lack some of the other's data, and hold nothing else.
    case behind
    /// Both hold data that the other lacks, or the relation is unknown.
    case diverged

    /// Relation of two places in one order.
    package init<Place: Comparable>(_ mine: Place, _ theirs: Place) {
        self = mine == theirs ? .equal : mine < theirs ? .behind : .ahead
    }

    /// Relation of two sets, by whether each lies within the other.
    package init(isWithin: Bool, contains: Bool) {
        self =
            switch (isWithin, contains) {
            case (true, true): .equal
            case (true, false): .behind
            case (false, true): .ahead
            case (false, false): .diverged
            }
    }

    /// Whether the data hold all of the other's data.
    package var holdsAll: Bool { self == .equal || self == .ahead }
}

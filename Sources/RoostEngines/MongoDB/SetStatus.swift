import RoostModel

/// A member's view of its replica set: the answer to `replSetGetStatus`. Pure.
struct SetStatus: Equatable {
    /// A member's state number, from the engine's manual.
    enum State {
        static let primary: Int64 = 1
        static let secondary: Int64 = 2
        static let recovering: Int64 = 3
        static let initialSync: Int64 = 5
        static let rollback: Int64 = 9
    }

    struct Member: Equatable {
        let id: Int64
        let host: String
        let state: Int64
        let isSelf: Bool
        /// Whether it answered this member's last heartbeat. True for the member itself.
        let isHealthy: Bool
        /// The member's last write that this member knows of.
        let time: UInt64
        /// Address of the member that it receives from; empty if there is none.
        let source: String
        /// When this member last got a heartbeat of it, and an answer to its own: times as text.
        let heartbeats: String
    }

    let state: Int64
    let members: [Member]
    /// The last write that the member has applied, which its election is decided by.
    let applied: Position?
    /// Address of the member that it receives from; empty if there is none.
    let source: String
    /// Whether no member keeps the changes any more that this member lacks.
    let isTooStale: Bool

    init(_ status: BSONDocument) {
        state = status["myState"]?.number ?? 0
        members = (status["members"]?.items ?? []).compactMap { $0.document.flatMap(Member.init) }
        applied = Self.position(status["optimes"]?.document?["appliedOpTime"]?.document)
        source = status["syncSourceHost"]?.text ?? ""
        isTooStale = status["tooStale"]?.isTrue ?? false
    }

    var own: Member? { members.first(where: \.isSelf) }
    /// The primary as far as this member knows.
    var primary: Member? { members.first { $0.state == State.primary && $0.isHealthy } }

    /// Whether a member lags by at most a second behind this member, the primary.
    func isCaughtUp(_ id: Int64?) -> Bool {
        guard let member = members.first(where: { $0.id == id }), let own else { return false }
        return member.state == State.secondary && member.isHealthy && (member.time >> 32) + 1 >= own.time >> 32
    }

    /// Whether one of these members has newer writes than this one, as far as it knows.
    func isBehind(_ voters: some Sequence<Int64>) -> Bool {
        guard let own else { return false }
        return members.contains { !$0.isSelf && $0.isHealthy && $0.time > own.time && voters.contains($0.id) }
    }

    /// An optime: a time stamp in an election term.
    private static func position(_ optime: BSONDocument?) -> Position? {
        guard let optime, let term = optime["t"]?.number, let time = time(of: optime) else { return nil }
        return .mongodb(term: term, time: time)
    }

    /// Seconds in the upper half, the counter within the second in the lower.
    static func time(of optime: BSONDocument?) -> UInt64? {
        guard let stamp = optime?["ts"]?.document?["$timestamp"]?.document,
            let seconds = stamp["t"]?.number.flatMap({ UInt32(exactly: $0) }),
            let counter = stamp["i"]?.number.flatMap({ UInt32(exactly: $0) })
        else { return nil }
        return UInt64(seconds) << 32 | UInt64(counter)
    }
}

extension SetStatus.Member {
    init?(_ member: BSONDocument) {
        guard let id = member["_id"]?.number else { return nil }
        self.init(
            id: id, host: member["name"]?.text ?? "", state: member["state"]?.number ?? 0,
            isSelf: member["self"]?.isTrue ?? false, isHealthy: member["health"]?.number ?? 0 == 1,
            time: SetStatus.time(of: member["optime"]?.document) ?? 0, source: member["syncSourceHost"]?.text ?? "",
            heartbeats: ["lastHeartbeatRecv", "lastHeartbeat"].compactMap { member[$0]?.document?["$date"]?.text }
                .joined(separator: " "))
    }
}

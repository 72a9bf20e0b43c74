/// Which voters a group has that elects its primary by a majority. Pure.
///
/// The primary has a vote as well, so an even number of voters makes an odd number of votes.
enum Votes {
    /// MongoDB allows seven members with a vote, the primary among them.
    static let mostVoters = 6

    /// The replicas that get a vote now: all that are ready, or one less if the number of votes would be even.
    static func joining(_ ready: Set<Int>, _ voters: [Int]) -> Set<Int> {
        var joining = Array(ready.sorted().prefix(max(mostVoters - voters.count, 0)))
        if !(voters.count + joining.count).isMultiple(of: 2) { joining = joining.dropLast() }
        return Set(joining)
    }

    /// The voters that lose their vote with those that leave: one more if the number of votes would be even. A single
    /// voter stays, so that acknowledged writes are on two members.
    static func leaving(_ leaving: Set<Int>, _ voters: [Int]) -> Set<Int> {
        let staying = voters.filter { !leaving.contains($0) }
        // With the primary's vote.
        let isOdd = staying.count.isMultiple(of: 2)
        guard !leaving.isEmpty, !isOdd, staying.count > 1, let last = staying.max() else { return leaving }
        return leaving.union([last])
    }
}

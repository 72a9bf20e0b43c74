import RoostModel
import Testing

struct PositionTests {
    private static let first = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
    private static let second = "4e11fa47-71ca-11e1-9e33-c80aa9429563"

    @Test(arguments: [
        ("1-10-270", "1-10-270", Standing.equal), ("1-10-271", "1-10-270", .ahead), ("1-10-5", "1-10-270", .behind),
        // A failover goes on with the sequence.
        ("1-11-271", "1-10-270", .ahead),
        // Two servers wrote the same sequence.
        ("1-10-271", "1-11-271", .diverged),
        ("1-10-270,2-7-3", "1-10-270", .ahead), ("1-10-271,2-7-3", "1-10-270,2-7-4", .diverged),
        ("", "1-10-270", .behind), ("", "", .equal), (" 1-10-270, 2-7-3 ", "2-7-3,1-10-270", .equal),
    ])
    func mariaDBPositionsCompareByDomain(mine: String, theirs: String, standing: Standing) throws {
        let (mine, theirs) = (try #require(MariaDBPosition(mine)), try #require(MariaDBPosition(theirs)))
        #expect(Position.mariadb(mine).standing(against: .mariadb(theirs)) == standing)
    }

    @Test(arguments: ["1-10", "a-b-c", "1-10-270;2-7-3", "1--3", "-1-2-3"])
    func otherTextsAreNoMariaDBPosition(text: String) { #expect(MariaDBPosition(text) == nil) }

    @Test func theLaterTransactionOfEachDomainCounts() throws {
        let log = try #require(MariaDBPosition("1-10-270,2-7-9"))
        let applied = try #require(MariaDBPosition("1-11-280,3-1-1"))
        #expect(log.merged(with: applied).description == "1-11-280,2-7-9,3-1-1")
    }

    @Test(arguments: [
        ("A:1-5", "A:1-5", Standing.equal), ("A:1-6", "A:1-5", .ahead), ("A:1-5", "A:1-5,B:1", .behind),
        ("A:1-5,B:1", "A:1-6", .diverged), ("A:1-3:5", "A:1-5", .behind), ("A:1-3:4-5", "A:1-5", .equal),
        ("A:7:1-6", "a:1-7", .equal), ("A:1-5:tag:1", "A:1-5", .ahead), ("A:1-5:tag:1", "A:1-6", .diverged),
        ("", "A:1", .behind), ("A:1-5,\nB:1", "B:1,A:1-5", .equal),
    ])
    func gtidSetsCompareByContent(mine: String, theirs: String, standing: Standing) throws {
        let (mine, theirs) = (try #require(Self.set(mine)), try #require(Self.set(theirs)))
        #expect(Position.mysql(mine).standing(against: .mysql(theirs)) == standing)
    }

    @Test(arguments: [
        ("A:1-9", "A:3-4:7", "A:1-2:5-6:8-9"), ("A:1-9,B:2", "A:1-20", "B:2"), ("A:1-9", "B:1-9", "A:1-9"),
        ("A:5-9", "A:1-6:9-12", "A:7-8"), ("A:1", "A:1", ""), ("A:1-3:x:4-6", "A:1-3:x:5", "A:x:4:6"),
    ])
    func whatAnotherSetLacksIsListed(mine: String, theirs: String, left: String) throws {
        let (mine, theirs) = (try #require(Self.set(mine)), try #require(Self.set(theirs)))
        #expect(mine.subtracting(theirs).description == Self.named(left))
        #expect(theirs.union(mine).subtracting(theirs) == mine.subtracting(theirs))
    }

    @Test(arguments: ["A", "A:", "A:0", "A:5-3", "A:1-2-3", "short:1-5", "A:-1"])
    func otherTextsAreNoGTIDSet(text: String) { #expect(Self.set(text) == nil) }

    @Test func transactionsAreCounted() throws {
        #expect(try #require(Self.set("A:1-5:7,B:2")).count == 7)
    }

    @Test func positionsOfOtherHistoriesDiverge() {
        let redis = Position.redis(history: "a", offset: 10)
        #expect(redis.standing(against: .redis(history: "a", offset: 9)) == .ahead)
        #expect(redis.standing(against: .redis(history: "b", offset: 10)) == .diverged)
        let location = Position.postgresql(timeline: 1, location: 0x30_0000)
        #expect(location.standing(against: .postgresql(timeline: 1, location: 0x30_0060)) == .behind)
        #expect(location.standing(against: .postgresql(timeline: 2, location: 0x30_0000)) == .diverged)
        #expect(location.standing(against: redis) == .diverged)
    }

    @Test func aLaterTermOfMongoDBIsAhead() {
        let old = Position.mongodb(term: 3, time: 9)
        #expect(old.standing(against: .mongodb(term: 4, time: 1)) == .behind)
        #expect(old.standing(against: .mongodb(term: 3, time: 9)) == .equal)
    }

    private static func set(_ text: String) -> GTIDSet? { GTIDSet(named(text)) }

    /// A and B stand for two servers' UUIDs.
    private static func named(_ text: String) -> String {
        text.replacing("A", with: first).replacing("a:", with: "\(first):").replacing("B", with: second)
    }
}

import RoostModel
import Testing

@testable import RoostControl

/// When a part of a table counts as equal, as different, and as not comparable.
@Suite struct ChunkProofTests {
    typealias Evidence = ChunkProof.Evidence

    static func rows(_ digest: String) -> ChunkSum { .rows(count: 3, digest: digest) }

    static func attempt(
        _ before: String, _ replica: String, _ after: String?, commitsWait: Bool = false
    ) -> Evidence {
        Evidence(
            before: rows(before), replica: rows(replica), after: after.map(rows), commitsWait: commitsWait)
    }

    /// The first verdict that is no request for another attempt.
    static func verdict(_ attempts: [Evidence]) -> ChunkProof.Verdict? {
        var proof = ChunkProof()
        for attempt in attempts {
            let verdict = proof.take(attempt)
            if case .again = verdict { continue }
            return verdict
        }
        return nil
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let attempts: [Evidence]
        let verdict: ChunkProof.Verdict?
    }

    static let table: [Row] = [
        Row(testDescription: "equal at once", attempts: [attempt("a", "a", nil)], verdict: .equal),
        Row(
            testDescription: "equal to the later checksum: the replica went on meanwhile",
            attempts: [attempt("a", "b", "b")], verdict: .equal),
        Row(
            testDescription: "equal in a later attempt",
            attempts: [attempt("a", "x", "b"), attempt("b", "x", "b"), attempt("c", "c", nil)], verdict: .equal),
        Row(
            testDescription: "three times the same difference",
            attempts: Array(repeating: attempt("a", "x", "a"), count: 3), verdict: .differs),
        Row(
            testDescription: "the replica's rows may change, if the primary's do not",
            attempts: [attempt("a", "x", "a"), attempt("a", "y", "a"), attempt("a", "x", "a")], verdict: .differs),
        Row(
            testDescription: "twice is not enough", attempts: Array(repeating: attempt("a", "x", "a"), count: 2),
            verdict: nil),
        Row(
            testDescription: "rows that were changed and changed back may have been read in between",
            attempts: [attempt("a", "b", "a"), attempt("b", "a", "b"), attempt("a", "b", "a")], verdict: nil),
        Row(
            testDescription: "a change between attempts begins anew",
            attempts: [
                attempt("a", "x", "a"), attempt("a", "x", "a"), attempt("b", "x", "b"), attempt("b", "x", "b"),
                attempt("b", "x", "b"),
            ], verdict: .differs),
        Row(
            testDescription: "a commit that waits may be seen on the replica first",
            attempts: Array(repeating: attempt("a", "x", "a", commitsWait: true), count: 3), verdict: nil),
        Row(
            testDescription: "always changing",
            attempts: (0..<ChunkProof.most).map { attempt("\($0)", "x", "\($0 + 1)") },
            verdict: .notCompared(reason: "its rows change too often")),
        Row(
            testDescription: "commits wait all the time",
            attempts: Array(repeating: attempt("a", "x", "a", commitsWait: true), count: ChunkProof.most),
            verdict: .notCompared(reason: "commits of the primary wait for their acknowledgement")),
        Row(
            testDescription: "missing on the replica",
            attempts: Array(
                repeating: Evidence(before: rows("a"), replica: .absent, after: rows("a"), commitsWait: false), count: 3
            ),
            verdict: .differs),
        Row(
            testDescription: "only on the replica",
            attempts: Array(
                repeating: Evidence(before: .absent, replica: rows("a"), after: .absent, commitsWait: false), count: 3),
            verdict: .differs),
        Row(
            testDescription: "on neither server",
            attempts: [Evidence(before: .absent, replica: .absent, after: nil, commitsWait: false)], verdict: .equal),
        Row(
            testDescription: "a query that cannot be answered",
            attempts: [Evidence(before: rows("a"), replica: .unreadable("late"), after: rows("a"), commitsWait: false)],
            verdict: .notCompared(reason: "late")),
        Row(
            testDescription: "two interruptions are not two equal states",
            attempts: Array(
                repeating: Evidence(
                    before: .interrupted("ended"), replica: .interrupted("ended"), after: rows("a"), commitsWait: false),
                count: ChunkProof.most), verdict: .notCompared(reason: "ended")),
        Row(
            testDescription: "an interruption interrupts the proof",
            attempts: [
                attempt("a", "x", "a"), attempt("a", "x", "a"),
                Evidence(before: rows("a"), replica: .interrupted("ended"), after: rows("a"), commitsWait: false),
                attempt("a", "x", "a"),
            ], verdict: nil),
    ]

    @Test(arguments: table) func verdicts(_ row: Row) { #expect(Self.verdict(row.attempts) == row.verdict) }

    @Test func pausesGrowAndAreBounded() {
        var proof = ChunkProof()
        var pauses: [Duration] = []
        for number in 0..<(ChunkProof.most - 1) {
            guard case .again(let pause) = proof.take(Self.attempt("\(number)", "x", "y\(number)")) else { break }
            pauses.append(pause)
        }
        #expect(pauses.count == ChunkProof.most - 1)
        #expect(pauses.first == .milliseconds(600) && pauses.max() == .seconds(2) && pauses == pauses.sorted())
    }
}

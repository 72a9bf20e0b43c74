import CHost
import Testing

@testable import RoostHost

struct ExtentMapTests {
    /// `start-end@place`, in units; `?` after it: of no certain place.
    private func map(_ text: String) -> ExtentMap {
        ExtentMap(
            text.split(separator: " ").compactMap { part in
                let numbers = part.split { !$0.isNumber }.compactMap { UInt64($0) }
                return chost_extent(
                    start: numbers[0], length: numbers[1] - numbers[0], place: numbers[2], is_plain: part.last != "?")
            })
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let source: String
        let image: String
        let differences: [Range<Int64>]
    }

    static let cases = [
        Case(testDescription: "the same", source: "0-40@100", image: "0-40@100", differences: []),
        Case(
            testDescription: "the same, cut otherwise", source: "0-40@100", image: "0-10@100 10-40@110", differences: []
        ),
        Case(testDescription: "nothing at all", source: "", image: "", differences: []),
        Case(
            testDescription: "moved within", source: "0-10@100 10-20@500 20-40@120", image: "0-40@100",
            differences: [10..<20]),
        Case(testDescription: "a new hole", source: "0-10@100 20-40@120", image: "0-40@100", differences: [10..<20]),
        Case(testDescription: "a filled hole", source: "0-40@100", image: "0-10@100 20-40@120", differences: [10..<20]),
        Case(testDescription: "all is new", source: "0-40@100", image: "", differences: [0..<40]),
        Case(testDescription: "all is gone", source: "", image: "0-40@100", differences: [0..<40]),
        Case(
            testDescription: "uncertain in the source", source: "0-10@100 10-20@110? 20-40@120", image: "0-40@100",
            differences: [10..<20]),
        Case(
            testDescription: "uncertain in the image", source: "0-40@100", image: "0-30@100 30-40@130?",
            differences: [30..<40]),
        Case(
            testDescription: "neighbours become one", source: "0-10@1 10-20@50 20-40@70", image: "0-40@100",
            differences: [0..<40]),
        Case(
            testDescription: "two apart", source: "0-10@1 10-20@110 20-40@70", image: "0-40@100",
            differences: [0..<10, 20..<40]),
        Case(testDescription: "beyond what is asked for", source: "0-80@100", image: "0-40@100", differences: []),
        Case(
            testDescription: "the same place elsewhere in the file", source: "10-20@100", image: "0-10@100",
            differences: [0..<20]),
    ]

    @Test(arguments: cases)
    func findsWhatMayDiffer(_ given: Case) {
        #expect(map(given.source).differences(from: map(given.image), in: 0..<40) == given.differences)
        // The same result in parts, as threads share the work.
        let parts = [0..<8, 8..<16, 16..<40].flatMap {
            map(given.source).differences(from: map(given.image), in: $0)
        }
        #expect(Set(parts.flatMap(Array.init)) == Set(given.differences.flatMap(Array.init)))
    }

    @Test func takesPartsFromAnotherLook() {
        let old = map("0-40@100 50-60@150")
        let new = old.replacing([10..<20, 35..<55], by: [map("8-20@500"), map("40-60@700")])
        let expected = map("0-10@100 10-20@502 20-35@120 40-55@700 55-60@155")
        #expect(new.differences(from: expected, in: 0..<100).isEmpty)
        #expect(new.extents.map(\.start) == expected.extents.map(\.start))
    }

    @Test func partsCoverTheRange() {
        let many = ExtentMap((0..<10).map { chost_extent(start: $0 * 10, length: 10, place: 0, is_plain: true) })
        #expect(many.parts(of: 5..<95, extents: 4) == [5..<40, 40..<80, 80..<95])
        #expect(many.parts(of: 5..<95, extents: 20) == [5..<95])
    }
}

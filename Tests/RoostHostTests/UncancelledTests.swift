import Testing

@testable import RoostHost

@Suite struct UncancelledTests {
    private struct Refused: Error {}

    @Test func whatHasToBePutRightIsPutRightInACancelledTaskToo() async {
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            let isCancelledInside = await uncancelled { Task.isCancelled }
            return (Task.isCancelled, isCancelledInside)
        }
        #expect(await task.value == (true, false))
    }

    @Test func itsErrorIsTheCallers() async {
        await #expect(throws: Refused.self) {
            try await uncancelled { () throws(Refused) in throw Refused() }
        }
    }
}

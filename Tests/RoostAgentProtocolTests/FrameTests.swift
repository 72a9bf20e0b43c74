import Foundation
import RoostModel
import Testing

@testable import RoostAgentProtocol

@Suite struct FrameTests {
    @Test(arguments: [
        AgentFrame("free ports", body: Data("{}".utf8)), AgentFrame("", body: Data()),
        AgentFrame("piece", body: Data(#"{"id":"1"}"#.utf8), bulk: Data((0...255).map { UInt8($0) })),
        AgentFrame("piece", body: Data(repeating: 7, count: 70_000), bulk: Data([0])),
    ])
    func readsBackWhatItWrites(frame: AgentFrame) {
        #expect(AgentFrame(frame.bytes) == frame)
        // A slice of a longer buffer, whose indices do not begin at 0.
        let longer = Data([1, 2, 3]) + frame.bytes
        #expect(AgentFrame(longer.dropFirst(3)) == frame)
    }

    @Test func whatIsCutOffIsNoFrame() {
        let bytes = AgentFrame("hello", body: Data(#"{"version":1}"#.utf8)).bytes
        for length in 0..<bytes.count { #expect(AgentFrame(bytes.prefix(length)) == nil, "\(length) bytes") }
        #expect(AgentFrame(Data([2, 0xFF, 0xFE, 0, 0, 0, 0])) == nil, "its name is no text")
        #expect(AgentFrame(Data([0, 0xFF, 0xFF, 0xFF, 0xFF])) == nil, "its body is longer than it is")
    }

    @Test func anAgentAnswersWhatItDoesNotKnowWithAProblem() async throws {
        let answer = await CallTable().answer(AgentFrame("dance", body: Data()).bytes)
        let frame = try #require(AgentFrame(answer))
        #expect(frame.name == AgentFrame.problem)
        let problem = try JSON.decode(ProblemBody.self, from: frame.body).problem
        #expect(problem.code == .notBuiltYet && problem.message.contains("'dance'"))
        #expect(AgentFrame(await CallTable().answer(Data([9])))?.name == AgentFrame.problem)
    }
}

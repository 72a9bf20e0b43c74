import Foundation
import RoostModel
import Testing

@testable import RoostAgentProtocol

/// The messages between control plane and agent in version 2, as recorded. A changed line is a change that the other
/// side, of an older Roost, does not understand: see `Hello.version`.
@Suite struct RecordedMessageTests {
    private static let recorded = "Recorded/version-2.txt"

    /// Recorded messages by name: a line each, `name | json`.
    private static func lines() throws -> [String: String] {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: recorded)
        let text = try String(contentsOf: path, encoding: .utf8)
        var lines: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "|", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            lines[parts[0]] = parts[1]
        }
        return lines
    }

    @Test(arguments: Sample.all) func isStillSaidSo(sample: Sample) throws {
        let text = try sample.text()
        let line = try #require(try Self.lines()[sample.name], "not recorded: \(sample.name) | \(text)")
        #expect(text == line, "\(sample.name)")
    }

    @Test(arguments: Sample.all) func isStillUnderstood(sample: Sample) throws {
        let line = try #require(try Self.lines()[sample.name])
        #expect(try sample.again(line) == line, "\(sample.name)")
    }

    /// A newer agent may send more fields.
    @Test func aFieldThatIsNotKnownIsPassedOver() throws {
        let call = try JSON.decode(Hello.self, from: Data(#"{"version":1,"mood":"good"}"#.utf8))
        #expect(call == Hello(version: 1))
    }

    @Test func nothingIsRecordedThatIsNotSaidAnyMore() throws {
        #expect(Set(try Self.lines().keys) == Set(Sample.all.map(\.name)))
    }
}

/// A message with every field filled, its written form, and its reading back.
struct Sample: Sendable, CustomTestStringConvertible {
    let name: String
    let text: @Sendable () throws -> String
    /// Reads a line and writes it again.
    let again: @Sendable (String) throws -> String

    var testDescription: String { name }

    init<Message: Codable & Sendable>(_ name: String, _ message: Message) {
        self.name = name
        text = { String(decoding: try JSON.encode(message), as: UTF8.self) }
        again = { line in
            let read = try JSON.decode(Message.self, from: Data(line.utf8))
            return String(decoding: try JSON.encode(read), as: UTF8.self)
        }
    }

    static func call<Call: AgentCall>(_ call: Call, _ answer: Call.Answer) -> [Sample] {
        [Sample(Call.name, call), Sample("\(Call.name) answer", answer)]
    }

    static func job<Job: AgentJob>(_ job: Job, _ result: Job.Result) -> [Sample] {
        let notes: [JobNote] = [
            .began(step: "start"), .did(step: "start", milliseconds: 12), .output(line: "a line"),
        ]
        let progress = JobProgress(
            text: "1.0M of 2.0M", bytes: .mebibytes(1), totalBytes: .mebibytes(2))
        let answer = FollowJob<Job>.Answer(notes: notes, last: 3, progress: progress, end: .done(result))
        return call(StartJob(id: "j1", job: job), Done()) + call(FollowJob<Job>(id: "j1", seen: 2), answer)
    }

    static func upload<Upload: AgentUpload>(_ upload: Upload, _ receipt: Upload.Receipt) -> [Sample] {
        call(OpenUpload(id: "u1", upload: upload), Done()) + call(CloseUpload<Upload>(id: "u1"), receipt)
    }
}

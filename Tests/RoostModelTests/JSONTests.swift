import Foundation
import RoostModel
import Testing

/// The one way JSON is written and read.
struct JSONTests {
    private struct Sample: Codable, Equatable {
        var atRiskSeconds = 0.5
        var sha256Sum = "x"
        var serverId = 7
        @Nullable var closedAt: Date?
        @Nullable var note: String?
        var config = ["max_connections": "200", "innodbPool": "1", "A_B": "c/d"]
    }

    @Test func keysAreSnakeCaseSortedWithExplicitNullsAndPlainSlashes() throws {
        let text = String(decoding: try JSON.encode(Sample()), as: UTF8.self)
        #expect(
            text
                == #"{"at_risk_seconds":0.5,"closed_at":null,"config":{"A_B":"c/d","innodbPool":"1","max_connections":"200"},"#
                + #""note":null,"server_id":7,"sha256_sum":"x"}"#)
    }

    @Test func whatIsWrittenIsReadBack() throws {
        var sample = Sample()
        sample.closedAt = Timestamp.parse("2026-11-21T06:44:06.120Z")
        sample.note = "n"
        #expect(try JSON.decode(Sample.self, from: JSON.encode(sample)) == sample)
        #expect(try JSON.decode(Sample.self, from: JSON.pretty(sample)) == sample)
        #expect(try JSON.decode(Sample.self, from: JSON.encode(Sample())) == Sample())
    }

    @Test func aMissingNullableFieldIsNull() throws {
        let text = #"{"at_risk_seconds":0.5,"sha256_sum":"x","server_id":7,"config":{}}"#
        let sample = try JSON.decode(Sample.self, from: Data(text.utf8))
        #expect(sample.note == nil && sample.closedAt == nil)
    }

    @Test func anAnswerMayHoldFieldsOfANewerDaemon() throws {
        let text = #"{"items":[],"next_page":{"token":1}}"#
        #expect(try JSON.decode(ItemList<EventInfo>.self, from: Data(text.utf8)).items.isEmpty)
    }

    // MARK: Requests

    @Test func aRequestIsRead() throws {
        let text = #"{"build_file":"x","file_name":"roost.yml","dry_run":true}"#
        #expect(
            try JSON.request(PushRequest.self, from: Data(text.utf8))
                == PushRequest(buildFile: "x", fileName: "roost.yml", dryRun: true))
    }

    @Test func anEmptyBodyIsAnEmptyObject() throws {
        #expect(try JSON.request(RestartRequest.self, from: Data()) == RestartRequest())
    }

    @Test(
        arguments: [
            (#"{"memroy":"1G"}"#, "memroy"),
            (#"{"dryRun":true}"#, "dryRun"),
            (#"{"zz":1,"aa":1}"#, "aa"),
        ])
    func anUnknownFieldIsRefusedWithTheKnownOnes(_ text: String, _ field: String) {
        let known = "cpus, drain_seconds, dry_run, instances, memory, yes"
        let problem = #expect(throws: Problem.self) { try JSON.request(ScaleRequest.self, from: Data(text.utf8)) }
        #expect(problem == Problem(.bodyInvalid, "unknown field '\(field)'; known fields: \(known)"))
    }

    @Test(arguments: [
        #"{"memory":1}"#, #"{"instances":"2"}"#, #"{"instances":1.5}"#, "[]", "1", #""x""#, "{", "null",
        "{\"memory\":\"\u{1}\"}",
        String(repeating: "[", count: 5000),
    ])
    func aBodyOfAnotherShapeIsRefused(_ text: String) {
        let problem = #expect(throws: Problem.self) { try JSON.request(ScaleRequest.self, from: Data(text.utf8)) }
        #expect(problem?.code == .bodyInvalid)
    }

    @Test func aMissingFieldIsNamedAsItIsWritten() {
        let problem = #expect(throws: Problem.self) {
            try JSON.request(PushRequest.self, from: Data(#"{"build_file":"x"}"#.utf8))
        }
        #expect(problem?.message == "invalid request body: field 'file_name' is missing")
    }

    @Test func aWrongFieldIsNamedAsItIsWritten() throws {
        let problem = #expect(throws: Problem.self) {
            try JSON.request(ScaleRequest.self, from: Data(#"{"dry_run":"yes"}"#.utf8))
        }
        #expect(try #require(problem).message.contains("field 'dry_run'"))
    }
}

/// RFC 3339 times.
struct TimestampTests {
    @Test(
        arguments: [
            ("2026-11-21T06:44:06.120Z", 1_795_243_446.120), ("2026-11-21T06:44:06Z", 1_795_243_446),
            ("2026-11-21T07:44:06+01:00", 1_795_243_446), ("2026-11-21T07:44:06.5+01:00", 1_795_243_446.5),
            ("2026-11-21T01:14:06-05:30", 1_795_243_446), ("1970-01-01T00:00:00.001Z", 0.001),
            ("2026-11-21T06:44:06.123456Z", 1_795_243_446.123),
        ])
    func reads(_ text: String, _ seconds: Double) throws {
        let date = try #require(Timestamp.parse(text))
        #expect(abs(date.timeIntervalSince1970 - seconds) < 0.001)
    }

    @Test(arguments: [
        "", "now", "2026-11-21", "2026-11-21 06:44:06", "1795243446", "2026-13-01T00:00:00Z", "2026-11-21T06:44:06",
    ])
    func refuses(_ text: String) {
        #expect(Timestamp.parse(text) == nil)
    }

    @Test func writesMilliseconds() {
        #expect(Timestamp.format(Date(timeIntervalSince1970: 1_795_243_446)) == "2026-11-21T06:44:06.000Z")
        #expect(Timestamp.format(Date(timeIntervalSince1970: 0.25)) == "1970-01-01T00:00:00.250Z")
    }

    /// A time that is stored, read and stored again must not drift.
    @Test func everyMillisecondIsReadAsItWasWritten() throws {
        let crept = try (0..<1000).map { "2026-11-21T06:44:06.\(String(format: "%03d", $0))Z" }
            .filter { Timestamp.format(try #require(Timestamp.parse($0))) != $0 }
        #expect(crept.isEmpty)
    }
}

import Foundation
import Testing

@testable import RoostModel

/// Pauses of services: when one is in force, in documents and in requests.
@Suite struct PauseTests {
    static let times: [(seconds: Double, isPaused: Bool)] = [(-3600, true), (-0.001, true), (0, false), (3600, false)]

    @Test(arguments: times) func aPauseEndsByItself(seconds: Double, isPaused: Bool) throws {
        var spec = try Samples.service(goal: .run).spec
        #expect(!spec.isPaused(at: Samples.time + seconds))
        spec.pause = .init(until: Samples.time, reason: "disk swap")
        #expect(spec.isPaused(at: Samples.time + seconds) == isPaused)
        #expect(spec.activePause(at: Samples.time + seconds)?.reason == (isPaused ? "disk swap" : nil))
    }

    @Test func aServiceThatIsToBeDestroyedIsNotPaused() throws {
        var spec = try Samples.service(goal: .destroy(keep: nil)).spec
        spec.pause = .init(until: Samples.time)
        #expect(!spec.isPaused(at: Samples.time - 60))
    }

    @Test func aDocumentKeepsThePause() throws {
        var spec = try Samples.service(goal: .run).spec
        spec.pause = .init(until: Samples.time, reason: "disk swap")
        #expect(try JSON.decode(ServiceSpec.self, from: JSON.encode(spec)) == spec)
    }

    /// Older versions of Roost wrote documents without the key.
    @Test func aDocumentWithoutThePauseIsRead() throws {
        let spec = try Samples.service(goal: .run).spec
        let text = String(decoding: try JSON.encode(spec), as: UTF8.self)
        #expect(!text.contains("pause"), "an older Roost reads the document of a service that is not paused")
        #expect(try JSON.decode(ServiceSpec.self, from: Data(text.utf8)).pause == nil)
    }

    @Test func anAnswerOfAnOlderDaemonHasNoPause() throws {
        var object = try #require(
            try JSONSerialization.jsonObject(with: JSON.encode(Samples.serviceInfo())) as? [String: Any])
        #expect(object.removeValue(forKey: "paused") is NSNull)
        let info = try JSON.decode(ServiceInfo.self, from: JSONSerialization.data(withJSONObject: object))
        #expect(info.paused == nil)
    }

    static let requests: [(body: String, isTaken: Bool)] = [
        ("", true), ("{}", true), (#"{"seconds":1}"#, true), (#"{"seconds":604800,"reason":"x"}"#, true),
        (#"{"seconds":null,"reason":null}"#, true), (#"{"seconds":0}"#, false), (#"{"seconds":0.5}"#, false),
        (#"{"seconds":-60}"#, false), (#"{"seconds":604801}"#, false), (#"{"seconds":"1h"}"#, false),
        (#"{"until":"2026-11-21T06:44:06.120Z"}"#, false),
        (#"{"reason":"\#(String(repeating: "x", count: 200))"}"#, true),
        (#"{"reason":"\#(String(repeating: "x", count: 201))"}"#, false),
    ]

    @Test(arguments: requests) func aRequestIsBounded(body: String, isTaken: Bool) {
        let request = Result { try JSON.request(PauseRequest.self, from: Data(body.utf8)) }
        if isTaken { #expect(throws: Never.self) { try request.get() } }
        if !isTaken { #expect(throws: Problem.self) { try request.get() } }
    }
}

import Foundation
import Testing

@testable import RoostModel

/// A service's two documents together, and the reading of the single document from before.
@Suite struct ServiceDocumentTests {
    private static let next = EngineIdentity("mariadb@11.8.9").unsafelyUnwrapped

    struct Row: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let goal: Service.Goal
        let engine: String
        let change: @Sendable (inout Service) -> Void

        init(
            _ name: String, is goal: Service.Goal, on engine: String = "mariadb@10.11.19",
            _ change: @escaping @Sendable (inout Service) -> Void
        ) {
            testDescription = name
            self.goal = goal
            self.engine = engine
            self.change = change
        }
    }

    static let rows: [Row] = [
        Row("nothing asked for", is: .run) { _ in },
        Row("a request", is: .move) { $0.spec.ask(for: .move) },
        Row("a request that ended", is: .run) {
            $0.spec.ask(for: .move)
            $0.status.finish($0.spec.request)
        },
        Row("a request after one that ended", is: .image(keep: "s", expiresAt: nil)) {
            $0.spec.ask(for: .move)
            $0.status.finish($0.spec.request)
            $0.spec.advance()
            $0.spec.ask(for: .image(keep: "s", expiresAt: nil))
        },
        Row("an upgrade that is taken back", is: .restore(snapshot: "k", keep: "k-failed")) {
            $0.spec.ask(for: .upgrade(to: $0.engine, keep: "k"))
            $0.status.procedure = .init(.restore(snapshot: "k", keep: "k-failed"), of: $0.generation)
        },
        Row("an upgrade that was taken back", is: .run) {
            $0.spec.ask(for: .upgrade(to: $0.engine, keep: "k"))
            $0.status.procedure = .init(.restore(snapshot: "k", keep: "k-failed"), of: $0.generation)
            $0.status.finish($0.spec.request)
        },
        Row("a request after one that was taken back half-way", is: .move) {
            $0.spec.ask(for: .upgrade(to: $0.engine, keep: "k"))
            $0.status.procedure = .init(.restore(snapshot: "k", keep: "k-failed"), of: $0.generation)
            $0.spec.advance()
            $0.spec.ask(for: .move)
        },
        Row("a reset to another release", is: .reset(id: "r"), on: "mariadb@11.8.9") {
            $0.spec.ask(for: .reset(id: "r"), engine: next)
        },
        Row("after that reset", is: .run, on: "mariadb@11.8.9") {
            $0.spec.ask(for: .reset(id: "r"), engine: next)
            $0.status.finish($0.spec.request)
        },
        Row("a deletion", is: .destroy(keep: "k")) { $0.spec.deletion = .init(keep: "k") },
        Row("a deletion while a request is pending", is: .destroy(keep: nil), on: "mariadb@11.8.9") {
            $0.spec.ask(for: .upgrade(to: $0.engine, keep: "k"))
            $0.spec.deletion = .init(keep: nil, engine: next)
        },
    ]

    @Test(arguments: rows) func bothTogetherSayWhatIsUnderWay(_ row: Row) throws {
        var service = try Samples.service(goal: .run)
        row.change(&service)
        #expect(service.goal == row.goal)
        #expect("\(service.engine)" == row.engine)
    }

    @Test func readersOfChangesAreNamedOnceAndAnEmptyListIsNone() throws {
        var spec = try Samples.service(goal: .run).spec
        #expect(spec.changeReaders == nil && !spec.isChangeReader("anna"))
        for name in ["cook", "anna", "cook"] { spec.addChangeReader(name) }
        #expect(spec.changeReaders == ["anna", "cook"] && spec.isChangeReader("anna"))
        let stored: ServiceSpec = try JSON.decode(from: try JSON.encode(spec))
        #expect(stored == spec)
        for name in ["cook", "bert", "anna"] { spec.removeChangeReader(name) }
        #expect(spec.changeReaders == nil)
        #expect(!String(decoding: try JSON.encode(spec), as: UTF8.self).contains("change_readers"))
    }

    /// The end of a request does not end the next request.
    @Test func onlyTheRequestThatEndedIsFinished() throws {
        var service = try Samples.service(goal: .run)
        service.spec.ask(for: .move)
        let first = service.spec.request
        service.spec.advance()
        service.spec.ask(for: .reset(id: "r"))
        service.status.finish(first)
        #expect(service.goal == .reset(id: "r"))
        service.status.finish(service.spec.request)
        service.status.finish(first)
        #expect(service.goal == .run)
    }

    // MARK: From before

    /// The document as Roost 0.1 stored it.
    static func before(goal: String = #"{"run":{}}"#, more: String = "") -> String {
        """
        {"created_at":"2026-11-29T12:14:48.851Z","credentials":{"administration":"v1:a","password":"v1:p","user":"root"},\
        "endpoint":20000,"engine":"mariadb@10.11.19","epoch":3,"generation":5,"id":{"application":"shop","service":"data"},\
        "instances":[{"host":"local","index":0,"internal_port":30000,"port":20002,"seeded":true,"server_id":1}],\
        "intent":\(goal),"read_endpoint":20001,"restart_generation":4,"settings":{"accounts":"open","config":{},\
        "databases":[],"durability":"sync","expose":"local","extensions":[],"instances":1,"memory":268435456,\
        "routing":"primary"},"type":"mariadb",\(more)"uid":"d83add614415f3a5"}
        """
    }

    private func read(_ text: String) throws -> Service {
        try JSON.decode(ServiceBeforeSpec.self, from: Data(text.utf8)).service
    }

    @Test func everyFieldFromBeforeHasItsPlace() throws {
        let service = try read(Self.before())
        let status = service.status
        #expect("\(service.id)" == "shop/data" && service.type == .mariadb && service.generation == 5)
        #expect(service.restartGeneration == 4 && service.credentials.password.rawValue == "v1:p")
        #expect(service.settings.memory == .mebibytes(256) && service.goal == .run && service.spec.request == nil)
        #expect(status.uid == "d83add614415f3a5" && status.epoch == 3 && "\(status.engine)" == "mariadb@10.11.19")
        #expect(status.endpoint.number == 20000 && status.readEndpoint.number == 20001 && status.primary == 0)
        #expect(status.members.map(\.seeded) == [true] && status.members.first?.serverID == 1)
        #expect(Timestamp.format(service.createdAt) == "2026-11-29T12:14:48.851Z")
    }

    static let goals: [(String, Service.Goal)] = [
        (#"{"restore":{"keep":"k","snapshot":"s"}}"#, .restore(snapshot: "s", keep: "k")),
        (#"{"upgrade":{"keep":"k","to":"mariadb@11.8.9"}}"#, .upgrade(to: next, keep: "k")),
        (#"{"reset":{"id":"r"}}"#, .reset(id: "r")), (#"{"move":{}}"#, .move),
        (#"{"image":{"keep":"k"}}"#, .image(keep: "k", expiresAt: nil)),
        (#"{"destroy":{"keep":"k"}}"#, .destroy(keep: "k")), (#"{"destroy":{}}"#, .destroy(keep: nil)),
    ]

    @Test(arguments: goals) func whatWasUnderWayGoesOn(_ text: String, _ goal: Service.Goal) throws {
        let service = try read(Self.before(goal: text))
        #expect(service.goal == goal)
        if case .destroy = goal { return }
        // The request ends like a request of today.
        var status = service.status
        status.finish(service.spec.request)
        #expect(Service(spec: service.spec, status: status).goal == .run)
    }

    @Test func aCloneKnowsTheBootItWasCopiedIn() throws {
        let clone = """
            "clone":{"boot_id":"b7","databases":["data"],"is_durable":false,"name":"c1","origin":{"template":{"_0":"shop",\
            "version":"v1"}},"terms":{"is_protected":false},"user":{"gid":994,"name":"roost01","uid":999}},\
            "failed_upgrade":{"engine":"mariadb@11.8.9","generation":2,"reason":"why"},\
            "abandoned":{"generation":3,"reason":"no"},
            """
        let service = try read(Self.before(more: clone))
        #expect(service.status.copiedInBoot == "b7" && service.clone?.name?.rawValue == "c1")
        #expect(service.failedUpgrade?.generation == 2 && service.abandoned?.reason == "no")
    }

    // MARK: Manifests

    private func manifest(format: Int, _ service: String) -> Data {
        Data(
            """
            {"application":{"created_at":"2026-11-29T12:12:41.371Z","is_ending":false,"name":"shop","order":["data"],\
            "user":{"gid":994,"name":"roost01","uid":999}},"format":\(format),"index":0,\(service)}
            """.utf8)
    }

    /// Snapshots keep manifests for as long as they are kept themselves.
    @Test func aManifestOfTheFirstFormatIsReadAndWrittenAsOfToday() throws {
        let old = try JSON.decode(Manifest.self, from: manifest(format: 1, "\"service\":\(Self.before())"))
        #expect(old.service.uid == "d83add614415f3a5" && old.format == 1)
        let now = try JSON.decode(Manifest.self, from: try JSON.encode(old))
        #expect(now.service == old.service && now.format == 2 && now.application == old.application)
    }

    @Test func aManifestOfANewerFormatSaysSo() throws {
        #expect {
            try JSON.decode(Manifest.self, from: manifest(format: 3, "\"novelty\":{}"))
        } throws: { "\($0)".contains("it was written by a newer Roost (format 3)") }
    }
}

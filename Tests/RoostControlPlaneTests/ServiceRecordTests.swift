import Foundation
import Logging
import RoostModel
import RoostStore
import Synchronization
import Testing

@testable import RoostControlPlane

/// Spec and status in the store: read at one moment, written by their owners, and made of one document from before.
@Suite struct ServiceRecordTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func id(_ name: String) -> ServiceID {
        ServiceID(ApplicationName(checked: "shop"), ServiceName(checked: name))
    }

    private static func service(_ name: String) throws -> Service {
        func port(_ number: Int) throws -> PortNumber { try #require(PortNumber(number)) }
        return Service(
            id: id(name), uid: "u", type: .mariadb, engine: try #require(EngineIdentity("mariadb@10.11.19")),
            settings: ServiceSettings(memory: .mebibytes(256)), endpoint: try port(20000),
            readEndpoint: try port(20001),
            instances: [
                .init(index: 0, host: "local", port: try port(20002), internalPort: try port(30000), serverID: 1)
            ],
            credentials: Credentials(
                user: "root", password: SealedSecret(rawValue: "p"), administration: SealedSecret(rawValue: "a")),
            createdAt: Date(timeIntervalSince1970: 1))
    }

    /// A service as Roost 0.1 stored it.
    private static func before(_ name: String) -> Data {
        Data(
            """
            {"created_at":"2026-11-29T12:14:48.851Z","credentials":{"administration":"v1:a","password":"v1:p",\
            "user":"root"},"endpoint":20000,"engine":"mariadb@10.11.19","epoch":1,"generation":1,\
            "id":{"application":"shop","service":"\(name)"},"instances":[],"intent":{"run":{}},"read_endpoint":20001,\
            "restart_generation":0,"settings":{"config":{},"databases":[],"durability":"sync","expose":"local",\
            "instances":1,"memory":268435456,"routing":"primary"},"type":"mariadb","uid":"\(name)"}
            """.utf8)
    }

    // MARK: Pairs

    @Test func servicesOfOneNameInAnothersBeginningAreApart() async throws {
        let records = Records(store: MemoryStore())
        for name in ["data", "data2"] { try await records.commit(Records.creation(of: Self.service(name))) }
        #expect(try await records.service(Self.id("data"))?.value.id == Self.id("data"))
        #expect(try await records.service(Self.id("dat")) == nil)
        #expect(try await records.services().map(\.value.id) == [Self.id("data"), Self.id("data2")])
    }

    @Test(arguments: [true, false]) func halfAServiceIsNamedAndNeverSkipped(_ dropsSpec: Bool) async throws {
        let store = MemoryStore()
        let records = Records(store: store)
        try await records.commit(Records.creation(of: Self.service("data")))
        let id = Self.id("data")
        try await store.commit([
            .delete(key: dropsSpec ? Records.specKey(id) : Records.statusKey(id), expecting: nil)
        ])
        await #expect { _ = try await records.services() } throws: {
            let problem = $0 as? Problem
            return problem?.code == .storeUnreadable && problem?.message.contains("/services/shop/data/status") ?? false
        }
    }

    // MARK: Failovers

    /// A store without a history has an empty one; it is written with the status, and goes with the service.
    @Test func failoversAreKeptWithTheirService() async throws {
        let records = Records(store: MemoryStore())
        let service = try Self.service("data")
        try await records.commit(Records.creation(of: service))
        #expect(try await records.failovers(of: service).value.items.isEmpty)
        var failover = FailoverInfo(
            id: 2, cause: .requested, from: "data.0", to: "data.1", began: Date(timeIntervalSince1970: 2))
        _ = try await records.updateStatus(service.id, failover: failover) { found throws(Problem) in
            var status = found.status
            status.epoch = 2
            return status
        }
        #expect(try await records.failovers(of: service).value.items == [failover])
        failover.outcome = .completed
        for _ in 0..<2 { try await records.record(failover, of: service.id) }
        let history = try await records.failovers(of: service).value
        #expect(history.items == [failover] && history.totals.map(\.count) == [1])
        let stored = try #require(try await records.service(service.id))
        try await records.commit(Records.removal(of: stored))
        #expect(try await records.failovers(of: service).revision == 0)
        try await records.record(failover, of: service.id)
        #expect(try await records.failovers(of: service).revision == 0, "nothing is stored of a service that is gone")
    }

    /// A decision from both documents is stored only while both are as they were read.
    @Test func aDecisionThatTheOtherWriterOvertookIsMadeAgain() async throws {
        let records = Records(store: MemoryStore())
        let id = Self.id("data")
        try await records.commit(Records.creation(of: Self.service("data")))
        let overtaken = Mutex(false)
        let read = try #require(try await records.service(id))
        try await records.updateSpec(id) { service in
            var spec = service.spec
            spec.advance()
            return spec
        }
        var status = read.value.status
        status.epoch += 1
        await #expect { try await records.commit(Records.decision(on: read, status)) } throws: {
            ($0 as? Problem)?.code == .conflict
        }
        try await records.updateStatus(id) { service in
            overtaken.withLock { $0 = service.generation == 2 }
            var status = service.status
            status.epoch += 1
            return status
        }
        let now = try #require(try await records.service(id)).value
        #expect(now.generation == 2 && now.epoch == 2 && overtaken.withLock { $0 })
    }

    // MARK: From before

    @Test func aMigrationThatIsKilledAnywhereGoesOn() async throws {
        let names = ["cache", "data", "web"]
        for killedAfter in 0...names.count {
            let store = FailingStore(commits: names.count + killedAfter)
            for name in names {
                try await store.commit([.put(key: "/services/shop/\(name)", value: Self.before(name), expecting: 0)])
            }
            let migration = DocumentMigration(store: store, logger: Self.logger)
            if killedAfter < names.count {
                await #expect(throws: Problem.self) { try await migration.run() }
            } else {
                #expect(try await migration.run() == names.count)
            }
            store.failsAfter.withLock { $0 = .max }
            #expect(try await migration.run() == names.count - killedAfter)
            #expect(try await migration.run() == 0)
            let services = try await Records(store: store).services().map(\.value)
            #expect(services.map(\.uid) == names)
        }
    }

    @Test func whatCannotBeReadIsLeftAsItIs() async throws {
        let store = MemoryStore()
        try await store.commit([.put(key: "/services/shop/data", value: Data("{}".utf8), expecting: 0)])
        await #expect {
            try await DocumentMigration(store: store, logger: Self.logger).run()
        } throws: { ($0 as? Problem)?.message.contains("/services/shop/data") ?? false }
        #expect(try await store.get("/services/shop/data")?.value == Data("{}".utf8))
    }
}

/// A store whose process is gone after a number of commits.
private final class FailingStore: StateStore {
    let inner = MemoryStore()
    let failsAfter: Mutex<Int>

    init(commits: Int) { failsAfter = Mutex(commits) }

    func get(_ key: String) async throws(StoreError) -> StoredValue? { try await inner.get(key) }
    func list(_ prefix: String) async throws(StoreError) -> [StoredValue] { try await inner.list(prefix) }
    func revision() async throws(StoreError) -> Int64 { try await inner.revision() }
    func watch(_ prefix: String, from revision: Int64) -> AsyncThrowingStream<StoreChange, any Error> {
        inner.watch(prefix, from: revision)
    }

    @discardableResult
    func commit(_ writes: [StoreWrite]) async throws(StoreError) -> Int64 {
        let isAlive = failsAfter.withLock { left in
            left -= left == .max ? 0 : 1
            return left >= 0
        }
        guard isAlive else { throw .unavailable("it was killed") }
        return try await inner.commit(writes)
    }
}

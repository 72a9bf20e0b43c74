import Foundation
import RoostModel
import Testing

@testable import RoostCLI

/// `roost snapshot`, `roost template` and `roost storage`.
@Suite struct CopyTests {
    typealias Answers = CloneTests.Answers

    // MARK: Templates

    static func building(_ template: TemplateInfo) -> Answers {
        [
            "PUT /v1/templates/shop": { _ in
                try .json(TemplateAnswer(template: template, operation: Samples.operation(.running)), status: 202)
            },
            "GET /v1/operations/op1": { _ in try .json(Samples.operation(.done, steps: ["import"])) },
            "GET /v1/templates/shop": { _ in try .json(template) },
        ]
    }

    @Test func aTemplateIsMadeOfADumpOfThisFolder() async throws {
        try await withDaemon(Self.building(Samples.template())) { scene, daemon in
            try scene.write("DELETE FROM cards", to: "mask.sql")
            let outcome = await scene.roost(
                "template", "add", "shop", "--dump", "shop.sql.gz", "--type", "mariadb", "--mask", "mask.sql",
                "--refresh", "0 3 * * *", "--pool", "3", "--memory", "1G", "--version", "10.11")
            #expect(outcome.status == 0 && outcome.output.isEmpty)
            #expect(outcome.errors == "import 85 ms\nTemplate 'shop' is ready\n  roost clone shop    creates a clone\n")
            let sent = try JSON.decode(TemplateRequest.self, from: try #require(daemon.requests.first).body)
            #expect(
                sent
                    == TemplateRequest(
                        dump: "\(scene.folder)/shop.sql.gz", type: "mariadb", mask: "DELETE FROM cards",
                        refresh: "0 3 * * *", pool: 3, memory: "1G", version: "10.11"))
            let json = await scene.roost("template", "add", "shop", "--from", "ramen/data", "--json")
            #expect(try json.document(TemplateInfo.self).state == .ready)
            let extensions = await scene.roost(
                "template", "add", "shop", "--from", "data", "--extension", "postgis", "--extension", "pg_trgm")
            #expect(extensions.status == 0)
            let last = try #require(daemon.requests.last { $0.method == "PUT" })
            #expect(try JSON.decode(TemplateRequest.self, from: last.body).extensions == ["postgis", "pg_trgm"])
        }
    }

    @Test func aMaskThatCannotBeReadIsToldBeforeAnythingIsBuilt() async throws {
        try await withDaemon([:]) { scene, daemon in
            let outcome = await scene.roost(
                "template", "add", "shop", "--dump", "/srv/a.sql", "--type", "mysql", "--mask", "nothing.sql")
            #expect(outcome.status == 2 && outcome.errors.contains("'nothing.sql'"))
            #expect(daemon.requests.isEmpty)
        }
    }

    @Test func aDumpOfAnotherMachineIsNamedByItsPathThere() async throws {
        try await withScene { scene in
            let outcome = await scene.roost(
                "template", "add", "shop", "--dump", "shop.sql", "--type", "mysql", "--url", "http://127.0.0.1:1")
            #expect(outcome.status == 2 && outcome.errors.contains("'shop.sql' must be an absolute path"))
        }
    }

    @Test func templatesAreListedWithWhyOneFailed() async throws {
        let templates = [Samples.template(), Samples.template(failure: "line 7: no such table")]
        try await withDaemon(["GET /v1/templates": { _ in try .json(ItemList(templates)) }]) { scene, _ in
            let table = await scene.roost("template", "ls")
            let lines = table.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
            let built = Samples.time.relative(to: .now)
            #expect(
                lines == [
                    "TEMPLATE STATE TYPE SIZE BUILT POOL CLONES SOURCE NOTE",
                    "shop ready mariadb 300M \(built) 2/3 1 /srv/shop.sql.gz masked; refreshed at '0 3 * * *'",
                    "shop failed mariadb - - 2/3 1 /srv/shop.sql.gz masked; refreshed at '0 3 * * *'; "
                        + "line 7: no such table",
                ])
            let list = try await scene.roost("template", "ls", "--json").document(ItemList<TemplateInfo>.self)
            #expect(list.items == templates)
        }
    }

    @Test func aTemplateIsRemovedByItsName() async throws {
        try await withDaemon(["DELETE /v1/templates/shop": { _ in try .json(Samples.template()) }]) { scene, daemon in
            #expect(await scene.roost("template", "rm", "shop").status == 4)
            #expect(await scene.roost("template", "rm", "shop", "--dry-run").errors.contains("300M"))
            #expect(daemon.requests.allSatisfy { $0.target == "/v1/templates/shop?dry_run=true" })
            #expect(await scene.roost("template", "rm", "shop", typed: ["shop"]).status == 0)
            #expect(daemon.requests.last?.target == "/v1/templates/shop?confirm=shop")
        }
    }

    // MARK: Storage

    @Test func thePoolIsMadeAndGrown() async throws {
        let answers: Answers = [
            "POST /v1/storage/pool": { _ in try .json(Samples.operation(.done, steps: ["allocate"])) },
            "POST /v1/storage/pool/grow": { _ in try .json(Samples.operation(.done)) },
        ]
        try await withDaemon(answers) { scene, daemon in
            let made = await scene.roost("storage", "init", "--size", "20G")
            #expect(made.status == 0 && made.errors.contains("The pool is ready; 'roost storage move SERVICE'"))
            #expect(await scene.roost("storage", "grow", "--size", "40G").errors == "The pool now has 40G\n")
            let sizes = try daemon.requests.map { try JSON.decode(PoolRequest.self, from: $0.body).size }
            #expect(sizes == ["20G", "40G"])
        }
    }

    @Test(arguments: [true, false])
    func storageShowsTheMethodThePoolAndWhatStands(hasPool: Bool) async throws {
        let pool = StorageInfo.Pool(
            path: "/var/lib/roost/pool", state: "mounted", sizeBytes: .gibibytes(20), freeBytes: .gibibytes(12),
            reserveBytes: .gibibytes(1))
        let item = StorageInfo.Item(
            kind: "clone", name: "mine", place: "pool", sizeBytes: .mebibytes(300), sharedBytes: .mebibytes(290),
            exclusiveBytes: .mebibytes(10))
        let storage = StorageInfo(
            method: hasPool ? "reflink" : "copy", pool: hasPool ? pool : nil, items: hasPool ? [item] : [])
        try await withDaemon(["GET /v1/storage": { _ in try .json(storage) }]) { scene, _ in
            let text = await scene.roost("storage", "info").output
            if hasPool {
                #expect(text.contains("pool:   /var/lib/roost/pool, mounted, 20G, 12G free (1G of it reserved"))
                #expect(text.contains("KIND   NAME  PLACE  SIZE  SHARED  EXCLUSIVE\n"))
            } else {
                #expect(text.hasPrefix("method: copy\npool:   none; "))
                #expect(text.contains("roost storage init --size 20G"))
            }
            let document = try await scene.roost("storage", "info", "--json").document(StorageInfo.self)
            #expect(document == storage)
        }
    }

    @Test func aServiceIsMovedAfterAQuestion() async throws {
        let answers: Answers = [
            "POST /v1/applications/ramen/services/data/move": { _ in try .json(Samples.operation(.done)) },
            "GET /v1/applications/ramen/services/data": { _ in try .json(Samples.service()) },
        ]
        try await withDaemon(answers) { scene, daemon in
            #expect(await scene.roost("storage", "move", "data", "-A", "ramen").status == 4)
            #expect(daemon.requests.isEmpty)
            #expect(await scene.roost("storage", "move", "data", "-A", "ramen", "--dry-run").status == 0)
            #expect(daemon.requests.allSatisfy { $0.method == "GET" })
            #expect(await scene.roost("storage", "move", "data", "-A", "ramen", "--yes").status == 0)
            #expect(daemon.requests.last?.target == "/v1/applications/ramen/services/data/move?confirm=data")
        }
    }

    // MARK: Snapshots

    static let snapshot = SnapshotInfo(
        id: "20261121-064406-3f9a", application: "ramen", service: "data", engine: "mariadb@10.11.19", reason: "manual",
        method: "reflink", pauseMilliseconds: 22.4, createdAt: Samples.time, expiresAt: nil, sizeBytes: .mebibytes(300))

    @Test func aSnapshotIsTakenAndItsIdAloneIsOnStandardOutput() async throws {
        let path = "/v1/applications/ramen/services/data/snapshots"
        var taken = Samples.operation(.done, steps: ["snapshot"])
        taken.result = Self.snapshot.id
        let operation = taken
        let answers: Answers = [
            "POST \(path)": { _ in try .json(operation) }, "GET \(path)": { _ in try .json(ItemList([Self.snapshot])) },
            "DELETE \(path)/\(Self.snapshot.id)": { _ in try .json(Self.snapshot) },
            "GET /v1/applications/ramen/services/data": { _ in try .json(Samples.service()) },
        ]
        try await withDaemon(answers) { scene, daemon in
            let outcome = await scene.roost(
                "snapshot", "new", "data", "-A", "ramen", "--max-pause", "50ms", "--keep", "7d", "--keep-last", "3")
            #expect(outcome.output == "20261121-064406-3f9a\n" && outcome.errors == "snapshot 85 ms\n")
            let sent = try JSON.decode(
                SnapshotRequest.self, from: try #require(daemon.requests.first { $0.method == "POST" }).body)
            #expect(sent == SnapshotRequest(maxPauseMilliseconds: 50, keepSeconds: 604_800, keepCount: 3))
            let json = await scene.roost("snapshot", "new", "data", "-A", "ramen", "--json")
            #expect(try json.document(ItemList<SnapshotInfo>.self).items == [Self.snapshot])
            #expect(await scene.roost("snapshot", "ls", "data", "-A", "ramen").output.contains("reflink"))
            #expect(await scene.roost("snapshot", "rm", "data", Self.snapshot.id, "-A", "ramen").status == 4)
            let removed = await scene.roost("snapshot", "rm", "data", Self.snapshot.id, "-A", "ramen", "--yes")
            #expect(removed.errors == "Snapshot 20261121-064406-3f9a was removed\n")
        }
    }
}

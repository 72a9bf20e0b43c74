import Foundation
import RoostControl
import RoostModel
import Testing

/// Changes, kept values, notes and refusals of a push.
struct PushPlanTests {
    // MARK: Creation

    @Test func aNewServiceGetsTheTypesDefaults() throws {
        let plan = try plan([Samples.declared("data")], standing: [])
        let settings = ServiceSettings(memory: .mebibytes(256))
        let name = try ServiceName("data")
        #expect(plan.creations == [try Samples.draft("data", settings)])
        #expect(plan.settings(of: name) == settings)
        #expect(plan.changed.isEmpty && plan.notes.isEmpty && plan.confirmations.isEmpty)
        #expect(
            plan.changes == [
                ServiceChange(
                    service: "data", kind: .create,
                    fields: [
                        ("type", "mysql"), ("instances", "1"), ("memory", "256M"), ("durability", "sync"),
                        ("routing", "primary"), ("expose", "local"), ("accounts", "open"),
                    ].map { ServiceChange.Field(key: $0.0, from: nil, to: $0.1) })
            ])
    }

    @Test func aNewServiceGetsWhatTheFileStates() throws {
        let declared = try Samples.declared("data") {
            $0.version = EngineVersion("10.11")
            $0.memory = .gibibytes(1)
            $0.cpus = 1.5
            $0.config = ["max_connections": "200"]
            $0.databases = ["data", "wordpress", "wordpress"]
            $0.expose = .network
        }
        let plan = try plan([declared], standing: [])
        let draft = try #require(plan.creations.first)
        #expect(draft.version == EngineVersion("10.11"))
        // The default database bears the service's name and is not one more.
        #expect(
            draft.settings
                == ServiceSettings(
                    memory: .gibibytes(1), cpus: 1.5, config: ["max_connections": "200"], databases: ["wordpress"],
                    expose: .network))
        #expect(plan.changes.first?.fields.contains(.init(key: "version", from: nil, to: "10.11")) == true)
    }

    // MARK: Change

    @Test func pushingTheSameFileTwiceChangesNothing() throws {
        let declared = try Samples.declared("data") {
            $0.memory = .gibibytes(1)
            $0.cpus = 2
            $0.config = ["max_connections": "200"]
            $0.databases = ["wordpress"]
        }
        let first = try plan([declared], standing: [])
        let standing = try Samples.service("data", try #require(first.creations.first).settings)
        let second = try plan([declared], standing: [standing])
        #expect(second.creations.isEmpty && second.changed.isEmpty && second.notes.isEmpty)
        #expect(second.changes == [ServiceChange(service: "data", kind: .none, fields: [])])
    }

    @Test func aKeyThatIsLeftOutKeepsWhatScaleSet() throws {
        let scaled = ServiceSettings(
            memory: .gibibytes(2), cpus: 4, config: ["max_connections": "9"], databases: ["shop"], expose: .network)
        let plan = try plan([Samples.declared("data")], standing: [Samples.service("data", scaled)])
        #expect(plan.changed.isEmpty)
        #expect(plan.settings(of: try ServiceName("data")) == scaled)
    }

    struct Stated: Sendable {
        let title: String
        let state: @Sendable (inout DeclaredService) -> Void
        let field: ServiceChange.Field
    }

    static let stated: [Stated] = [
        Stated(
            title: "memory", state: { $0.memory = .gibibytes(1) }, field: .init(key: "memory", from: "512M", to: "1G")),
        Stated(title: "cpus", state: { $0.cpus = 0.5 }, field: .init(key: "cpus", from: "2", to: "0.5")),
        Stated(
            title: "expose", state: { $0.expose = .network }, field: .init(key: "expose", from: "local", to: "network")),
        .init(
            title: "accounts", state: { $0.accounts = .managed },
            field: .init(key: "accounts", from: "open", to: "managed")),
        Stated(
            title: "durability", state: { $0.durability = .strict },
            field: .init(key: "durability", from: "sync", to: "strict")),
        Stated(
            title: "routing", state: { $0.routing = .split }, field: .init(key: "routing", from: "primary", to: "split")
        ),
        Stated(
            title: "a setting", state: { $0.config = ["max_connections": "200", "sql_mode": ""] },
            field: .init(key: "config.max_connections", from: "100", to: "200")),
        Stated(
            title: "a new setting",
            state: { $0.config = ["max_connections": "100", "sql_mode": "", "wait_timeout": "60"] },
            field: .init(key: "config.wait_timeout", from: nil, to: "60")),
        Stated(
            title: "a setting that is gone", state: { $0.config = ["max_connections": "100"] },
            field: .init(key: "config.sql_mode", from: "", to: nil)),
        Stated(
            title: "a database", state: { $0.databases = ["shop", "blog"] },
            field: .init(key: "databases", from: "shop", to: "shop, blog")),
    ]

    @Test(arguments: stated)
    func aStatedKeyWinsAndIsShown(_ stated: Stated) throws {
        let before = ServiceSettings(
            memory: .mebibytes(512), cpus: 2, config: ["max_connections": "100", "sql_mode": ""], databases: ["shop"])
        let declared = try Samples.declared("data", stated.state)
        let plan = try plan([declared], standing: [Samples.service("data", before)])
        #expect(
            plan.changes == [ServiceChange(service: "data", kind: .change, fields: [stated.field])], "\(stated.title)")
        #expect(plan.changed.count == 1)
        #expect(plan.changed.first?.settings != before)
    }

    @Test func anEmptyConfigTakesAllSettingsBack() throws {
        let before = ServiceSettings(memory: .gibibytes(1), config: ["a": "1", "b": "2"])
        let plan = try plan([Samples.declared("data") { $0.config = [:] }], standing: [Samples.service("data", before)])
        #expect(plan.changed.first?.settings.config == [:])
        #expect(plan.changes.first?.fields.map(\.key) == ["config.a", "config.b"])
    }

    @Test func anExtensionThatLeavesTheFileIsKeptAndNoted() throws {
        let before = ServiceSettings(memory: .gibibytes(1), extensions: ["hstore"])
        let plan = try plan(
            [Samples.declared("data") { $0.extensions = ["postgis"] }], standing: [Samples.service("data", before)])
        #expect(plan.settings(of: try ServiceName("data"))?.extensions == ["hstore", "postgis"])
        #expect(plan.changes.first?.fields == [.init(key: "extensions", from: "hstore", to: "hstore, postgis")])
        #expect(plan.notes == ["extension 'hstore' of 'data' is no longer in roost.yml; it is kept"])
    }

    @Test func aDatabaseThatLeavesTheFileIsKeptAndNoted() throws {
        let before = ServiceSettings(memory: .gibibytes(1), databases: ["shop", "blog"])
        let plan = try plan(
            [Samples.declared("data") { $0.databases = ["blog"] }], standing: [Samples.service("data", before)])
        #expect(plan.changed.isEmpty)
        #expect(plan.settings(of: try ServiceName("data"))?.databases == ["shop", "blog"])
        #expect(plan.notes == ["database 'shop' of 'data' is no longer in roost.yml; it is kept"])
    }

    @Test func fewerInstancesNeedAConfirmation() throws {
        let before = ServiceSettings(instances: 3, memory: .gibibytes(1))
        let standing = try Samples.service("data", before)
        let fewer = try plan([Samples.declared("data") { $0.instances = 1 }], standing: [standing])
        #expect(fewer.confirmations == ["'data' scales down from 3 instances to 1"])
        #expect(try plan([Samples.declared("data") { $0.instances = 3 }], standing: [standing]).confirmations.isEmpty)
        #expect(try plan([Samples.declared("data") { $0.instances = 5 }], standing: [standing]).confirmations.isEmpty)
        #expect(try plan([Samples.declared("data")], standing: [standing]).confirmations.isEmpty)
    }

    // MARK: What the file does not name

    @Test func aServiceThatLeavesTheFileKeepsRunningAndIsNoted() throws {
        let plan = try plan(
            [Samples.declared("data")],
            standing: [Samples.service("zoo"), Samples.service("data"), Samples.service("cache")])
        #expect(plan.changes.map(\.service) == ["data"])
        #expect(
            plan.notes == [
                "'cache' is not in roost.yml; it keeps running (to remove it: roost destroy cache)",
                "'zoo' is not in roost.yml; it keeps running (to remove it: roost destroy zoo)",
            ])
        #expect(plan.settings(of: try ServiceName("zoo")) != nil)
        #expect(plan.settings(of: try ServiceName("nobody")) == nil)
    }

    @Test func aServiceThatIsBeingDestroyedIsNotNoted() throws {
        let ending = try Samples.service("cache", goal: .destroy(keep: nil))
        #expect(try plan([Samples.declared("data")], standing: [ending]).notes.isEmpty)
    }

    /// A limit belongs to `async` and goes with it.
    @Test func aLimitOfLossIsKeptWhileTheServiceIsAsynchronous() throws {
        let name = try ServiceName("data")
        let declared = try Samples.declared("data") {
            $0.durability = .async
            $0.maxLossSeconds = 10
        }
        let made = try plan([declared], standing: [])
        #expect(made.creations.first?.settings.maxLossSeconds == 10)
        #expect(made.changes.first?.fields.contains(.init(key: "max_loss", from: nil, to: "10s")) ?? false)
        let standing = try Samples.service("data", try #require(made.settings(of: name)))
        let kept = try plan([Samples.declared("data")], standing: [standing])
        #expect(kept.changed.isEmpty && kept.settings(of: name)?.maxLossSeconds == 10)
        let other = try plan([Samples.declared("data") { $0.maxLossSeconds = 60 }], standing: [standing])
        #expect(other.changes.first?.fields == [.init(key: "max_loss", from: "10s", to: "60s")])
        let gone = try plan([Samples.declared("data") { $0.durability = .sync }], standing: [standing])
        #expect(gone.settings(of: name)?.maxLossSeconds == nil)
        #expect(gone.changes.first?.fields.map(\.key) == ["durability", "max_loss"])
    }

    @Test func aScheduleIsKeptUntilItIsTakenBack() throws {
        let name = try ServiceName("data")
        let declared = try Samples.declared("data") { $0.verify = VerifySettings(everySeconds: 86_400) }
        let made = try plan([declared], standing: [])
        #expect(made.changes.first?.fields.contains(.init(key: "verify.every", from: nil, to: "1d")) ?? false)
        let standing = try Samples.service("data", try #require(made.settings(of: name)))
        let kept = try plan([Samples.declared("data")], standing: [standing])
        #expect(kept.changed.isEmpty && kept.settings(of: name)?.verify == VerifySettings(everySeconds: 86_400))
        let other = try plan(
            [Samples.declared("data") { $0.verify = VerifySettings(everySeconds: 7200) }], standing: [standing])
        #expect(other.changes.first?.fields == [.init(key: "verify.every", from: "1d", to: "2h")])
        let gone = try plan([Samples.declared("data") { $0.verify = VerifySettings() }], standing: [standing])
        #expect(gone.changed.count == 1 && gone.settings(of: name)?.verify == nil)
        #expect(gone.changes.first?.fields == [.init(key: "verify.every", from: "1d", to: nil)])
    }

    // MARK: Refusals

    @Test(arguments: [ServiceSettings.Durability.sync, .strict, nil])
    func aLimitOfLossIsRefusedWhereCommitsWait(_ durability: ServiceSettings.Durability?) throws {
        let declared = try Samples.declared("data") {
            $0.durability = durability
            $0.maxLossSeconds = 10
            $0.keyLines["max_loss"] = 5
        }
        for standing in [[], [try Samples.service("data")]] {
            let errors = try refusals([declared], standing: standing)
            #expect(errors.count == 1)
            #expect(
                errors.first?.hasPrefix("roost.yml:5: services.data.max_loss: applies to 'durability: async'") ?? false)
        }
    }

    @Test func changingTheTypeIsRefused() throws {
        let errors = try refusals([Samples.declared("data", type: .mariadb)], standing: [Samples.service("data")])
        #expect(
            errors == [
                "roost.yml:3: services.data.type: the type of a service cannot change; 'data' is of type 'mysql'"
                    + " (to replace it and lose its data: roost destroy data, then push)"
            ])
    }

    @Test(arguments: ["10.11", "10", "10.11.19"])
    func aVersionThatThePinnedEngineMeetsIsNoChange(_ version: String) throws {
        let declared = try Samples.declared("data") { $0.version = EngineVersion(version) }
        #expect(try plan([declared], standing: [Samples.service("data")]).changes.map(\.kind) == [.none])
    }

    @Test(arguments: ["10.1", "10.11.18"])
    func aVersionThatTheEngineCannotGoToIsRefusedWithItsReason(_ version: String) throws {
        let declared = try Samples.declared("data") {
            $0.version = EngineVersion(version)
            $0.keyLines["version"] = 4
        }
        #expect(
            try refusals([declared], standing: [Samples.service("data")]) == [
                "roost.yml:4: services.data.version: no way back from 10.11.19"
            ])
    }

    @Test func anotherVersionIsAnUpgradeThatIsToldAndChecked() throws {
        let declared = try Samples.declared("data") { $0.version = EngineVersion("11.4") }
        let plan = try plan([declared], standing: [Samples.service("data")])
        let target = EngineIdentity("mariadb@11.4")
        #expect(plan.changed.map(\.upgrade) == [target])
        #expect(plan.engine(of: try ServiceName("data")) == target, "whose words on the settings count")
        #expect(plan.changes.first?.fields.first == .init(key: "version", from: "10.11.19", to: "11.4"))
        #expect(plan.notes.contains { $0.contains("snapshot") })
    }

    @Test func aServiceThatIsBeingUpgradedCannotBePushed() throws {
        let engine = try #require(EngineIdentity("mariadb@11.4"))
        let upgrading = try Samples.service("data", goal: .upgrade(to: engine, keep: "x"))
        #expect(
            try refusals([Samples.declared("data")], standing: [upgrading]).first?.contains("is being upgraded") == true
        )
    }

    @Test func aServiceThatIsBeingDestroyedCannotBePushed() throws {
        let ending = try Samples.service("data", goal: .destroy(keep: "x"))
        #expect(
            try refusals([Samples.declared("data")], standing: [ending])
                == ["roost.yml:2: services.data: is being destroyed; push again when it is gone"])
    }

    @Test func allRefusalsAreReportedAtOnce() throws {
        let errors = try refusals(
            [Samples.declared("a", type: .mariadb), Samples.declared("new"), Samples.declared("b", type: .mariadb)],
            standing: [Samples.service("a"), Samples.service("b")])
        #expect(errors.count == 2)
    }

    // MARK: Members

    @Test func whatIsSaidAboutMembersIsShownStaysAndIsTakenBack() throws {
        let told = try Samples.declared("data") {
            $0.instances = 3
            $0.members = [1: .init(priority: 0), 2: .init(delaySeconds: 3600, storage: .separate)]
        }
        let created = try plan([told], standing: [])
        let fields = try #require(created.changes.first?.fields)
        let expected = [
            ("members.1.priority", "0"), ("members.2.delay", "1h"), ("members.2.storage", "separate"),
        ].map { ServiceChange.Field(key: $0.0, from: nil, to: $0.1) }
        #expect(Array(fields.suffix(3)) == expected)
        let standing = try Samples.service("data", try #require(created.creations.first).settings)
        #expect(try plan([told], standing: [standing]).changed.isEmpty)
        #expect(try plan([Samples.declared("data")], standing: [standing]).changed.isEmpty)
        let less = try Samples.declared("data") { $0.members = [2: .init(delaySeconds: 60)] }
        #expect(
            try plan([less], standing: [standing]).changes.first?.fields == [
                .init(key: "members.1.priority", from: "0", to: nil),
                .init(key: "members.2.delay", from: "1h", to: "1m"),
                .init(key: "members.2.storage", from: "separate", to: nil),
            ])
        let none = try plan([Samples.declared("data") { $0.members = [:] }], standing: [standing])
        #expect(none.changed.first?.settings.members == nil && none.changes.first?.fields.count == 3)
    }

    @Test func addressesAreShownByTheirOriginStayAndAreTakenBack() throws {
        let (one, two) = (try WebhookURL("https://ops.example.com/secret"), try WebhookURL("http://127.0.0.1:8080/x"))
        let told = try Samples.declared("data") { $0.notify = [one, two] }
        let created = try plan([told], standing: [])
        let shown = "https://ops.example.com, http://127.0.0.1:8080"
        #expect(created.changes.first?.fields.last == .init(key: "notify", from: nil, to: shown))
        let standing = try Samples.service("data", try #require(created.creations.first).settings)
        #expect(standing.settings.notify == [one, two])
        for same in try [told, Samples.declared("data")] {
            let kept = try plan([same], standing: [standing])
            #expect(kept.changed.isEmpty && kept.changes.first?.kind == ServiceChange.Kind.none)
        }
        // Another path is a change, though it is not shown.
        let three = try WebhookURL("https://ops.example.com/other")
        let other = try Samples.declared("data") { $0.notify = [three, two] }
        #expect(
            try plan([other], standing: [standing]).changes.first?.fields == [
                .init(key: "notify", from: shown, to: "\(shown) (changed)")
            ])
        let none = try plan([Samples.declared("data") { $0.notify = [] }], standing: [standing])
        #expect(none.changed.first.map { $0.settings.notify == nil } == true)
        #expect(none.changes.first?.fields == [.init(key: "notify", from: shown, to: nil)])
    }

    /// A replica's data are replaced, so the push asks first.
    @Test func aFullCopyOfALiveReplicaNeedsConsent() throws {
        var standing = try Samples.service("data", ServiceSettings(instances: 2, memory: .mebibytes(256)))
        standing.status.members = try (0...1).map {
            .init(
                index: $0, host: "local", port: try #require(PortNumber(22000 + $0)),
                internalPort: try #require(PortNumber(31000 + $0)), serverID: UInt32($0 + 1), seeded: true)
        }
        let declared = try Samples.declared("data") { $0.members = [1: .init(storage: .separate)] }
        let asked = try plan([declared], standing: [standing]).confirmations
        #expect(asked.count == 1 && asked[0].contains("data.1 gets a new, full copy"), "\(asked)")
        standing.spec.settings.members = [1: .init(storage: .separate)]
        #expect(try plan([declared], standing: [standing]).confirmations.isEmpty)
    }

    // MARK: Helpers

    private func plan(_ declared: [DeclaredService], standing: [Service]) throws -> PushPlan {
        try make(declared, standing).get()
    }

    private func refusals(_ declared: [DeclaredService], standing: [Service]) throws -> [String] {
        switch make(declared, standing) {
        case .success: []
        case .failure(let error): error.diagnostics.map(\.description)
        }
    }

    private func make(_ declared: [DeclaredService], _ standing: [Service]) -> Result<PushPlan, BuildFileInvalid> {
        let file = BuildFile(fileName: "roost.yml", form: .roost, services: declared)
        return PushPlan.make(
            declared: file, standing: standing, defaultMemory: { _ in .mebibytes(256) },
            upgrades: { service, version in
                version < service.engine.version
                    ? .failure(.init("no way back from \(service.engine.version)"))
                    : .success(EngineIdentity(name: service.engine.name, version: version))
            })
    }
}

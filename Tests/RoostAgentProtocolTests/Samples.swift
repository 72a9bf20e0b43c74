import Foundation
import RoostModel

@testable import RoostAgentProtocol

extension Sample {
    static let all: [Sample] =
        machine + home + storage + engines + accounts + comparisons + snapshots + templates + dumps + custom + streams

    private static let instance = InstanceID(
        ServiceID(ApplicationName(checked: "ramen"), ServiceName(checked: "data")), 0)
    private static let user = ServerUser(name: "roost01", uid: 901, gid: 901)
    private static let time = Date(timeIntervalSince1970: 1_700_000_000)
    private static let port = known(PortNumber(31000))
    private static let engine = known(EngineIdentity("mariadb@10.11.19"))
    private static let digest = known(ContentDigest(rawValue: String(repeating: "ab", count: 32)))
    private static let sealed = SealedSecret(rawValue: "sealed")
    private static let application = Application(
        name: instance.service.application, user: user, order: [instance.service.service], createdAt: time)
    private static let service = Service(
        id: instance.service, uid: "u", type: .mysql, engine: engine,
        settings: ServiceSettings(memory: .mebibytes(512), config: ["max_connections": "10"]), endpoint: port,
        readEndpoint: port,
        instances: [ServiceStatus.Member(index: 0, host: "local", port: port, internalPort: port, serverID: 1)],
        credentials: Credentials(user: "root", password: sealed, administration: sealed), createdAt: time)
    private static let order = SealedOrder(application: application, service: service, index: 0)
    private static let family = EngineFamily(
        name: "mongodb", types: [ServiceType(rawValue: "mongodb")], wire: "mongodb", variableInfix: "MONGODB",
        urlScheme: "mongodb", isSQL: false,
        urlQuery: .init(plain: "?a=\(EngineFamily.URLQuery.service)", secured: "?tls=true"), tlsURLScheme: "mongodbs",
        applicationUser: "root", fixedDatabase: "0", names: NameRules(ownDatabases: ["admin"], foldsCase: true),
        defaultMemory: .mebibytes(512), minimumMemory: .mebibytes(256))
    private static let inventory = EngineInventory(engines: [
        .init(
            family: family, loadsDumps: true, loadsIntoNamedDatabase: false,
            builds: [
                .init(
                    identity: engine, origin: "added from a file", readyDirectories: 2,
                    added: .init(size: .mebibytes(300), at: time))
            ])
    ])
    private static let record = SnapshotRecord(
        id: "20261121-064406-3f9a", manifest: Manifest(application: application, service: service, index: 0),
        reason: SnapshotRecord.manual, method: "reflink", pauseMilliseconds: 20, createdAt: time, expiresAt: time)
    private static let template: Template = {
        var settings = TemplateSettings(mask: "DELETE FROM people", pool: 2)
        settings.applicationUser = "shop"
        return Template(
            name: known(TemplateName(rawValue: "shop")), type: .mysql,
            source: .dump(path: "/dumps/shop.sql", isWatched: true), settings: settings, createdAt: time)
    }()
    private static let version = TemplateVersion(
        id: "v1", engine: engine, databases: ["shop"], applicationUser: "shop", method: "copy", size: .mebibytes(20),
        fingerprint: "1 2", user: user, source: template.source, settings: template.settings, builtAt: time,
        buildSeconds: 1.5, notes: ["a note"])

    private static func known<Value>(_ value: Value?) -> Value {
        guard let value else { preconditionFailure("a sample is wrong") }
        return value
    }

    private static var machine: [Sample] {
        let facts = MachineFacts(
            boot: "b", enforcesLimits: true, publicHost: "10.0.0.1", authorityFile: "/home/ca/ca.pem", onlyUser: user,
            poolPath: "/home/pool", routerLog: "/home/router/router.log",
            engines: inventory)
        let info = MachineInfo(
            name: "local", state: "up", cores: 2, memoryBytes: .gibibytes(4), memoryAvailableBytes: .gibibytes(2),
            diskFreeBytes: .gibibytes(9), instances: 3, roostVersion: "1")
        let usage = UsageInfo(
            application: "ramen", instance: "data.0", pid: 42, cpuPercent: 1.5, memoryBytes: .mebibytes(1),
            memoryLimitBytes: .mebibytes(2), diskBytes: .mebibytes(3), connections: 0)
        return call(Hello(), Hello.Answer(machine: facts))
            + call(DescribeMachine(instances: 3, version: "1"), info)
            + call(ExamineMachine(users: ["roost01"]), [Finding("disk", .notice, "little is free", fix: "free some")])
            + call(MeasureUsage([.init(instance, memoryLimit: .mebibytes(2))]), [usage])
            + call(FindFreePorts(among: [port], areOwn: true), [port])
            + call(ClaimUser(exactly: user, mustBeOffered: false), .ours(user))
            + [
                Sample("claim user any", ClaimUser(besides: ["roost01"])),
                Sample("claim user all taken", ClaimUser.Answer.allTaken(of: 4, byHomes: ["/b"])),
                Sample("claim user taken", ClaimUser.Answer.taken(byHome: "/b")),
                Sample("claim user not offered", ClaimUser.Answer.notOffered),
                Sample("claim user unknown", ClaimUser.Answer.unknown(reason: "a broken disk")),
            ]
            + call(
                ReviewUsers(["roost01"]),
                ReviewUsers.Answer(shared: ["roost01": "/b"], missing: ["roost02"], home: "/a"))
            + call(RotateLogs(of: [instance]), Done()) + call(TrimLogs(order, keeping: .gibibytes(1)), Done())
            + call(ReachRouter(connection: "c1"), ReachRouter.Answer(started: 42, reply: routerReply))
            + call(AskRouter(connection: "c1", .status), routerReply)
            + job(FollowRouter(connection: "c1"), Done())
            + call(ReadRouterTable(), ReadRouterTable.Answer(table: RoutingTable(revision: 7, routes: [])))
    }

    private static let routerReply = RouterReply(pid: 42, version: "1", revision: 7, refusal: nil, routes: [])

    private static var home: [Sample] {
        let found = ReadManifests.Found(manifest: record.manifest, hasData: true)
        return call(ReadManifests(), ReadManifests.Answer(found: [found], leftAlone: ["/x: it has no manifest"]))
            + call(Unlock(), Done()) + call(ReadAuthority(), "-----BEGIN CERTIFICATE-----")
            + job(
                ClearRemains(instances: [instance], templates: [template.name: ["v1"]], snapshots: ["s1"]), Done())
            + call(
                PlaceEnvironment(
                    instance.service.application, files: sealed, custom: [.init(instance, user: user)]), Done())
            + [
                Sample(
                    "environment files",
                    PlaceEnvironment.Files(application: [".env": "A=1"], custom: ["environment.sh": "export A=1"]))
            ]
    }

    private static var storage: [Sample] {
        let item = StorageInfo.Item(
            kind: "instance", name: "ramen/data.0", place: "pool", sizeBytes: .mebibytes(3), sharedBytes: .mebibytes(2),
            exclusiveBytes: .mebibytes(1))
        let pool = StorageInfo.Pool(
            path: "/home/pool", state: "mounted", sizeBytes: .gibibytes(20), freeBytes: .gibibytes(10),
            reserveBytes: .gibibytes(1))
        return job(DescribeStorage(), StorageInfo(method: "reflink", pool: pool, items: [item]))
            + call(LookAtPool(), .mounted) + job(MakePool(size: .gibibytes(20)), Done())
            + job(GrowPool(size: .gibibytes(40)), Done()) + call(CheckMove(of: [instance]), Done())
            + call(FindInstances([instance]), [.init(isInPool: true, hasData: false)])
            + call(LookForRoom(), LookForRoom.Answer(free: .gibibytes(1), memory: .gibibytes(4)))
    }

    private static var engines: [Sample] {
        let request = EngineRequest(type: "mysql", path: "/tmp/mysql.tar.xz", version: "9.7")
        return call(DescribeEngines(), inventory)
            + call(CheckConfiguration(config: ["a": "b"], memory: .mebibytes(512), engine: engine), Done())
            + call(CheckExtensions(extensions: ["vector"], engine: engine), Done())
            + call(
                CheckUpgrade(from: engine, to: known(EngineVersion("11.4.2"))), CheckUpgrade.Answer(fault: "it cannot"))
            + call(CheckEngineRequest(request), ["mysql"])
            + job(
                AddEngine(request, port: port, work: "op-1"), AddEngine.Result(engine: engine, origin: "added from x"))
            + call(SetEngineAside(engine), "removed-1") + call(BringEngineBack(engine, from: "removed-1"), Done())
            + job(DeleteEngine(engine, at: "removed-1"), Done()) + call(MakeReady(), Done())
    }

    private static var accounts: [Sample] {
        let request = ClientOfferRequest(arguments: ["-e", "SELECT 1"], instance: 0)
        return call(ListUsers(order), [.init(name: "eve", isShown: false)])
            + call(AddUser("eve", password: sealed, order), Done()) + call(RemoveUser("eve", order), Done())
            + call(OfferClient(request, host: "127.0.0.1", port: port, order), sealed)
    }

    private static var comparisons: [Sample] {
        var member = MembersComparison.Member("data.1")
        member.add(.equal, "shop.items")
        member.add(.differs(reason: "its rows differ"), "shop.orders")
        let found = MembersComparison(
            primary: "data.0", members: [member],
            leftOut: [.init("shop.cache", .leftOut, "it is kept in memory")])
        return job(CompareMembers(primary: order, replicas: [order]), found)
    }

    private static var snapshots: [Sample] {
        let info = SnapshotInfo(
            id: record.id, application: "ramen", service: "data", engine: "\(engine)", reason: "manual",
            method: "reflink", pauseMilliseconds: 20, createdAt: time, expiresAt: time, sizeBytes: .mebibytes(3))
        let terms = SnapshotTerms(reason: "manual", expiresAt: time, mayStop: true)
        return job(TakeSnapshot("s1", terms, order), record) + call(ListSnapshots(), [info])
            + call(FindSnapshot(instance.service, "s1"), FindSnapshot.Answer(record: record))
            + job(RemoveSnapshot(instance.service, "s1"), Done())
            + job(RemoveExpiredSnapshots(needed: ["s1"], now: time), [record])
            + call(ListPauses(), [.init(instance: instance, seconds: 0.02)])
    }

    private static var templates: [Sample] {
        let build = BuildTemplate(
            template, version: "v1", source: .dump(path: "/dumps/shop.sql"), order, began: time)
        let copy = BuildTemplate(
            template, version: "v1", source: .snapshot(instance.service, id: "s1"), order, began: time)
        return job(build, version) + [Sample("build template of a snapshot", copy)]
            + call(ListTemplateVersions(), [TemplateRecord(template: template, version: version)])
            + job(RemoveTemplateVersion(template.name, version: "v1"), Done())
            + call(MarkTemplate(template.name, isRemoved: true), Done())
            + call(IsTemplateRemoved(template.name), true)
    }

    private static var dumps: [Sample] {
        let report = LoadReport(
            statements: 7, notes: ["a note"], databases: ["shop"],
            content: LoadContent(tables: 1, rows: 30, hasRunCode: true))
        return upload(ReceiveDump(), ReceivedDump(path: "/home/received/1", sizeBytes: .mebibytes(3)))
            + upload(KeepDump(file: "shop.sql"), "/home/imports/1/dump-shop.sql")
            + call(DropDump("/home/imports/1/dump"), Done())
            + call(CheckDump("/dumps/shop.sql", type: .mysql), CheckDump.Answer(isWholeServer: false))
            + call(FingerprintDump("/dumps/shop.sql"), FingerprintDump.Answer(fingerprint: "1 2"))
            + call(
                ListWatchedDumps(typeOfFlat: "mysql"),
                [WatchedDump(type: "mysql", isFlat: true, name: "shop", path: "/dumps/shop.sql")])
            + call(RemoveReceivedDumps(except: ["/home/received/1"]), Done())
            + job(ImportDump("/home/imports/1/dump", into: "shop", order), report)
    }

    private static var custom: [Sample] {
        let settings = CustomSettings(processes: [])
        let build = BuildOrder(
            instance: instance, settings: settings, source: digest, image: digest, memory: .mebibytes(512))
        return call(
            LookForImages([digest], of: instance.service.application, sources: [digest]),
            LookForImages.Answer(images: [digest], sources: [digest]))
            + job(BuildImage(build), Done()) + job(PrepareImage(order), Done())
            + call(RemoveImages(except: [digest]), Done())
            + call(LookForPackages(["jq"]), LookForPackages.Answer(missing: ["jq"], unknown: ["jq"]))
            + job(InstallPackages(["jq"]), Done())
            + upload(StoreSource(instance.service.application, digest), Done())
    }

    private static var streams: [Sample] {
        let failed: JobEnd<Done> = .failed(ProblemBody(Problem(.diskFull, "no room", next: ["free some"])))
        return call(CancelJob(id: "j1"), Done()) + call(ForgetJob(id: "j1"), Done())
            + [Sample("job failed", failed)]
            + call(SendPiece(id: "u1", number: 3), Done()) + call(DropUpload(id: "u1"), Done())
            + call(OpenLog(id: "l1", instance: instance, lines: 10, follow: true), Done())
            + call(ReadLog(id: "l1", number: 2, most: 500), ReadLog.Answer(lines: ["a line"], isOver: true))
            + call(CloseLog(id: "l1"), Done())
    }
}

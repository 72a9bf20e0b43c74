import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import RoostAPI
import RoostModel
import Synchronization
import Testing

@testable import RoostServer

/// Requests become calls of the platform, and its answers JSON.
@Suite struct RouteTests {
    static let data = ServiceID(Samples.ramen, ServiceName(checked: "data"))

    @Test func anEndpointFillsItsPathWithEscapedValues() {
        #expect(ServiceEndpoints.scale.path(Self.data) == "/v1/applications/ramen/services/data/scale")
        #expect(
            SnapshotEndpoints.restore.path(SnapshotPath(Self.data, "a/b?c"))
                == "/v1/applications/ramen/services/data/snapshots/a%2Fb%3Fc/restore")
        #expect(MachineEndpoints.removeEngine.path(EnginePath("mysql@9.7.4")) == "/v1/engines/mysql%409.7.4")
        #expect(ApplicationEndpoints.list.path(NoParameters()) == "/v1/applications")
    }

    @Test func listsApplicationsWithoutTheirSecrets() async throws {
        let response = try await Bench().send(.get, ApplicationEndpoints.list.template)
        #expect(response.status == .ok)
        #expect(response.headers[.contentType] == "application/json; charset=utf-8")
        #expect(response.headers[.cacheControl] == "no-store")
        #expect(try response.decoded(ItemList<ApplicationInfo>.self).items.map(\.name) == ["ramen", "tea"])
        #expect(response.text.contains(#""password":null"#))
        #expect(!response.text.contains("service-secret"))
    }

    @Test func addsAndRemovesEngines() async throws {
        let bench = try Bench()
        let added = try await bench.send(
            .post, MachineEndpoints.engines.template, body: #"{"type":"mysql","path":"/srv/a.tar.xz","version":"9.7"}"#)
        #expect(added.status == .ok)
        let operation = try added.decoded(OperationInfo.self)
        #expect(operation.result == "mysql@9.7" && operation.application == nil)
        #expect(added.text.contains(#""application":null"#))
        let unknown = try await bench.send(
            .post, MachineEndpoints.engines.template, body: #"{"type":"mysql","file":"/srv/a"}"#)
        #expect(unknown.status == .badRequest)

        let path = MachineEndpoints.removeEngine.path(EnginePath("mariadb@10.11.19"))
        #expect(try await bench.send(.delete, path).status == .conflict)
        #expect(try await bench.send(.delete, path + "?dry_run=true").status == .ok)
        let removed = try await bench.send(.delete, path + "?confirm=mariadb@10.11.19")
        #expect(try removed.decoded(EngineInfo.self).sizeBytes == .mebibytes(79))
        #expect(
            try await bench.send(.delete, MachineEndpoints.removeEngine.path(EnginePath("mysql@1")) + "?dry_run=true")
                .status == .notFound)
    }

    @Test func createsAnApplicationOnceAndAgain() async throws {
        let bench = try Bench()
        let first = try await bench.send(.put, "/v1/applications/soup")
        #expect(first.status == .created)
        #expect(first.headers[.location] == "/v1/applications/soup")
        let second = try await bench.send(.put, "/v1/applications/soup")
        #expect(second.status == .ok)
        #expect(second.text == first.text)
    }

    @Test func showsThePasswordWhereAskedAlone() async throws {
        let bench = try Bench()
        let plain = try await bench.send(.get, ServiceEndpoints.show.path(Self.data)).decoded(ServiceInfo.self)
        #expect(plain.password == nil && plain.url == nil)
        let shown = try await bench.send(.get, ServiceEndpoints.show.path(Self.data) + "?show_password=true").decoded(
            ServiceInfo.self)
        #expect(shown.password == "service-secret")
    }

    /// A monitor needs the status alone.
    @Test(arguments: [
        ("none", ServiceInfo.State.running, 200), ("online", .running, 200), ("catching_up", .running, 503),
        ("broken", .degraded, 503), ("online", .down, 503),
    ])
    func replicationThatIsNotHealthyIsAStatusOfItsOwn(
        status: String, state: ServiceInfo.State, code: Int
    ) async throws {
        let bench = try Bench()
        var service = Samples.service("ramen", "data", state: state)
        service.replication = .init(status: status, mode: nil, atRiskSeconds: 0)
        let application = Samples.application("ramen", services: [service])
        bench.platform.state.withLock { $0.applications["ramen"] = application }
        let response = try await bench.send(.get, ServiceEndpoints.replication.path(Self.data))
        #expect(response.status.code == code)
        let info = try response.decoded(ReplicationInfo.self)
        #expect(info.primary == "data.0" && info.replication.status == status)
    }

    @Test func aPushThatWorksIsAcceptedAndOneThatOnlyLooksIsDone() async throws {
        let bench = try Bench()
        let push = try await bench.send(
            .post, ApplicationEndpoints.push.path(Samples.ramen),
            body: #"{"build_file":"services: {}","file_name":"roost.yml"}"#)
        #expect(push.status == .accepted)
        #expect(push.headers[.location] == "/v1/operations/op1")
        #expect(try push.decoded(PushAnswer.self).operation?.state == .running)
        let look = try await bench.send(
            .post, ApplicationEndpoints.push.path(Samples.ramen),
            body: #"{"build_file":"x","file_name":"roost.yml","dry_run":true}"#)
        #expect(look.status == .ok)
        #expect(bench.platform.calls == ["push ramen 12", "push ramen 1"])
    }

    @Test(arguments: [
        ("/push", #"{"build_file":"x","file_name":"roost.yml"}"#), ("/services/data/scale", #"{"memory":"1G"}"#),
        ("/services/data/restart", ""), ("/services/data/promote", #"{"instance":1}"#), ("/services/data/failover", ""),
        ("/services/data/resync", #"{"instance":1}"#), ("/services/data/replication/verify", ""),
        ("/services/data/password", #"{"grace_seconds":60}"#),
        ("/services/data/snapshots/s1/restore", #"{"confirm":"data"}"#), ("/services/data/snapshots", ""),
    ])
    func waitsUntilTheWorkIsDone(path: String, body: String) async throws {
        let bench = try Bench()
        let response = try await bench.send(.post, "/v1/applications/ramen\(path)?wait=ready", body: body)
        #expect(response.status == .ok)
        #expect(response.text.contains(#""state":"done""#))
        #expect(response.text.contains("step 2"))
    }

    @Test func aResyncNamesItsReplica() async throws {
        let bench = try Bench()
        let path = ServiceEndpoints.resync.path(Self.data)
        let begun = try await bench.send(.post, path, body: #"{"instance":1}"#)
        #expect(begun.status == .accepted && begun.headers[.location] == "/v1/operations/op1")
        _ = try await bench.send(.post, path, body: #"{"instance":2,"dry_run":true}"#)
        for body in ["", "{}", #"{"instance":null}"#, #"{"instance":-1}"#, #"{"instance":"data.1"}"#] {
            #expect(try await bench.send(.post, path, body: body).problem().code == .bodyInvalid, "\(body)")
        }
        #expect(bench.platform.calls == ["resync ramen/data 1 false", "resync ramen/data 2 true"])
    }

    @Test func failoversAreListed() async throws {
        let bench = try Bench()
        let path = ServiceEndpoints.failovers.path(Self.data)
        let listed = try await bench.send(.get, path + "?limit=3")
        #expect(listed.status == .ok && listed.text.contains(#""cause":"requested""#))
        _ = try await bench.send(.get, path)
        #expect(try await bench.send(.get, path + "?limit=0").problem().code == .usage)
        #expect(try await bench.send(.get, path + "?limit=101").problem().code == .usage)
        #expect(bench.platform.calls == ["failovers ramen/data 3", "failovers ramen/data 100"])
    }

    @Test func aPauseIsShownWithItsService() async throws {
        let bench = try Bench()
        let path = ServiceEndpoints.pause.path(Self.data)
        let paused = try await bench.send(.post, path, body: #"{"seconds":60,"reason":"disk swap"}"#)
        #expect(paused.status == .ok && !paused.text.contains("secret"))
        #expect(paused.text.contains(#""paused":{"reason":"disk swap","until":"2026-11-21T06:44:06.120Z"}"#))
        _ = try await bench.send(.post, path, body: "")
        for body in [#"{"seconds":0}"#, #"{"seconds":604801}"#, #"{"for":"1h"}"#] {
            #expect(try await bench.send(.post, path, body: body).problem().code == .bodyInvalid, "\(body)")
        }
        let resumed = try await bench.send(.post, ServiceEndpoints.resume.path(Self.data))
        #expect(resumed.text.contains(#""paused":null"#) && !resumed.text.contains("secret"))
        #expect(
            bench.platform.calls == ["pause ramen/data 60.0 disk swap", "pause ramen/data - -", "resume ramen/data"])
    }

    @Test func waitsForDestroyingToo() async throws {
        let response = try await Bench().send(.delete, "/v1/applications/ramen?confirm=ramen&wait=ready")
        #expect(try response.decoded(DestroyAnswer.self).operation?.state == .done)
    }

    @Test func workThatFailedIsAProblemOfTheRequestThatWaited() async throws {
        let bench = try Bench()
        bench.platform.state.withLock { $0.outcome = .failed }
        let response = try await bench.send(.post, ServiceEndpoints.restart.path(Self.data) + "?wait=ready", body: "")
        #expect(try response.problem().message == "the disk is full")
        #expect(response.status == .internalServerError)
    }

    @Test func waitingHasAnEnd() async throws {
        var timeouts = Timeouts()
        timeouts.longestWait = .zero
        let response = try await Bench(timeouts: timeouts).send(
            .post, ServiceEndpoints.restart.path(Self.data) + "?wait=ready", body: "")
        #expect(try response.problem().code == .timedOut)
        #expect(try response.problem().nextSteps == ["follow it at /v1/operations/op1"])
    }

    @Test func destroyingKeepsASnapshotUnlessToldOtherwise() async throws {
        let bench = try Bench()
        let refused = try await bench.send(.delete, "/v1/applications/ramen")
        #expect(refused.status == .conflict)
        #expect(try refused.problem().code == .confirmationNeeded)
        let look = try await bench.send(.delete, "/v1/applications/ramen?dry_run=true")
        #expect(look.status == .ok)
        let done = try await bench.send(.delete, "/v1/applications/ramen/services/data?confirm=data&keep=false")
        #expect(done.status == .accepted)
        #expect(
            bench.platform.calls == [
                "destroy ramen \(DestroyOptions(confirm: nil, keep: true, dryRun: false))",
                "destroy ramen \(DestroyOptions(confirm: nil, keep: true, dryRun: true))",
                "destroy ramen/data \(DestroyOptions(confirm: "data", keep: false, dryRun: false))",
            ])
    }

    @Test func theEnvironmentTakesPrefixAndStyle() async throws {
        let uri = ApplicationEndpoints.environment.path(Samples.ramen)
        let response = try await Bench().send(.get, "\(uri)?prefix=DOTCLOUD_&style=cloud66")
        let variables = try response.decoded(EnvironmentInfo.self).variables
        #expect(variables == ["DOTCLOUD_DATA_MYSQL_PASSWORD": "environment-secret", "STYLE": "cloud66"])
        #expect(try await Bench().send(.get, "\(uri)?style=heroku").problem().message.contains("roost, cloud66"))
        #expect(try await Bench().send(.get, "\(uri)?prefix=A%0AB").status == .badRequest)
    }

    @Test func usersAreListedWithoutPasswordsAndMadeWithOne() async throws {
        let bench = try Bench()
        let made = try await bench.send(.post, ServiceEndpoints.users.path(Self.data), body: #"{"name":"report"}"#)
        #expect(made.status == .created)
        #expect(try made.decoded(UserInfo.self).password == "user-secret")
        let list = try await bench.send(.get, ServiceEndpoints.users.path(Self.data))
        #expect(try list.decoded(ItemList<UserInfo>.self).items.map(\.name) == ["root", "report"])
        #expect(!list.text.contains("user-secret"))
        #expect(
            try await bench.send(.delete, ServiceEndpoints.removeUser.path(UserPath(Self.data, "report"))).status
                == .noContent)
        #expect(
            try await bench.send(.delete, ServiceEndpoints.removeUser.path(UserPath(Self.data, "report"))).problem()
                .code == .userNotFound)
    }

    @Test(arguments: [
        (#"{"name":"report"}"#, [ReplicationRight]()), (#"{"name":"report","replication":null}"#, []),
        (#"{"name":"report","replication":[]}"#, []), (#"{"name":"report","replication":["cdc"]}"#, [.cdc]),
    ])
    func aUserHasTheRightsOnReplicationThatAreAskedFor(_ body: String, _ rights: [ReplicationRight]) async throws {
        let made = try await Bench().send(.post, ServiceEndpoints.users.path(Self.data), body: body)
        #expect(try made.decoded(UserInfo.self).replication == rights)
    }

    @Test(arguments: [#""cdc""#, #"["all"]"#, "[1]", "true"]) func otherRightsAreRefused(_ value: String) async throws {
        let body = #"{"name":"report","replication":\#(value)}"#
        let made = try await Bench().send(.post, ServiceEndpoints.users.path(Self.data), body: body)
        #expect(try made.problem().code == .bodyInvalid)
        #expect(try made.problem().message.contains("replication"))
    }

    @Test func tokensAreListedWithoutTheirText() async throws {
        let bench = try Bench()
        #expect(!(try await bench.send(.get, TokenEndpoints.list.template)).text.contains("careless-token"))
        let made = try await bench.send(
            .post, TokenEndpoints.list.template, body: #"{"name":"ci","scope":"app:ramen"}"#)
        #expect(made.status == .created)
        #expect(try made.decoded(TokenInfo.self).token == "new-token")
        let wrong = try await bench.send(.post, TokenEndpoints.list.template, body: #"{"name":"ci","scope":"root"}"#)
        #expect(try wrong.problem().message == "field 'scope' must be admin, read or app:NAME, not 'root'")
        #expect(try await bench.send(.delete, TokenEndpoints.remove.path(TokenPath("ci"))).status == .noContent)
    }

    @Test func theClientIsOfferedWithItsFiles() async throws {
        let response = try await Bench().send(
            .post, ServiceEndpoints.client.path(Self.data), body: #"{"arguments":["-e","select 1"],"instance":null}"#)
        #expect(try response.decoded(ClientOffer.self).arguments == ["mysql", "-e", "select 1"])
    }

    @Test func logsAreLines() async throws {
        let bench = try Bench()
        let uri = ServiceEndpoints.logs.path(InstanceID(Self.data, 0))
        let response = try await bench.send(.get, "\(uri)?lines=1")
        #expect(response.text == "second\n")
        #expect(response.headers[.contentType] == "text/plain; charset=utf-8")
        _ = try await bench.send(.get, uri)
        #expect(bench.platform.calls.contains("logs ramen/data.0 100 false"))
    }

    @Test func anOperationIsWaitedForAMinuteAtMost() async throws {
        let bench = try Bench()
        _ = try await bench.send(.post, ServiceEndpoints.restart.path(Self.data), body: "")
        let response = try await bench.send(.get, "/v1/operations/op1?wait=9999&seen=0")
        #expect(try response.decoded(OperationInfo.self).steps.count == 1)
        #expect(bench.platform.state.withLock(\.waits) == [.seconds(60)])
    }

    @Test func snapshotsAreListedForAllAndForOne() async throws {
        let bench = try Bench()
        #expect(
            try await bench.send(.get, SnapshotEndpoints.all.template).decoded(ItemList<SnapshotInfo>.self).items.count
                == 2)
        let one = try await bench.send(.get, SnapshotEndpoints.list.path(Self.data)).decoded(
            ItemList<SnapshotInfo>.self)
        #expect(one.items.map(\.service) == ["data"])
    }

    @Test func recentEventsComeAsAListWhereAListIsAskedFor() async throws {
        let bench = try Bench()
        for _ in 0..<3 { bench.platform.report("instance_started", application: "ramen") }
        bench.platform.report("instance_started", application: "tea")
        let newest = try await bench.send(.get, "/v1/events?limit=2&application=ramen")
        #expect(try newest.decoded(ItemList<EventInfo>.self).items.map(\.id) == [2, 3])
        let byHeader = try await bench.send(
            .get, OperationEndpoints.events.template, headers: [.accept: "application/json"])
        #expect(try byHeader.decoded(ItemList<EventInfo>.self).items.count == 4)
        let mixed = try await bench.send(.get, "/v1/events?limit=2&after=1")
        #expect(mixed.status == .badRequest)
    }

    @Test func healthTellsWhetherRequestsAreServed() async throws {
        let bench = try Bench()
        let ready = try await bench.send(.get, MachineEndpoints.health.template, at: .network)
        #expect(ready.status == .ok)
        #expect(ready.text == "ok\n")
        bench.platform.state.withLock { $0.isReady = false }
        #expect(
            try await bench.send(.get, MachineEndpoints.health.template, at: .network).status == .serviceUnavailable)
    }

    @Test func metricsAreInPrometheusForm() async throws {
        let response = try await Bench().send(.get, MachineEndpoints.metrics.template)
        #expect(response.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
        #expect(response.text.hasSuffix("roost_instance_up{application=\"ramen\",service=\"data\"} 1\n"))
    }

    @Test(arguments: [MachineEndpoints.health.template, ApplicationEndpoints.list.template, "/", "/assets/roost.css"])
    func headIsGetWithoutTheBody(path: String) async throws {
        let bench = try Bench()
        let (get, head) = (try await bench.send(.get, path), try await bench.send(.head, path))
        #expect(head.status == get.status)
        #expect(head.headers[.contentLength] == get.headers[.contentLength])
        #expect(head.text.isEmpty)
    }
}

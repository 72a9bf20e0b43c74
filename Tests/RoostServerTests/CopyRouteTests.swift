import HTTPTypes
import Hummingbird
import HummingbirdTesting
import RoostAPI
import RoostModel
import Synchronization
import Testing

@testable import RoostServer

/// Snapshots, clones, templates and the pool: statuses, waiting, and what becomes of the platform's calls.
@Suite struct CopyRouteTests {
    static let data = ServiceID(Samples.ramen, ServiceName(checked: "data"))
    static let shop = #"{"source":"shop"}"#

    // MARK: Clones

    @Test func aCloneThatIsMadeIsAcceptedAndThenStands() async throws {
        let bench = try Bench()
        let made = try await bench.send(.put, "/v1/clones/soon", body: Self.shop)
        #expect(made.status == .accepted)
        #expect(made.headers[.location] == "/v1/operations/op1")
        let answer = try made.decoded(CloneAnswer.self)
        #expect(answer.clone.state == .creating && answer.clone.password == "clone-secret")
        let again = try await bench.send(.put, "/v1/clones/soon", body: Self.shop)
        #expect(again.status == .ok)
        #expect(try again.decoded(CloneAnswer.self).operation == nil)
        #expect(bench.platform.calls == ["clone shop soon"])
    }

    @Test(arguments: [(HTTPRequest.Method.put, "/v1/clones/soon"), (.post, "/v1/clones")])
    func whoWaitsGetsACloneThatRuns(method: HTTPRequest.Method, path: String) async throws {
        let response = try await Bench().send(method, "\(path)?wait=ready", body: Self.shop)
        #expect(response.status == .created)
        let answer = try response.decoded(CloneAnswer.self)
        #expect(response.headers[.location] == "/v1/clones/\(answer.clone.name)")
        #expect(answer.clone.name == (method == .put ? "soon" : "chosen"))
        #expect(answer.clone.state == .running && answer.operation?.state == .done)
        #expect(answer.clone.url?.contains("clone-secret") == true)
    }

    @Test func aCloneFromThePoolIsThereAtOnce() async throws {
        let bench = try Bench()
        bench.platform.state.withLock { $0.templates["pooled"] = Samples.template("pooled") }
        let response = try await bench.send(.post, "/v1/clones", body: #"{"source":"pooled"}"#)
        #expect(response.status == .created)
        #expect(try response.decoded(CloneAnswer.self).operation == nil)
    }

    /// A server's words about a statement quote it.
    @Test func onlyAdministratorsAreToldWhatADumpSays() async throws {
        let bench = try Bench()
        bench.platform.state.withLock { $0.templates["shop"]?.failure = "INSERT INTO guests VALUES ('Jane')" }
        for path in ["/v1/templates", "/v1/templates/shop"] {
            #expect(try await bench.send(.get, path, token: "admin-token").text.contains("Jane"))
            let shown = try await bench.send(.get, path, token: "read-token").text
            #expect(!shown.contains("Jane") && shown.contains("the last build failed"))
        }
    }

    static let refusals: [(body: String, status: Int, code: ProblemCode)] = [
        (#"{"source":"young"}"#, 423, .notReadyYet), (#"{"source":"nothing"}"#, 404, .sourceNotFound),
        (#"{"source":"shop","ttl":5}"#, 400, .bodyInvalid),
        ("", 400, .bodyInvalid),
    ]

    @Test(arguments: refusals)
    func whatCannotBeClonedSaysWhy(body: String, status: Int, code: ProblemCode) async throws {
        let response = try await Bench().send(.put, "/v1/clones/fresh", body: body)
        #expect(response.status.code == status)
        #expect(try response.problem().code == code)
    }

    @Test func aNameOfAnotherSourceIsTaken() async throws {
        let response = try await Bench().send(.put, "/v1/clones/till", body: #"{"source":"ramen/data"}"#)
        #expect(response.status == .conflict)
        #expect(try response.problem().code == .exists)
    }

    @Test(arguments: ["UPPER", "1st", "a.b", String(repeating: "a", count: 32)])
    func aNameThatIsNoneIsRefused(name: String) async throws {
        let response = try await Bench().send(.put, "/v1/clones/\(name)", body: Self.shop)
        #expect(try response.problem().code == .nameInvalid)
    }

    @Test func clonesAreListedWithoutPasswordsAndShownWithOneWhereAsked() async throws {
        let bench = try Bench()
        let list = try await bench.send(.get, "/v1/clones")
        #expect(try list.decoded(ItemList<CloneInfo>.self).items.map(\.name) == ["brew", "kept", "mine", "till"])
        #expect(!list.text.contains("clone-secret"))
        #expect(!(try await bench.send(.get, "/v1/clones/till")).text.contains("clone-secret"))
        let shown = try await bench.send(.get, "/v1/clones/till?show_password=true").decoded(CloneInfo.self)
        #expect(shown.password == "clone-secret")
        #expect(try await bench.send(.get, "/v1/clones/nobody").problem().nextSteps == ["roost clone ls"])
    }

    @Test func aCloneIsRemovedAndAProtectedOneOnlyByItsName() async throws {
        let bench = try Bench()
        #expect(try await bench.send(.delete, "/v1/clones/till").status == .accepted)
        #expect(try await bench.send(.delete, "/v1/clones/mine?wait=ready").status == .ok)
        #expect(try await bench.send(.delete, "/v1/clones/mine").status == .notFound)
        let kept = try await bench.send(.delete, "/v1/clones/kept")
        #expect(kept.status == .conflict)
        #expect(try kept.problem().code == .confirmationNeeded)
        #expect(try await bench.send(.delete, "/v1/clones/kept?confirm=kept").status == .accepted)
    }

    @Test func clonesAreResetExtendedAndProtected() async throws {
        let bench = try Bench()
        #expect(try await bench.send(.post, "/v1/clones/till/reset").status == .accepted)
        #expect(try await bench.send(.post, "/v1/clones/till/reset?wait=ready").status == .ok)
        #expect(try await bench.send(.post, "/v1/clones/till/extend", body: #"{"ttl_seconds":60}"#).status == .ok)
        #expect(try await bench.send(.post, "/v1/clones/till/protect", body: #"{"protected":true}"#).status == .ok)
        #expect(bench.platform.calls == ["reset till", "reset till", "extend till 60.0", "protect till true"])
        let body = try await bench.send(.post, "/v1/clones/till/reset", body: #"{"to":"yesterday"}"#)
        #expect(try body.problem().code == .bodyInvalid)
    }

    @Test func aClonesVariablesAndClientAreItsOwn() async throws {
        let bench = try Bench()
        let variables = try await bench.send(.get, "/v1/clones/till/environment").decoded(EnvironmentInfo.self)
        #expect(variables.variables["DATABASE_URL"]?.contains("clone-secret") == true)
        let offer = try await bench.send(.post, "/v1/clones/till/client", body: #"{"arguments":["-e"]}"#)
        #expect(try offer.decoded(ClientOffer.self).arguments == ["mysql", "-e"])
    }

    @Test func aCloneIsRestartedLoggedAndKeptAsAServiceIs() async throws {
        let bench = try Bench()
        #expect(try await bench.send(.post, "/v1/clones/till/restart").status == .accepted)
        #expect(try await bench.send(.post, "/v1/clones/till/snapshots", body: "{}").status == .accepted)
        let restore = "/v1/clones/till/snapshots/s1/restore"
        #expect(try await bench.send(.post, restore, body: #"{"confirm":"till"}"#).status == .accepted)
        #expect(try await bench.send(.get, "/v1/clones/till/logs?lines=5").text == "a line of till\n")
        #expect(bench.platform.calls == ["restart clone till", "snapshot clone till", "restore clone till s1"])
        // Clones of another application do not exist for a token.
        for (method, path) in [(HTTPRequest.Method.post, "restart"), (.get, "logs")] {
            let response = try await bench.send(method, "/v1/clones/till/\(path)", token: "ramen-token")
            #expect(try response.problem().code == .cloneNotFound)
        }
    }

    @Test func aCloneIsCountedForTheTokenThatAskedForIt() async throws {
        let bench = try Bench()
        _ = try await bench.send(.put, "/v1/clones/soon", body: Self.shop, token: "admin-token")
        _ = try await bench.send(.put, "/v1/clones/later", body: Self.shop)
        #expect(bench.platform.state.withLock(\.askers) == ["admin-token-name", nil])
    }

    // MARK: Imports and operations

    @Test func aDumpIsTheBodyOfAnImport() async throws {
        let bench = try Bench()
        let path = "/v1/applications/ramen/services/data/import"
        let response = try await bench.send(
            .post, "\(path)?into=shop&name=a.sql.gz&snapshot=false", body: "select 1;\n")
        #expect(response.status == .accepted)
        #expect(try response.decoded(OperationInfo.self).kind == "import")
        #expect(bench.platform.calls == ["import ramen/data a.sql.gz shop false 10"])
        #expect(try await bench.send(.post, "\(path)?to=x", body: "x").problem().code == .usage)
    }

    @Test func anOperationIsListedAndCancelledByWhomItBelongsTo() async throws {
        let bench = try Bench()
        let begun = try await bench.send(.post, "/v1/applications/ramen/services/data/import", body: "x")
        let id = try begun.decoded(OperationInfo.self).id
        func ids(_ token: String) async throws -> [String] {
            try await bench.send(.get, "/v1/operations", token: token).decoded(ItemList<OperationInfo>.self).items.map(
                \.id)
        }
        #expect(try await ids("ramen-token") == [id])
        let path = "/v1/operations/\(id)/cancel"
        #expect(try await bench.send(.post, path, token: "read-token").problem().code == .forbidden)
        #expect(try await bench.send(.post, "/v1/operations/none/cancel").problem().code == .operationNotFound)
        #expect(try await bench.send(.post, path, token: "ramen-token").status == .ok)
        #expect(bench.platform.calls.last == "cancel \(id)")
    }

    // MARK: Who may

    @Test func anApplicationsTokenSeesItsOwnClonesAlone() async throws {
        let bench = try Bench()
        let own = try await bench.send(.get, "/v1/clones", token: "ramen-token").decoded(ItemList<CloneInfo>.self)
        #expect(own.items.map(\.name) == ["mine"])
        #expect(try await bench.send(.get, "/v1/clones/mine?show_password=1", token: "ramen-token").status == .ok)
    }

    static let foreign: [(method: HTTPRequest.Method, path: String, body: String?)] = [
        (.get, "", nil), (.get, "?show_password=true", nil), (.delete, "", nil), (.post, "/reset", nil),
        (.post, "/extend", #"{"ttl_seconds":60}"#), (.post, "/protect", #"{"protected":true}"#),
        (.get, "/environment", nil), (.post, "/client", #"{"arguments":[]}"#),
    ]

    @Test(arguments: foreign, ["brew", "till"])
    func clonesOfOthersAndOfTemplatesDoNotExistForAnApplicationsToken(
        call: (method: HTTPRequest.Method, path: String, body: String?), clone: String
    ) async throws {
        let bench = try Bench()
        let response = try await bench.send(
            call.method, "/v1/clones/\(clone)\(call.path)", body: call.body, token: "ramen-token")
        #expect(response.status == .notFound)
        #expect(try response.problem().code == .cloneNotFound)
        #expect(!response.text.contains("secret"))
        #expect(bench.platform.calls.isEmpty)
    }

    /// `shop` is a template's name; for such a token it names a service of its own application, which does not exist.
    static let ramensClones: [(body: String, status: Int, made: [String])] = [
        (#"{"source":"data"}"#, 202, ["clone ramen/data fresh"]),
        (#"{"source":"ramen/data"}"#, 202, ["clone ramen/data fresh"]),
        (#"{"source":"data","application":"tea"}"#, 403, []),
        (#"{"source":"tea/leaves"}"#, 403, []), (#"{"source":"shop"}"#, 404, []),
        (#"{"source":"/data"}"#, 403, []), (#"{"source":"ramen/data/x"}"#, 404, []), (#"{"source":""}"#, 404, []),
        (#"{"source":"/"}"#, 403, []),
    ]

    @Test(arguments: ramensClones)
    func anApplicationsTokenClonesItsOwnServicesAlone(body: String, status: Int, made: [String]) async throws {
        let bench = try Bench()
        let response = try await bench.send(.put, "/v1/clones/fresh", body: body, token: "ramen-token")
        #expect(response.status.code == status, "\(response.text)")
        #expect(bench.platform.calls == made)
    }

    @Test func theNameOfAnothersCloneIsTaken() async throws {
        let response = try await Bench().send(
            .put, "/v1/clones/brew", body: #"{"source":"data"}"#, token: "ramen-token")
        #expect(response.status == .conflict)
        #expect(!response.text.contains("secret"))
    }

    @Test func whoOnlyReadsSeesNoPasswordOfAClone() async throws {
        let bench = try Bench()
        #expect(try await bench.send(.get, "/v1/clones/till", token: "read-token").status == .ok)
        for path in ["/v1/clones/till?show_password=true", "/v1/clones/till/environment"] {
            let response = try await bench.send(.get, path, token: "read-token")
            #expect(response.status == .forbidden)
            #expect(!response.text.contains("clone-secret"))
        }
    }

    // MARK: Snapshots

    @Test func aSnapshotIsTakenAndRemovedByItsId() async throws {
        let bench = try Bench()
        let path = SnapshotEndpoints.list.path(Self.data)
        let taken = try await bench.send(.post, path, body: #"{"max_pause_milliseconds":50}"#)
        #expect(taken.status == .accepted)
        #expect(try await bench.send(.post, path, body: #"{"pause":50}"#).status == .badRequest)
        let one = SnapshotEndpoints.remove.path(SnapshotPath(Self.data, "20261121-064406"))
        #expect(try await bench.send(.delete, one).status == .conflict)
        #expect(try await bench.send(.delete, "\(one)?dry_run=true").status == .ok)
        #expect(try await bench.send(.delete, "\(one)?confirm=20261121-064406").status == .ok)
        #expect(
            try await bench.send(.delete, SnapshotEndpoints.remove.path(SnapshotPath(Self.data, "none"))).status
                == .notFound)
        #expect(
            bench.platform.calls == [
                "snapshot ramen/data 50.0", "remove snapshot 20261121-064406 true",
                "remove snapshot 20261121-064406 false",
            ])
    }

    // MARK: Templates

    @Test func aTemplateIsBuiltAndThenStands() async throws {
        let bench = try Bench()
        let body = #"{"dump":"/srv/fresh.sql.gz","type":"mariadb"}"#
        let added = try await bench.send(.put, "/v1/templates/fresh", body: body)
        #expect(added.status == .accepted)
        #expect(try added.decoded(TemplateAnswer.self).template.state == .building)
        let waited = try await bench.send(.put, "/v1/templates/fresh?wait=ready", body: body)
        #expect(waited.status == .ok)
        #expect(try waited.decoded(TemplateAnswer.self).template.state == .ready)
        #expect(try await bench.send(.put, "/v1/templates/fresh", body: body).status == .ok)
    }

    @Test func aFailedBuildIsAProblemOfTheRequestThatWaited() async throws {
        let bench = try Bench()
        bench.platform.state.withLock { $0.outcome = .failed }
        let response = try await bench.send(
            .put, "/v1/templates/fresh?wait=ready", body: #"{"dump":"/srv/fresh.sql","type":"mariadb"}"#)
        #expect(response.status == .internalServerError)
        #expect(try response.problem().message == "the disk is full")
    }

    @Test func templatesAreListedRefreshedAndRemoved() async throws {
        let bench = try Bench()
        let list = try await bench.send(.get, "/v1/templates").decoded(ItemList<TemplateInfo>.self)
        #expect(list.items.map(\.state) == [.ready, .building])
        #expect(try await bench.send(.get, "/v1/templates/none").status == .notFound)
        #expect(try await bench.send(.post, "/v1/templates/none/refresh").status == .notFound)
        #expect(try await bench.send(.post, "/v1/templates/shop/refresh").status == .accepted)
        #expect(try await bench.send(.post, "/v1/templates/shop/refresh?wait=ready").status == .ok)
        #expect(try await bench.send(.delete, "/v1/templates/shop").status == .conflict)
        #expect(try await bench.send(.delete, "/v1/templates/shop?dry_run=true").status == .ok)
        #expect(try await bench.send(.delete, "/v1/templates/shop?confirm=shop").status == .ok)
    }

    // MARK: Storage

    @Test func thePoolIsMadeGrownAndShown() async throws {
        let bench = try Bench()
        #expect(
            try await bench.send(.get, MachineEndpoints.storage.template).decoded(StorageInfo.self).pool?.state
                == "mounted")
        #expect(
            try await bench.send(.post, MachineEndpoints.makePool.template, body: #"{"size":"20G"}"#).status
                == .accepted)
        #expect(
            try await bench.send(.post, "\(MachineEndpoints.makePool.template)?wait=ready", body: #"{"size":"20G"}"#)
                .status == .ok)
        #expect(
            try await bench.send(.post, MachineEndpoints.makePool.template, body: #"{"size":"big"}"#).status
                == .badRequest)
        #expect(
            try await bench.send(.post, MachineEndpoints.growPool.template, body: #"{"size":"40G"}"#).status
                == .accepted)
    }

    @Test func aServiceIsMovedByItsName() async throws {
        let bench = try Bench()
        let path = ServiceEndpoints.move.path(Self.data)
        #expect(try await bench.send(.post, path).status == .conflict)
        #expect(try await bench.send(.post, "\(path)?confirm=data", token: "tea-token").status == .forbidden)
        #expect(try await bench.send(.post, "\(path)?confirm=data", token: "ramen-token").status == .accepted)
        #expect(bench.platform.calls == ["move ramen/data"])
    }
}

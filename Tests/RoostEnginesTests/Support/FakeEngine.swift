import RoostModel

@testable import RoostEngines

/// An engine that has builds and does nothing.
struct FakeEngine: Engine {
    let family: EngineFamily
    let versions: [String]
    let identityIsInData = false
    let stopSignal: Int32 = 15
    /// The launch of every server.
    var fixedLaunch = Launch(files: [:], program: "/bin/false", arguments: [], environment: [:], effective: [:])

    init(_ name: String, types: [ServiceType], versions: [String]) {
        family = EngineFamily(
            name: name, types: types, wire: "mysql", variableInfix: "MYSQL", urlScheme: "mysql", isSQL: true,
            applicationUser: "root", names: NameRules(ownDatabases: ["mysql"]), defaultMemory: .mebibytes(512),
            minimumMemory: .mebibytes(128))
        self.versions = versions
    }

    func builds() -> [EngineBuild] {
        versions.compactMap(EngineVersion.init).map {
            EngineBuild(
                identity: EngineIdentity(name: family.name, version: $0), programs: [:], origin: "test",
                programFolders: [])
        }
    }

    func launch(_ plan: ServerPlan, build: EngineBuild) -> Launch { fixedLaunch }

    func check(config: [String: String], memory: ByteCount, build: EngineBuild) async throws(EngineError) {}
    func initialise(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError) {}
    func landmarks(of directory: String) -> Landmarks { .none }
    func versionOfData(at directory: String) -> EngineVersion? { nil }
    func probe(_ server: ServerAddress, expecting expected: AccountExpectation?) async -> Health { .unknown("a fake") }
    func open(_ plan: ServerPlan) async throws(EngineError) {}
    func applyAccounts(_ plan: ServerPlan) async throws(EngineError) {}
    func applySettings(_ changed: [String: String?], plan: ServerPlan) async throws(EngineError) -> Set<String> { [] }
    func visit(_ plan: ServerPlan, _ aim: VisitAim) async -> Visit { .welcome }

    func client(_ request: ClientRequest, build: EngineBuild?) throws(EngineError) -> ClientCommand {
        ClientCommand(arguments: [], variables: ClientVariables(values: [:]), files: [:], path: [])
    }
}

import Foundation
import Glibc
import RoostHost
import RoostModel
import RoostSupervise

/// Programs that their owners bring: `type: custom`. The engine is Roost's own supervisor, the build is the owner's.
package struct Custom: Engine {
    private let supervisor: String

    /// `supervisor`: the program `roost-supervise`.
    package init(supervisor: String = Custom.besideThisProgram) {
        self.supervisor = supervisor
    }

    package static var besideThisProgram: String {
        var path = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        guard readlink("/proc/self/exe", &path, Int(PATH_MAX)) > 0 else { return "/usr/bin/\(program)" }
        let own = String(decoding: path.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return (own as NSString).deletingLastPathComponent + "/\(program)"
    }

    package static let program = "roost-supervise"
    /// In the configuration folder.
    static let processFile = "processes"

    package let family = EngineFamily(
        name: "custom", types: [.custom], wire: "tcp", variableInfix: "CUSTOM", urlScheme: "tcp", isSQL: false,
        shownUser: "", fixedDatabase: "", names: nil, seriesLength: 1, syncsWhatItReliesOn: false,
        defaultMemory: .mebibytes(128),
        minimumMemory: .mebibytes(16))

    package let identityIsInData = false
    package let stopSignal: Int32 = SIGTERM

    package func builds() -> [EngineBuild] {
        guard access(supervisor, X_OK) == 0, let version = EngineVersion("1") else { return [] }
        return [
            EngineBuild(
                identity: EngineIdentity(name: family.name, version: version), programs: [Self.program: supervisor],
                origin: "Roost", programFolders: [])
        ]
    }

    package func launch(_ plan: ServerPlan, build: EngineBuild) -> Launch {
        let program = CustomProgram(plan)
        return Launch(
            files: [Self.processFile: program.processes(socket: plan.folders.socket).text],
            program: build.programs[Self.program] ?? supervisor,
            arguments: ["supervise", "\(plan.folders.configuration)/\(Self.processFile)"],
            // The owner's variables are the processes' alone.
            environment: ["PATH": "/usr/bin:/bin"], effective: program.effective)
    }

    /// Nothing of a custom service is the engine's to judge: the build file's own rules were applied before.
    package func check(config: [String: String], memory: ByteCount, build: EngineBuild) async throws(EngineError) {}

    /// `~/data` begins empty.
    package func initialise(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError) {}

    /// What its processes keep in their folder is theirs.
    package func landmarks(of directory: String) -> Landmarks { .none }

    package func versionOfData(at directory: String) -> EngineVersion? { EngineVersion("1") }

    package func probe(_ server: ServerAddress, expecting expected: AccountExpectation?) async -> Health {
        let answer: Result<String, EngineError>
        do {
            answer = try await AdministrationThreads.run { () throws(EngineError) in
                try StatusCall.answer(at: server.socket)
            }
        } catch { return .unknown("the look was given up: \(error)") }
        switch answer {
        case .success(let text):
            return SupervisorStatus(text).map { Health($0) } ?? .unknown("its supervisor's answer is not understood")
        case .failure(.refused): return .starting("its supervisor does not listen yet")
        case .failure(let error): return .unknown("\(error)")
        }
    }

    /// It takes connections from its start on: there is nothing to open.
    package func open(_ plan: ServerPlan) async throws(EngineError) {}
    package func applyAccounts(_ plan: ServerPlan) async throws(EngineError) {}

    /// Its processes are started with all of it.
    package func applySettings(
        _ changed: [String: String?], plan: ServerPlan
    ) async throws(EngineError) -> Set<String> { Set(changed.keys) }

    // MARK: Clients

    /// Only its owner knows what a client of its program says first.
    package func visit(_ plan: ServerPlan, _ aim: VisitAim) async -> Visit { .welcome }

    package func client(
        _ request: ClientRequest, build: EngineBuild?
    ) throws(EngineError) -> ClientCommand {
        guard !request.arguments.isEmpty else {
            throw .notOffered("a custom service has no client of Roost's; write a command behind --")
        }
        return ClientCommand(
            arguments: request.arguments, variables: ClientVariables(values: [:]), files: [:], path: [])
    }
}

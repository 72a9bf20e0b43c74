import Foundation
import Glibc
import RoostHost
import RoostModel
import RoostSupervise

/// Services of `type: custom`, which run their owners' programs. The engine is Roost's supervisor, the build is the
/// owner's.
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
    /// The file's name in the configuration folder.
    static let processFile = "processes"

    package let family = EngineFamily(
        name: "custom", types: [.custom], wire: "tcp", variableInfix: "CUSTOM", urlScheme: "tcp", isSQL: false,
        applicationUser: "", fixedDatabase: "", names: nil, seriesLength: 1, syncsWhatItReliesOn: false,
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
            // The owner's variables are set for the processes only.
            environment: ["PATH": "/usr/bin:/bin"], effective: program.effective)
    }

    /// No check by the engine: the build file's own rules were applied before.
    package func check(config: [String: String], memory: ByteCount, build: EngineBuild) async throws(EngineError) {}

    /// `~/data` begins empty.
    package func initialise(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError) {}

    /// No landmarks: the processes own their folder's contents.
    package func landmarks(of directory: String) -> Landmarks { .none }

    package func versionOfData(at directory: String) -> EngineVersion? { EngineVersion("1") }

    package func probe(_ server: ServerAddress, expecting expected: AccountExpectation?) async -> Health {
        let answer: Result<String, EngineError>
        do {
            answer = try await AdministrationThreads.run { () throws(EngineError) in
                try StatusCall.answer(at: server.socket)
            }
        } catch { return .unknown("the probe failed: \(error)") }
        switch answer {
        case .success(let text):
            return SupervisorStatus(text).map { Health($0) } ?? .unknown("its supervisor sent an invalid answer")
        case .failure(.refused): return .starting("its supervisor is not listening yet")
        case .failure(let error): return .unknown("\(error)")
        }
    }

    /// The service accepts connections from its start on, so there is nothing to open.
    package func open(_ plan: ServerPlan) async throws(EngineError) {}
    package func applyAccounts(_ plan: ServerPlan) async throws(EngineError) {}

    /// No setting can be changed in place: processes get their settings at their start.
    package func applySettings(
        _ changed: [String: String?], plan: ServerPlan
    ) async throws(EngineError) -> Set<String> { Set(changed.keys) }

    // MARK: Clients

    /// Only the owner knows the program's protocol, so no client can be imitated.
    package func visit(_ plan: ServerPlan, _ aim: VisitAim) async -> Visit { .welcome }

    package func client(
        _ request: ClientRequest, build: EngineBuild?
    ) throws(EngineError) -> ClientCommand {
        guard !request.arguments.isEmpty else {
            throw .notOffered("Roost has no client for custom services; write a command after --")
        }
        return ClientCommand(
            arguments: request.arguments, variables: ClientVariables(values: [:]), files: [:], path: [])
    }
}

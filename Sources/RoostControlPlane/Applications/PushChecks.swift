import Foundation
import RoostAgentProtocol
import RoostBuildFile
import RoostControl
import RoostModel

/// Reads and plans a push, and asks the machine about everything that the build file declares. Stores nothing.
struct PushChecks: Sendable {
    let machine: KnownMachine
    let engines: Engines
    let custom: CustomReleases

    func read(_ request: PushRequest, _ engines: EngineInventory) throws(Problem) -> BuildFile {
        switch BuildFileReader.read(request.buildFile, fileName: request.fileName, rules: engines.typeRules) {
        case .success(let file): return file
        case .failure(let error): throw error.problem
        }
    }

    func plan(
        _ file: BuildFile, _ standing: [Service], _ engines: EngineInventory
    ) async throws(Problem) -> PushPlan {
        let upgrades = try await UpgradePaths.ask(machine, for: file, standing, engines)
        let plan = PushPlan.make(
            declared: file, standing: standing, defaultMemory: { engines.defaultMemory(of: $0) },
            upgrades: { upgrades.target(of: $0, to: $1) })
        switch plan {
        case .success(let plan): return plan
        case .failure(let error): throw error.problem
        }
    }

    /// Checks every service's settings against its own engine; all errors are reported at once.
    func check(
        _ plan: PushPlan, _ file: BuildFile, _ request: PushRequest, _ engines: EngineInventory
    ) async throws(Problem) {
        var diagnostics = try await custom.packageDiagnostics(file, request) + clashes(plan, file)
        for declared in file.services {
            guard let wanted = plan.settings(of: declared.name) else { continue }
            do throws(Problem) {
                let engine = try Self.engine(for: declared, plan, engines)
                // Names are checked for new services only: an existing service keeps its name.
                if plan.creations.contains(where: { $0.name == declared.name }),
                    let fault = nameFault(declared.name, type: declared.type, engine)
                {
                    diagnostics.append(file.diagnostic(declared, fault))
                }
                if let fault = electionFault(declared.name, wanted, engine, plan, engines) {
                    diagnostics.append(file.diagnostic(declared, key: fault.key, fault.reason))
                }
                if let fault = memberRule(declared, wanted, engine, plan, engines)?
                    .fault(statesMembers: declared.members != nil)
                {
                    diagnostics.append(file.diagnostic(declared, key: "members", fault))
                }
                if let fault = readerFault(declared.name, wanted, engine, plan, engines) {
                    diagnostics.append(file.diagnostic(declared, key: "config", fault))
                }
                // Extensions are checked before the configuration: an error of that check does not say which key it
                // is about.
                if let refusal = try await extensionRefusal(wanted, engine) {
                    diagnostics.append(file.diagnostic(declared, key: "extensions", refusal))
                }
                try await self.engines.check(wanted, engine, of: "\(declared.name)")
            } catch  where error.code == .configRefused || error.code == .engineNotFound {
                let key = error.code == .configRefused ? "config" : "version"
                diagnostics.append(file.diagnostic(declared, key: key, error.message))
            }
        }
        guard diagnostics.isEmpty else { throw BuildFileInvalid(diagnostics: diagnostics).problem }
    }

    /// What is not built yet for a group that elects its primary.
    private func electionFault(
        _ name: ServiceName, _ wanted: ServiceSettings, _ engine: EngineIdentity, _ plan: PushPlan,
        _ engines: EngineInventory
    ) -> ElectingGroupRule.Fault? {
        guard engines.family(named: engine.name)?.electsItself ?? false else { return nil }
        let standing = plan.standing(name)
        return ElectingGroupRule.fault(
            standing, settings: wanted, isUpgraded: standing.map { $0.engine != engine } ?? false)
    }

    /// Settings that users who read changes rely on.
    private func readerFault(
        _ name: ServiceName, _ wanted: ServiceSettings, _ engine: EngineIdentity, _ plan: PushPlan,
        _ engines: EngineInventory
    ) -> String? {
        guard let family = engines.family(named: engine.name), let readers = plan.standing(name)?.spec.changeReaders
        else {
            return nil
        }
        return ChangeReaderRule(family, wanted).fault(readers: readers, of: name)
    }

    /// The rule for settings of single members. Nil if the engine is unknown, which is reported elsewhere.
    private func memberRule(
        _ declared: DeclaredService, _ wanted: ServiceSettings, _ engine: EngineIdentity, _ plan: PushPlan,
        _ engines: EngineInventory
    ) -> MemberRule? {
        engines.family(named: engine.name).map {
            MemberRule(plan.standing(declared.name), settings: wanted, family: $0)
        }
    }

    /// Notes about single members, of services that the push changes.
    func memberNotes(_ plan: PushPlan, _ file: BuildFile, _ engines: EngineInventory) -> [String] {
        file.services.compactMap { declared in
            guard plan.isChanging(declared.name), let wanted = plan.settings(of: declared.name),
                let engine = try? Self.engine(for: declared, plan, engines)
            else { return nil }
            return memberRule(declared, wanted, engine, plan, engines)?.note.map { "'\(declared.name)': \($0)" }
        }
    }

    /// The engine's rules for owner names apply because the service's default database has the service's name.
    private func nameFault(_ name: ServiceName, type: ServiceType, _ engine: EngineIdentity) -> String? {
        engines.known.family(named: engine.name)?.names?.ownerFault(name.rawValue, of: "service", type: type)
    }

    /// New services whose environment variables would clash with another service's. Existing services keep theirs.
    private func clashes(_ plan: PushPlan, _ file: BuildFile) -> [Diagnostic] {
        func named(_ name: ServiceName, _ type: ServiceType) -> EnvironmentVariables.NamedService {
            EnvironmentVariables.NamedService(
                name: name, infix: engines.known.serving(type).first?.family.variableInfix ?? "",
                ports: plan.settings(of: name)?.custom?.ports.map { "\($0.name)" })
        }
        var known = file.services.filter { plan.standing($0.name) != nil }.map { named($0.name, $0.type) }
        return file.services.filter { plan.standing($0.name) == nil }.compactMap { declared in
            let new = named(declared.name, declared.type)
            defer { known.append(new) }
            return EnvironmentVariables.clash(of: new, among: known).map { variable, other in
                file.diagnostic(
                    declared,
                    "its environment variable \(variable) would clash with that of service '\(other)'; rename it"
                )
            }
        }
    }

    private func extensionRefusal(
        _ wanted: ServiceSettings, _ engine: EngineIdentity
    ) async throws(Problem) -> String? {
        do throws(Problem) {
            if wanted.extensions.isEmpty { return nil }
            _ = try await machine.agent.call(CheckExtensions(extensions: wanted.extensions, engine: engine))
            return nil
        } catch  where error.code == .configRefused {
            return error.message
        }
    }

    /// The engine that the service is pinned to or upgraded to, or the engine that a new service gets.
    static func engine(
        for declared: DeclaredService, _ plan: PushPlan, _ engines: EngineInventory
    ) throws(Problem) -> EngineIdentity {
        if let engine = plan.engine(of: declared.name) { return engine }
        do { return try engines.resolve(type: declared.type, version: declared.version) } catch {
            throw Problem(.engineNotFound, "\(error)")
        }
    }
}

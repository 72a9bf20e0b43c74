import Foundation
import RoostAgentProtocol
import RoostEngines
import RoostInstalling
import RoostModel

/// The agent's answers about engines and their builds.
struct EngineAnswers: Sendable {
    let catalog: EngineCatalog
    let installer: EngineInstaller
    let ready: ReadyDirectories
    let boards: AgentBoards

    func register(in calls: inout CallTable) {
        let (catalog, installer, ready) = (catalog, installer, ready)
        calls.on(DescribeEngines.self) { [self] _ in inventory() }
        calls.on(CheckConfiguration.self) { call in
            try await catalog.check(config: call.config, memory: call.memory, engine: call.engine)
            return Done()
        }
        calls.on(CheckExtensions.self) { call in
            try await catalog.check(extensions: call.extensions, engine: call.engine)
            return Done()
        }
        calls.on(CheckUpgrade.self) { call in
            guard let engine = catalog.engine(named: call.from.name) else {
                throw Problem(.engineNotFound, "this version of Roost has no engine '\(call.from.name)'")
            }
            return CheckUpgrade.Answer(fault: engine.upgradeFault(from: call.from.version, to: call.to))
        }
        calls.on(CheckEngineRequest.self) { call in try installer.check(call.request).programs.map(\.family) }
        calls.on(job: AddEngine.self, at: boards.jobs) { job, log in try await installer.add(job, log) }
        calls.on(SetEngineAside.self) { call in try installer.setAside(call.engine) }
        calls.on(BringEngineBack.self) { call in
            try installer.bringBack(call.engine, from: call.place)
            return Done()
        }
        calls.on(job: DeleteEngine.self, at: boards.jobs) { job, _ in
            try await installer.delete(job)
            return Done()
        }
        calls.on(MakeReady.self) { _ in
            for engine in catalog.engines {
                // Only the newest build of each engine is made ready now; others are once a service uses them.
                guard let build = engine.builds().first else { continue }
                await ready.refillSoon(engine: engine, build: build, after: .zero)
            }
            return Done()
        }
    }

    /// `withBuilds`: also lists the builds, for which their programs may be run.
    func inventory(withBuilds: Bool = true) -> EngineInventory {
        EngineInventory(
            engines: catalog.engines.map { engine in
                EngineInventory.Engine(
                    family: engine.family, loadsDumps: !(engine.dumpTaking?.dumpFormats ?? []).isEmpty,
                    loadsIntoNamedDatabase: (engine as? any DumpLoading)?.loadsIntoNamedDatabase ?? false,
                    builds: withBuilds ? engine.builds().map(describe) : [])
            })
    }

    private func describe(_ build: EngineBuild) -> EngineInventory.Build {
        let added = installer.addedBuild(build)
        return EngineInventory.Build(
            identity: build.identity, origin: added?.origin ?? build.origin,
            readyDirectories: ready.count(build.identity),
            added: added.map { EngineInventory.Added(size: $0.size, at: $0.addedAt) })
    }
}

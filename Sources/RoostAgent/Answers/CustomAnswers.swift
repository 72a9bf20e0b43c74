import Foundation
import RoostAgentProtocol
import RoostEngines
import RoostModel

/// The agent's answers about custom services: their artifacts, layouts and packages.
struct CustomAnswers: Sendable {
    let artifacts: Artifacts
    let layouts: Layouts
    let snapshots: SnapshotStore
    let secrets: HomeSecrets
    let boards: AgentBoards

    func register(in calls: inout CallTable) {
        let (artifacts, layouts, secrets) = (artifacts, layouts, secrets)
        calls.on(LookForImages.self) { call in
            LookForImages.Answer(
                images: call.images.filter(artifacts.hasImage),
                sources: call.sources.filter { artifacts.hasSource(call.application, $0) })
        }
        calls.on(job: BuildImage.self, at: boards.jobs) { job, log in
            try await artifacts.build(job.order) { await log.tell(.output(line: $0)) }
            return Done()
        }
        calls.on(job: PrepareImage.self, at: boards.jobs) { job, log in
            try await layouts.prepare(try secrets.open(job.order)) { await log.tell(.output(line: $0)) }
            return Done()
        }
        calls.on(RemoveImages.self) { [self] call in
            try await removeImages(except: call.kept)
            return Done()
        }
        calls.on(LookForPackages.self) { call in
            let missing = try await Self.missing(call.packages)
            return LookForPackages.Answer(
                missing: missing, unknown: missing.isEmpty ? [] : try await Self.unknown(missing))
        }
        calls.on(job: InstallPackages.self, at: boards.jobs) { job, _ in
            try await Self.install(job.packages)
            return Done()
        }
        calls.on(upload: StoreSource.self, at: boards.uploads) { upload, next in
            try await artifacts.storeSource(upload.application, upload.digest, next: next)
            return Done()
        }
    }

    /// Removes artifacts that neither `kept` nor a snapshot names. A custom service's snapshot needs its artifact.
    private func removeImages(except kept: Set<ContentDigest>) async throws {
        let snapshots = try await snapshots.read()
        // An unreadable snapshot may need any artifact, so none is removed.
        guard snapshots.unreadable.isEmpty else { return }
        let needed = snapshots.records.compactMap { $0.manifest.service.settings.custom?.image }
        try await artifacts.removeImages(except: kept.union(needed))
    }

    // MARK: Packages

    /// The Debian packages of `names` that are not installed.
    private static func missing(_ names: [String]) async throws(Problem) -> [String] {
        do { return try await SystemPackages.missing(names) } catch { throw Problem(error) }
    }

    /// The Debian packages of `names` that the machine's package lists do not have. Empty if there are no lists.
    private static func unknown(_ names: [String]) async throws(Problem) -> [String] {
        do { return try await SystemPackages.unknown(names) } catch { throw Problem(error) }
    }

    private static func install(_ packages: [String]) async throws(Problem) {
        do { try await SystemPackages.install(packages) } catch { throw Problem(error) }
    }
}

import Foundation
import RoostAgentProtocol
import RoostModel

extension MachineAnswers {
    func onCustom(_ calls: inout CallTable) {
        let host = host
        calls.on(LookForImages.self) { call in
            LookForImages.Answer(
                images: call.images.filter(host.hasImage),
                sources: call.sources.filter { host.hasSource(call.application, $0) })
        }
        calls.on(job: BuildImage.self, at: boards.jobs) { job, log in
            try await host.build(job.order) { await log.tell(.output(line: $0)) }
            return Done()
        }
        calls.on(job: PrepareImage.self, at: boards.jobs) { [self] job, log in
            try await host.prepareImage(try open(job.order)) { await log.tell(.output(line: $0)) }
            return Done()
        }
        calls.on(RemoveImages.self) { [self] call in
            try await removeImages(except: call.kept)
            return Done()
        }
        calls.on(LookForPackages.self) { call in
            let missing = try await host.missingPackages(call.packages)
            return LookForPackages.Answer(
                missing: missing, unknown: missing.isEmpty ? [] : try await host.unknownPackages(missing))
        }
        calls.on(job: InstallPackages.self, at: boards.jobs) { job, _ in
            try await host.install(packages: job.packages)
            return Done()
        }
        calls.on(upload: StoreSource.self, at: boards.uploads) { upload, next in
            try await host.storeSource(upload.application, upload.digest, next: next)
            return Done()
        }
    }

    /// Removes artifacts that neither `kept` nor a snapshot names. A custom service's snapshot needs its artifact.
    private func removeImages(except kept: Set<ContentDigest>) async throws {
        let snapshots = try await host.pool.run { [paths] in try SnapshotFolder(paths: paths).read() }
        // An unreadable snapshot may need any artifact, so none is removed.
        guard snapshots.unreadable.isEmpty else { return }
        let needed = snapshots.records.compactMap { $0.manifest.service.settings.custom?.image }
        try await host.removeImages(except: kept.union(needed))
    }
}

import Foundation
import Glibc
import RoostControl
import RoostEngines
import RoostHost
import RoostModel
import Synchronization

extension LocalHost {
    /// Retention of the last snapshot of a destroyed service, and of the data that a restore replaced.
    static let keptFor: TimeInterval = 7 * 24 * 3600

    package func writeManifest(_ order: InstanceOrder) async throws(HostFailure) {
        if paths.isPlaceUnknown(of: order.id) { throw HostFailure(Self.missingPool(paths)) }
        let place = paths.place(of: order.id)
        let instance = place.instance(order.id)
        try await pool.run { [self] in
            let data = try naming("encode the manifest") { try JSON.encode(order.manifest) }
            let standing = FileManager.default.contents(atPath: instance.manifest)
            if standing == data { return }
            if let standing { try refuseForeign(standing, instance, order) }
            try naming("make \(instance.folder)") {
                // Servers pass through these folders and cannot list them.
                try Storage.makeFolder(place.instances(of: order.id.service.application), mode: 0o711, owner: nil)
                try Storage.makeFolder(instance.folder, mode: 0o711, owner: nil)
            }
            try naming("write \(instance.manifest)") {
                try Storage.writeAtomically(data, to: instance.manifest, mode: 0o600, owner: nil)
            }
            servers.withLock { $0[order.id, default: Server()].epochs = Epochs(order.manifest) }
        }
    }

    package func hasManifest(_ order: InstanceOrder) -> Bool {
        FileManager.default.fileExists(atPath: paths.instance(order.id).manifest)
    }

    static func missingPool(_ paths: HomePaths) -> String {
        "the pool \(paths.poolImage) is not mounted at \(paths.pool), so nothing is created or removed outside it; "
            + "restart roostd, or see 'roost doctor'"
    }

    /// Refuses to replace the manifest of another service or of a later epoch. An unreadable manifest is put aside,
    /// not lost.
    private func refuseForeign(
        _ standing: Data, _ instance: InstancePaths, _ order: InstanceOrder
    ) throws(HostFailure) {
        do {
            let manifest = try JSON.decode(Manifest.self, from: standing)
            guard manifest.service.uid != order.service.uid else {
                guard manifest.service.epoch > order.service.epoch else { return }
                throw HostFailure(
                    "\(instance.manifest) is from epoch \(manifest.service.epoch) and is not replaced by an earlier one"
                )
            }
            throw HostFailure(
                "\(instance.folder) belongs to another service, \(manifest.service.id) of "
                    + "\(Timestamp.format(manifest.service.createdAt)); move it elsewhere", isPermanent: true)
        } catch let failure as HostFailure {
            throw failure
        } catch {
            try naming("put the unreadable manifest aside") {
                try Storage.rename(from: instance.manifest, to: "\(instance.manifest).unreadable")
            }
        }
    }

    package func makeDirectory(_ order: InstanceOrder) async throws(HostFailure) {
        if paths.isPoolMissing { throw HostFailure(Self.missingPool(paths)) }
        if let clone = order.service.clone { return try await layClone(clone, order) }
        let (engine, build) = try engine(for: order)
        let root = paths.place(of: order.id).root
        try await pool.run { [self] in try reserve.refuseFullDisk(forNew: build, engine, at: root) }
        try await writeManifest(order)
        let fresh = try await ready.take(engine: engine, build: build)
        let instance = paths.instance(order.id)
        try await pool.run { [self] in
            try naming("move the ready directory to \(instance.data)") {
                // chown before rename: a directory at its final path is complete.
                if let user = order.user { try Storage.giveTree(fresh, to: user) }
                // Ready directories are in one place, and the instance may have begun in the other.
                try Storage.move(from: fresh, to: instance.data)
            }
        }
    }

    // MARK: Snapshots

    package func stage(snapshot: String, _ order: InstanceOrder) async throws(HostFailure) {
        guard case .restore(_, let keep) = order.service.goal else { return }
        let source = paths.snapshot(order.service.id, snapshot)
        // Checked while the present data still serve.
        let engine = try engine(named: order.service.engine)
        guard engine.versionOfData(at: source.data) != nil else {
            throw HostFailure(
                "\(source.data) is not a readable data directory of \(order.service.engine.name)", isPermanent: true)
        }
        if let name = engine.missing(in: source.data) {
            throw HostFailure("the snapshot \(snapshot) is incomplete: \(name) is missing", isPermanent: true)
        }
        try await stage(keep, order) { [self] copy in
            try reserve.refuseFullDisk(for: source.data, at: paths.instance(order.id).folder)
            _ = try Storage.copyTree(from: source.data, to: copy, preferring: .reflink)
            try engine.readerPositions?.forgetPositions(directory: copy)
        }
    }

    /// Makes a copy under a temporary name. The copy gets its final name when it is complete and belongs to the
    /// server's user.
    func stage(
        _ staging: String, _ order: InstanceOrder, copy: @escaping @Sendable (String) async throws -> Void
    ) async throws(HostFailure) {
        try await writeManifest(order)
        let instance = paths.instance(order.id)
        let making = "\(instance.staging(staging)).copy"
        try await bulk.run { [self] in
            try naming("clear \(making)") {
                try Storage.removeTree(making, within: instance.folder)
                try Storage.makeFolder(making, mode: 0o711, owner: nil)
            }
        }
        do { try await copy("\(making)/data") } catch { throw HostFailure("could not copy the data: \(error)") }
        try await bulk.run { [self] in
            try naming("hand over the copy") {
                if let user = order.user { try Storage.giveTree("\(making)/data", to: user) }
                try Storage.rename(from: making, to: instance.staging(staging))
            }
        }
    }

    package func placeStaged(_ order: InstanceOrder) async throws(HostFailure) {
        guard let keep = order.service.goal.staging else { return }
        let instance = paths.instance(order.id)
        try await pool.run { [self] in
            try naming("move the restored data to \(instance.data)") {
                try Storage.rename(from: instance.staged(keep), to: instance.data)
            }
        }
    }

    package func clearStaging(_ order: InstanceOrder) async throws(HostFailure) {
        let instance = paths.instance(order.id)
        try await bulk.run { [self] in
            // A folder that cannot be listed holds nothing to clear.
            let names = (try? FileManager.default.contentsOfDirectory(atPath: instance.folder)) ?? []
            for name in names where name.hasPrefix("restore-") {
                try naming("remove \(name)") {
                    try Storage.removeTree("\(instance.folder)/\(name)", within: instance.folder)
                }
            }
        }
    }

    private var snapshots: SnapshotFolder { SnapshotFolder(paths: paths) }

    package func takeSnapshot(
        as snapshot: String, _ terms: SnapshotTerms, _ order: InstanceOrder
    ) async throws(HostFailure) -> SnapshotRecord {
        let server = SnapshotTaking.Subject(
            process: { [self] in servers.withLock { $0[order.id]?.process } },
            takeBack: { [self] group throws(HostFailure) in try takeBack(order, into: group) })
        return try await snapshotTaking.take(as: snapshot, terms, order, of: server)
    }

    package func keepDirectory(
        as snapshot: String, reason: String, _ order: InstanceOrder
    ) async throws(HostFailure) {
        if paths.isPlaceUnknown(of: order.id) { throw HostFailure(Self.missingPool(paths)) }
        let kept = paths.snapshot(order.service.id, snapshot, of: order.index)
        let instance = paths.instance(order.id)
        // A service is restored from the data of its primary, so snapshots of other members are marked as replicas.
        let isOfReplica = order.index != order.service.status.primary && reason != SnapshotRecord.diverged
        let reason = isOfReplica ? SnapshotRecord.replica : reason
        try await pool.run { [self] in
            try naming("keep \(instance.data) as snapshot \(snapshot)") {
                try snapshots.makeFolder(kept, of: order.id)
                try snapshots.write(record(snapshot, reason, method: "rename", order), to: kept)
                try Storage.rename(from: instance.data, to: kept.data)
            }
        }
    }

    package func imageDirectory(
        as snapshot: String, reason: String, _ order: InstanceOrder
    ) async throws(HostFailure) {
        let kept = paths.snapshot(order.service.id, snapshot, of: order.index)
        let instance = paths.instance(order.id)
        try await bulk.run { [self] in
            // Idempotent: a daemon that died right after the copy is followed by one that asks for it again.
            if FileManager.default.fileExists(atPath: kept.data) { return }
            try naming("copy \(instance.data) into snapshot \(snapshot)") {
                try snapshots.makeFolder(kept, of: order.id)
                try reserve.refuseFullDisk(for: instance.data, at: kept.folder)
                let making = "\(kept.folder)/copy"
                try Storage.removeTree(making, within: kept.folder)
                let method = try Storage.copyTree(from: instance.data, to: making, preferring: .reflink)
                try snapshots.write(record(snapshot, reason, method: "\(method)", order), to: kept)
                try Storage.rename(from: making, to: kept.data)
            }
        }
    }

    package func finishUpgrade(_ order: InstanceOrder) async throws(HostFailure) {
        let (engine, build) = try engine(for: order)
        let plan = try serverPlan(order)
        do { try await engine.upgrades?.finishUpgrade(plan, build: build, user: order.user) } catch {
            throw HostFailure("could not upgrade the data to \(build.identity): \(error)")
        }
    }

    private func record(
        _ snapshot: String, _ reason: String, method: String, _ order: InstanceOrder
    ) -> SnapshotRecord {
        let now = Date()
        var service = order.service
        // The data that a reverted upgrade left are of the newer engine.
        if let failed = service.failedUpgrade, snapshot.hasSuffix(SnapshotRecord.failedSuffix) {
            service.status.engine = failed.engine
        }
        let manifest = Manifest(application: order.application, service: service, index: order.index)
        var expiresAt: Date? = now.addingTimeInterval(Self.keptFor)
        if case .image(_, let wanted) = order.service.goal { expiresAt = wanted }
        return SnapshotRecord(
            id: snapshot, manifest: manifest, reason: reason, method: method, createdAt: now, expiresAt: expiresAt)
    }

    package func removeSnapshots(of id: ServiceID) async throws(HostFailure) {
        try await bulk.run { [self] in
            try naming("remove its snapshots") {
                for record in try snapshots.all() where record.manifest.service.id == id {
                    try snapshots.remove(record)
                }
            }
        }
    }

    /// A copy at its final path is complete, and is the instance's from then on: the pool is searched first.
    package func moveToPool(_ order: InstanceOrder) async throws(HostFailure) {
        guard paths.hasPool else { throw HostFailure("this home has no mounted pool; see 'roost doctor'") }
        let (old, new) = (paths.homePlace.instance(order.id).folder, paths.poolPlace.instance(order.id).folder)
        let parent = paths.poolPlace.instances(of: order.service.id.application)
        try await bulk.run { [self] in
            try naming("move \(old) into the pool") {
                if try Storage.look(at: new) == nil {
                    try reserve.refuse(try Storage.size(of: old), at: paths.pool, "it")
                    try Storage.makeFolder(parent, mode: 0o711, owner: nil)
                    _ = try Storage.copyTree(from: old, to: new, preferring: .copy)
                }
                try Storage.removeTree(old, within: paths.homePlace.instances)
                // The application's folder goes with its last instance; rmdir leaves a folder that is not empty.
                rmdir(paths.homePlace.instances(of: order.service.id.application))
            }
        }
    }

    package func deleteDirectory(_ order: InstanceOrder) async throws(HostFailure) {
        let instance = paths.instance(order.id)
        try await bulk.run { [self] in
            try naming("remove \(instance.data)") { try Storage.removeTree(instance.data, within: instance.folder) }
        }
    }

    package func forget(_ order: InstanceOrder) async throws(HostFailure) {
        // An instance in a pool that is not mounted cannot be seen, and is not gone.
        if paths.isPlaceUnknown(of: order.id) { throw HostFailure(Self.missingPool(paths)) }
        let place = paths.place(of: order.id)
        let instance = place.instance(order.id)
        let run = try plans.folders(order).run
        let group = try group(order)
        try await bulk.run { [self] in
            guard !FileManager.default.fileExists(atPath: instance.data) else {
                throw HostFailure("\(instance.data) still exists; its folder is not removed")
            }
            try naming("remove \(instance.folder)") {
                try Storage.removeTree(instance.folder, within: place.root)
                try Storage.removeTree(run, within: (run as NSString).deletingLastPathComponent)
                try group?.remove()
                // The application's folder goes with its last instance; rmdir leaves a folder that is not empty.
                rmdir(place.instances(of: order.service.id.application))
            }
        }
        forgetServer(order.id)
    }
}

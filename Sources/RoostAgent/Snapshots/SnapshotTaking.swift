import Foundation
import Logging
import RoostControl
import RoostEngines
import RoostHost
import RoostModel
import RoostTasks
import Synchronization

/// Takes snapshots of instances' data, whether their servers run or not, by the best method available.
final class SnapshotTaking: Sendable {
    let disk: HomeDisk
    let plans: ServerPlans
    private let reserve: DiskReserve
    /// Path of the program that freezes servers and always thaws them.
    private let guardProgram: String
    let logger: Logger
    /// Serialises the snapshots of each instance.
    private let queue = KeyedQueue()
    /// The instances whose server may be frozen at this moment.
    private let freezing = Mutex<Set<InstanceID>>([])
    /// The time that each instance's last snapshot held writers up.
    private let pauses = Mutex<[InstanceID: Duration]>([:])

    init(disk: HomeDisk, plans: ServerPlans, reserve: DiskReserve, guardProgram: String, logger: Logger) {
        self.disk = disk
        self.plans = plans
        self.reserve = reserve
        self.guardProgram = guardProgram
        self.logger = logger
    }

    var paths: HomePaths { disk.paths }
    private var folder: SnapshotFolder { SnapshotFolder(paths: paths) }

    /// The server of the instance whose data are copied.
    struct Subject: Sendable {
        /// The process that runs. Asked before and after the copy.
        let process: @Sendable () -> ServerProcess?
        /// Moves the server's processes that are outside its control group back into the group.
        let takeBack: @Sendable (ControlGroup) throws(HostFailure) -> Void
    }

    /// The method of a copy, and how long it held writers up.
    private struct Taken {
        let method: String
        let pause: Duration?
    }

    /// Idempotent: an existing snapshot with this id is returned.
    func take(
        as snapshot: String, _ terms: SnapshotTerms, _ order: InstanceOrder, of server: Subject
    ) async throws(HostFailure) -> SnapshotRecord {
        do {
            // Snapshots of an instance are taken one at a time: of two at once, each would find blocks changed by the
            // other.
            return try await queue.take("snapshot \(order.id)") { [self] in
                if let standing = folder.find(order.service.id, snapshot) { return standing }
                return try await take(snapshot, terms, order, server)
            }
        } catch let failure as HostFailure { throw failure } catch { throw HostFailure("\(error)") }
    }

    private func take(
        _ snapshot: String, _ terms: SnapshotTerms, _ order: InstanceOrder, _ server: Subject
    ) async throws -> SnapshotRecord {
        let kept = paths.snapshot(order.service.id, snapshot, of: order.index)
        let data = paths.instance(order.id).data
        let making = "\(kept.folder)/copy"
        try await disk.bulk.run { [self] in
            try disk.naming("make the snapshot's folder") {
                try folder.makeFolder(kept, of: order.id)
                try Storage.removeTree(making, within: kept.folder)
                try reserve.refuseFullDisk(for: data, at: kept.folder)
            }
        }
        do {
            let taken = try await image(order, to: making, terms, server)
            let engine = try plans.engine(named: order.service.engine)
            guard engine.versionOfData(at: making) != nil else {
                throw HostFailure(
                    "the copy (\(taken.method)) is not a readable data directory of \(order.service.engine.name)")
            }
            if let name = engine.missing(in: making) {
                throw HostFailure("the copy (\(taken.method)) lacks \(name): files of \(order.id.name) are missing")
            }
            let record = SnapshotRecord(
                id: snapshot, manifest: order.manifest, reason: terms.reason, method: taken.method,
                pauseMilliseconds: taken.pause.map { $0 / .milliseconds(1) }, createdAt: Date(),
                expiresAt: terms.expiresAt)
            try await disk.bulk.run { [self] in
                try folder.write(record, to: kept)
                // Rename last: a directory at its final path is complete.
                try Storage.rename(from: making, to: kept.data)
            }
            pauses.withLock { $0[order.id] = taken.pause ?? .zero }
            return record
        } catch {
            await drop(kept)
            throw error
        }
    }

    /// Removes everything of a snapshot that failed, in a cancelled task as well.
    private func drop(_ kept: SnapshotPaths) async {
        let parent = (kept.folder as NSString).deletingLastPathComponent
        let task = Task { [self] in
            try await disk.bulk.run {
                guard !FileManager.default.fileExists(atPath: kept.data) else { return }
                try Storage.removeTree(kept.folder, within: parent)
            }
        }
        if case .failure(let error) = await task.result {
            logger.warning(
                "An incomplete snapshot could not be removed",
                metadata: ["path": "\(kept.folder)", "reason": "\(error)"])
        }
    }

    /// The time that the last snapshot of each instance held writers up, since this daemon's start.
    func snapshotPauses() -> [InstanceID: Duration] { pauses.withLock { $0 } }

    /// Whether a snapshot may keep the instance's server from answering at this moment.
    func isFreezing(_ id: InstanceID) -> Bool { freezing.withLock { $0.contains(id) } }

    // MARK: Means

    private func image(
        _ order: InstanceOrder, to target: String, _ terms: SnapshotTerms, _ server: Subject
    ) async throws -> Taken {
        let data = paths.instance(order.id).data
        guard let process = server.process(), process.isRunning else {
            return try await imageStopped(order, data, to: target)
        }
        let taken = try await imageRunning(order, data, to: target, terms, server)
        // If the server or its directory was replaced meanwhile, it is not known what was copied.
        guard server.process()?.pid == process.pid, process.isRunning else {
            throw HostFailure("its server exited while the image was taken; try again")
        }
        return taken
    }

    private func imageStopped(_ order: InstanceOrder, _ data: String, to target: String) async throws -> Taken {
        // The record is written anew at each start, so that a server that began and ended meanwhile is noticed as well.
        let record = paths.instance(order.id).process
        let before = FileManager.default.contents(atPath: record)
        try refuseRunning(order)
        let method = try await disk.bulk.run { try Storage.copyTree(from: data, to: target, preferring: .reflink) }
        try refuseRunning(order)
        guard FileManager.default.contents(atPath: record) == before else {
            throw HostFailure("its server was started while the image was taken; try again")
        }
        return Taken(method: method.rawValue, pause: nil)
    }

    private func refuseRunning(_ order: InstanceOrder) throws {
        let instance = paths.instance(order.id)
        let group = try plans.group(of: order.id)
        guard case .none = ServerLauncher.adopt(lockFile: instance.lock, recordFile: instance.process, group: group)
        else {
            throw HostFailure("its server is starting or stopping; try again")
        }
    }

    /// Methods, best first: the engine's backup mode, which delays no writer; a snapshot of the subvolume; a freeze
    /// for the milliseconds that reflinks take; the engine's own copy.
    private func imageRunning(
        _ order: InstanceOrder, _ data: String, to target: String, _ terms: SnapshotTerms, _ server: Subject
    ) async throws -> Taken {
        let (engine, build) = try plans.engine(for: order)
        let plan = try plans.serverPlan(order)
        let isReflink =
            try await disk.bulk.run { try Storage.detect(at: (target as NSString).deletingLastPathComponent) } != .copy
        var reasons: [String] = []
        do {
            if let taken = try await inBackupMode(engine, plan, data, target) { return taken }
        } catch {
            try Task.checkCancellation()
            reasons.append("\(error)")
            // The target may hold a full copy that is no snapshot: the next method begins with an empty place.
            try await disk.bulk.run {
                try Storage.removeTree(target, within: (target as NSString).deletingLastPathComponent)
            }
        }
        if engine.family.syncsWhatItReliesOn, order.profile.isDurable,
            try await subvolume(engine, plan, data, target)
        {
            return Taken(method: "subvolume", pause: .zero)
        }
        var held = Duration.zero
        if isReflink {
            switch try await frozen(engine, plan, order, data, target, terms, server) {
            case .taken(let report): return Taken(method: "reflink", pause: report.pause)
            case .tooSlow(let predicted):
                reasons.append(
                    "reflinks would have paused its writers for "
                        + "\((predicted / .milliseconds(1)).rounded(toPlaces: 0)) ms, "
                        + "more than the \(Int(terms.maxPause / .milliseconds(1))) ms allowed")
            case .cutShort(let reason, let waited):
                held = waited
                reasons.append("\(reason)")
            }
        }
        if let name = try await byItsOwnMeans(engine, plan, build, order, target) {
            // A freeze that was cut short held writers up as well.
            return Taken(method: name, pause: held)
        }
        throw HostFailure(
            (reasons + ["\(engine.family.name) on this machine cannot copy a running server by itself"])
                .joined(separator: "; ")
                + (isReflink
                    ? "; allow a longer pause with --max-pause"
                    : "; create a pool with 'roost storage init --size 20G' and move the service there, or take a "
                        + "snapshot of the stopped server with "
                        + "'\(Hint.command("snapshot", "new", "\(order.service.id.service)", "--stop"))' "
                        + "and clone that with --at"))
    }

    private func inBackupMode(
        _ engine: any Engine, _ plan: ServerPlan, _ data: String, _ target: String
    ) async throws -> Taken? {
        let method = Mutex<StorageMethod>(.reflink)
        let bulk = disk.bulk
        let isTaken = try await engine.backupModes?.image(plan.address) {
            let copied = try await bulk.run { try LiveImage.copyUnfrozen(from: data, to: target) }
            method.withLock { $0 = copied }
            return target
        }
        guard isTaken == true else { return nil }
        return Taken(
            method: method.withLock { $0 } == .reflink ? "backup mode, reflink" : "backup mode, copy", pause: .zero)
    }

    /// Takes a snapshot of the data's subvolume in one step, without a freeze. The copy is what a crash of the
    /// machine would have left, so the method is only for servers that sync everything they rely on later. False if
    /// the directory is no subvolume.
    private func subvolume(
        _ engine: any Engine, _ plan: ServerPlan, _ data: String, _ target: String
    ) async throws -> Bool {
        guard try await disk.bulk.run({ try Storage.detect(at: data) }) == .subvolume else { return false }
        try await engine.settling?.settle(plan.address)
        return try await disk.bulk.run { try LiveImage.snapshotSubvolume(from: data, to: target) }
    }

    private func frozen(
        _ engine: any Engine, _ plan: ServerPlan, _ order: InstanceOrder, _ data: String, _ target: String,
        _ terms: SnapshotTerms, _ server: Subject
    ) async throws -> LiveImage.Outcome {
        try await engine.settling?.settle(plan.address)
        let subject: LiveImage.Subject
        if let group = try plans.group(of: order.id) {
            let instance = paths.instance(order.id)
            subject = try await disk.bulk.run {
                try server.takeBack(group)
                let remains = ServerRemains(lockFile: instance.lock, recordFile: instance.process, group: group)
                return .group(group, holding: remains.everyone())
            }
        } else {
            subject = .processes(members(order.id))
        }
        let image = LiveImage(guardProgram: guardProgram, subject: subject)
        return try await disk.bulk.run { [self] in
            freezing.withLock { _ = $0.insert(order.id) }
            defer { freezing.withLock { _ = $0.remove(order.id) } }
            return try image.take(from: data, to: target, maxPause: terms.maxPause)
        }
    }

    /// All processes of a server that has no control group.
    func members(_ id: InstanceID) -> [Int32] {
        let instance = paths.instance(id)
        return ServerRemains(lockFile: instance.lock, recordFile: instance.process, group: nil).members()
    }

    /// Lets the engine copy the data to a folder of the server's user below the instance's folder: the server sees no
    /// other. Returns the name of the engine's method, nil if there is none.
    private func byItsOwnMeans(
        _ engine: any Engine, _ plan: ServerPlan, _ build: EngineBuild, _ order: InstanceOrder, _ target: String
    ) async throws -> String? {
        let user = order.user
        let instance = paths.instance(order.id)
        let folder = "\(instance.onlineCopies)/\(TimedID.make())"
        try await disk.pool.run {
            try Storage.makeFolder(instance.onlineCopies, mode: 0o711, owner: nil)
            try Storage.makeFolder(folder, mode: 0o700, owner: user)
        }
        let result: Result<String?, any Error>
        do {
            let name = try await engine.onlineBackups?.backUp(plan, to: "\(folder)/data", build: build, user: user)
            if name != nil { try await disk.bulk.run { try Storage.rename(from: "\(folder)/data", to: target) } }
            result = .success(name)
        } catch { result = .failure(error) }
        // The next start sweeps what is left.
        try? await disk.bulk.run { try Storage.removeTree(folder, within: instance.folder) }
        return try result.get()
    }
}

import Glibc
import Logging
import RoostModel

/// A router in charge: the table in force, and what requests do to it. The router's loop calls it, one call after
/// another, so that nothing here runs twice at a time.
final class ActiveRouter {
    let plane: DataPlane
    private var table: RoutingTable
    private let file: TableFile
    private let folder: String
    let server: ControlServer
    private let logger: Logger
    /// Nil once it was passed on.
    private var lock: RouterLock?
    private var isHandingOver = false

    init(
        folder: String, table: RoutingTable, file: TableFile, plane: DataPlane, server: ControlServer, lock: RouterLock,
        logger: Logger
    ) {
        self.folder = folder
        self.table = table
        self.file = file
        self.plane = plane
        self.server = server
        self.lock = lock
        self.logger = logger
    }

    func answer(_ call: Call) async {
        switch call.question {
        case .request(.apply(let next)): call.answer(reply(refusal: await apply(next)))
        case .request: call.answer(reply())
        case .offer:
            do {
                call.answer(reply(), offer: try await offer())
                isHandingOver = true
            } catch {
                call.answer(reply(refusal: "\(error)"))
            }
        case .handOver:
            await plane.stopListening()
            releaseLock()
            SpawnLock.release(in: folder)
            call.answer(reply())
        case .withdraw:
            isHandingOver = false
            logger.warning("The router that was to take over is gone; going on")
            call.answer(reply())
        }
    }

    func tick() async {
        guard !isHandingOver else { return }
        await plane.retryListeners()
    }

    /// Another router keeps the lock if it was passed on.
    func releaseLock() {
        lock?.release()
        lock = nil
    }

    /// After a takeover the table on disk is the new router's; this one only ends the sessions that it rules out.
    func followStoredTable() async {
        guard let next = try? file.read() else { return }  // Read again at the next tick.
        let endings = TableChange.plan(table, next).filter { action in
            switch action {
            case .remove, .update: true
            case .unlisten, .listen: false
            }
        }
        await plane.perform(endings)
        table = next
    }

    /// Why it was refused, wholly or for some routes. Nil: all of it is in force, and on disk.
    private func apply(_ next: RoutingTable) async -> String? {
        guard !isHandingOver else { return HandoverRefusal.underWay.description }
        let refusal: String?
        switch TableAdmission.judge(next, current: table) {
        case .refused(let reason): refusal = reason
        case .admitted(let admitted, let kept):
            // On disk first: what is in force would be there after a restart, too.
            if admitted != table {
                do { try file.store(admitted) } catch { return noted("\(error)", of: next) }
            }
            let actions = TableChange.plan(table, admitted)
            table = admitted
            await plane.perform(actions)
            logger.info("A table is in force", metadata: ["revision": "\(admitted.revision)"])
            refusal = kept.isEmpty ? nil : kept.joined(separator: "; ")
        }
        return refusal.map { noted($0, of: next) }
    }

    private func noted(_ refusal: String, of table: RoutingTable) -> String {
        logger.warning("Refused a table", metadata: ["revision": "\(table.revision)", "reason": "\(refusal)"])
        return refusal
    }

    private func offer() async throws -> HandoverOffer {
        guard !isHandingOver, let lock else { throw HandoverRefusal.underWay }
        return try await HandoverOffer.copy(lock: lock, server: server, plane: plane)
    }

    private func reply(refusal: String? = nil) -> RouterReply {
        RouterReply(
            pid: getpid(), version: Router.version, revision: table.revision, refusal: refusal,
            routes: plane.statuses(of: table))
    }
}

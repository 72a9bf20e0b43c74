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
        case .request(.apply(let next)): call.answer(await apply(next))
        case .request(.change(let change)):
            guard change.from == table.revision else { return call.answer(reply(isOutOfStep: true)) }
            call.answer(await apply(change.applied(to: table)))
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
        // A table is renamed into its place, so it reads; one that does not is replaced by the next.
        guard let next = try? file.read(), next != table else { return }
        let endings = TableChange.plan(table, next).filter { action in
            switch action {
            case .remove, .update: true
            case .unlisten, .listen: false
            }
        }
        await plane.perform(endings)
        table = next
    }

    /// Puts a table in force, and on disk, but for the routes that its answer names.
    private func apply(_ next: RoutingTable) async -> RouterReply {
        guard !isHandingOver else { return reply(refusal: HandoverRefusal.underWay.description) }
        switch TableAdmission.judge(next, current: table) {
        case .refused(let reason):
            note([reason], of: next)
            return reply(refusal: reason)
        case .admitted(let admitted, let refused):
            // On disk first: what is in force would be there after a restart, too.
            if admitted != table {
                do { try file.store(admitted) } catch {
                    note(["\(error)"], of: next)
                    return reply(refusal: "\(error)")
                }
            }
            let actions = TableChange.plan(table, admitted)
            table = admitted
            await plane.perform(actions)
            logger.info("A table is in force", metadata: ["revision": "\(admitted.revision)"])
            guard !refused.isEmpty else { return reply() }
            note(refused.map(\.reason), of: next)
            // A roostd of before reads the text alone.
            return reply(refusal: refused.map(\.reason).joined(separator: "; "), refused: refused)
        }
    }

    private func note(_ reasons: [String], of table: RoutingTable) {
        for reason in reasons {
            logger.warning("Refused", metadata: ["revision": "\(table.revision)", "reason": "\(reason)"])
        }
    }

    private func offer() async throws -> HandoverOffer {
        guard !isHandingOver, let lock else { throw HandoverRefusal.underWay }
        return try await HandoverOffer.copy(lock: lock, server: server, plane: plane)
    }

    private func reply(
        refusal: String? = nil, refused: [RouteRefusal] = [], isOutOfStep: Bool? = nil
    ) -> RouterReply {
        RouterReply(
            pid: getpid(), version: Router.version, revision: table.revision, refusal: refusal,
            routes: plane.statuses(of: table), protocolVersion: RouterProtocol.newest, refusals: refused,
            isOutOfStep: isOutOfStep)
    }
}

import Glibc
import Logging
import RoostModel

/// A router in charge: the table in force, and the handling of requests. The router's loop calls it, one call after
/// another, so that no two calls run at the same time.
final class ActiveRouter {
    let plane: DataPlane
    private var table: RoutingTable
    /// The table on disk.
    private var stored: RoutingTable
    private let file: TableFile
    private let folder: String
    let server: ControlServer
    private let logger: Logger
    /// Nil once the lock was passed on.
    private var lock: RouterLock?
    private var isHandingOver = false
    /// Until when the router that this one replaced may have connections of its routes. Nil if it replaced none.
    private let sharedUntil: ContinuousClock.Instant?

    init(
        folder: String, table: RoutingTable, file: TableFile, plane: DataPlane, server: ControlServer, lock: RouterLock,
        sharedUntil: ContinuousClock.Instant?, logger: Logger
    ) {
        self.sharedUntil = sharedUntil
        self.folder = folder
        self.table = table
        stored = table
        self.file = file
        self.plane = plane
        self.server = server
        self.lock = lock
        self.logger = logger
    }

    func answer(_ call: Call) async {
        switch call.question {
        case .request(.apply(let next)): await apply(next, call)
        case .request(.change(let change)):
            guard change.from == table.revision else { return call.answer(reply(isOutOfStep: true)) }
            await apply(change.applied(to: table), call)
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
            logger.warning("The router that was taking over has exited; continuing")
            call.answer(reply())
        }
    }

    func tick() async {
        guard !isHandingOver else { return }
        await plane.retryListeners()
    }

    /// If the lock was passed on, the other router keeps it.
    func releaseLock() {
        lock?.release()
        lock = nil
    }

    /// Follows the table on disk, which belongs to the new router after a takeover: this router only ends the
    /// sessions that the table rules out.
    func followStoredTable() async {
        // The table is replaced by a rename, so it is always complete; an unreadable table is replaced by the next
        // one.
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

    /// Stores a table and puts it in force, except for the routes that the answer names.
    private func apply(_ next: RoutingTable, _ call: Call) async {
        guard !isHandingOver else { return call.answer(reply(refusal: HandoverRefusal.underWay.description)) }
        switch TableAdmission.judge(next, current: table) {
        case .refused(let reason):
            note([reason], of: next)
            call.answer(reply(refusal: reason))
        case .admitted(let admitted, let refused):
            let isOpening = TableChange.opensAlone(table, admitted)
            // Store first: the table in force must survive a restart.
            if !isOpening, let fault = store(admitted) { return call.answer(reply(refusal: fault)) }
            let actions = TableChange.plan(table, admitted)
            table = admitted
            await plane.perform(actions)
            logger.info("A new table is active", metadata: ["revision": "\(admitted.revision)"])
            note(refused.map(\.reason), of: next)
            // An older roostd reads the text alone.
            let words = refused.isEmpty ? nil : refused.map(\.reason).joined(separator: "; ")
            call.answer(reply(refusal: words, refused: refused))
            // Opening a gate is answered before it is stored, since clients are waiting. After a crash in between,
            // the stored table holds them until roostd sends its own.
            if isOpening { _ = store(admitted) }
        }
    }

    /// The reason why the table could not be stored; nil on success.
    private func store(_ table: RoutingTable) -> String? {
        guard table != stored else { return nil }
        do {
            try file.store(table)
            stored = table
            return nil
        } catch {
            note(["\(error)"], of: table)
            return "\(error)"
        }
    }

    private func note(_ reasons: [String], of table: RoutingTable) {
        for reason in reasons {
            logger.warning("A table was refused", metadata: ["revision": "\(table.revision)", "reason": "\(reason)"])
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
            routes: plane.statuses(of: table, knowsAll: sharedUntil.map { $0 <= .now } ?? true),
            protocolVersion: RouterProtocol.newest, refusals: refused, isOutOfStep: isOutOfStep)
    }
}

import Foundation
import Glibc
import Logging
import NIOCore
import NIOPosix
import RoostModel

/// The data plane of one home: listens on every route of its table and relays connections. The router survives
/// roostd's death, starts from its stored table, and hands its sockets to the router that replaces it.
package struct Router: Sendable {
    package static let version = "0.1.0"

    private let configuration: RouterConfiguration
    private let logger: Logger
    private let commands: AsyncStream<Command>
    private let command: AsyncStream<Command>.Continuation

    /// Without a logger the router logs nothing.
    package init(
        _ configuration: RouterConfiguration,
        logger: Logger = Logger(label: "roost-router") { _ in SwiftLogNoOpLogHandler() }
    ) {
        self.configuration = configuration
        self.logger = logger
        // Bounded by its senders: each control connection waits for its answer, and ticks come once a second.
        (commands, command) = AsyncStream.makeStream()
    }

    /// Makes `run` close everything and return.
    package func stop() {
        command.yield(.stop)
    }

    /// Serves until stopped, or until the last session has ended after another router took over. Call this only once.
    package func run() async throws {
        let home = configuration.home
        guard mkdir(home.folder, 0o700) == 0 || errno == EEXIST else {
            throw RouterError.folderUnusable(path: home.folder, errno: errno)
        }
        let capacity = Capacity(openFiles: OpenFileLimit.raise())
        let inheritance = try await Inheritance.claim(home, logger: logger)
        inheritance.lock.sign()
        try await withEventLoops { sessions, control in
            let active = try await start(from: inheritance, capacity: capacity, sessions: sessions, control: control)
            await reign(active)
            await endSessions(of: active.plane, on: control)
            // Calls that will not be answered are dropped while their event loop still runs, so that their callers
            // are notified.
            command.finish()
            for await _ in commands {}
            active.releaseLock()
        }
        logger.notice("Ended")
    }

    /// Runs until stopped, or until no session is left to drain after a takeover.
    private func reign(_ active: ActiveRouter) async {
        switch await ticking({ await serve(active) }) {
        case .stopped:
            // The missing name also tells a router that is still draining after an earlier takeover to end.
            unlink(configuration.home.controlSocket)
            await active.server.close()
            await active.plane.stopListening()
        case .handedOver:
            await active.server.close()
            await drain(active)
        }
    }

    /// Runs `body` while ticks are sent.
    private func ticking<Value: Sendable>(_ body: () async -> Value) async -> Value {
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                // The sleep ends with an error when the task is cancelled.
                while (try? await Task.sleep(for: configuration.tick)) != nil { command.yield(.tick) }
            }
            let value = await body()
            tasks.cancelAll()
            return value
        }
    }

    private func withEventLoops(
        _ body: (_ sessions: any EventLoopGroup, _ control: any EventLoop) async throws -> Void
    ) async throws {
        let sessions = MultiThreadedEventLoopGroup(numberOfThreads: configuration.threads)
        let control = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let result: Result<Void, any Error>
        do { result = .success(try await body(sessions, control.next())) } catch { result = .failure(error) }
        try await control.shutdownGracefully()
        try await sessions.shutdownGracefully()
        try result.get()
    }

    /// Listens on the routes of the stored table at once, then on the control socket.
    private func start(
        from inheritance: Inheritance, capacity: Capacity, sessions: any EventLoopGroup, control: any EventLoop
    ) async throws -> ActiveRouter {
        let file = TableFile(path: configuration.home.table)
        let table = try load(file)
        let plane = DataPlane(
            on: sessions, policy: configuration.sessions, capacity: capacity, inherited: inheritance.listeners,
            logger: logger)
        await plane.perform(TableChange.plan(.empty, table))
        plane.dropInherited()
        let socket = try inheritance.control ?? ControlSocket.open(at: configuration.home.controlSocket)
        let server = try await ControlServer(on: socket, loop: control, commands: command, logger: logger)
        logger.notice(
            "Serving",
            metadata: [
                "pid": "\(getpid())", "version": "\(Self.version)", "revision": "\(table.revision)",
                "routes": "\(table.routes.count)", "most_sessions": "\(capacity.total)",
            ])
        return ActiveRouter(
            folder: configuration.home.folder, table: table, file: file, plane: plane, server: server,
            lock: inheritance.lock, sharedUntil: inheritance.control == nil ? nil : .now + configuration.drain,
            logger: logger)
    }

    private func load(_ file: TableFile) throws(RouterError) -> RoutingTable {
        let content: TableFile.Content
        do { content = try file.load(now: Date()) } catch { throw .tableUnusable("\(error)") }
        switch content {
        case .table(let table): return table
        case .none: return .empty
        case .setAside(let name, let reason):
            logger.error(
                "The stored table cannot be read; starting without routes until roostd sends a table",
                metadata: ["kept_as": "\(name)", "reason": "\(reason)"])
            return .empty
        }
    }

    private enum Outcome { case stopped, handedOver }

    private func serve(_ active: ActiveRouter) async -> Outcome {
        for await next in commands {
            switch next {
            case .call(let call): await active.answer(call)
            case .tick: await active.tick()
            case .somethingEnded, .drainOver: break
            case .stop: return .stopped
            case .handedOver: return .handedOver
            }
        }
        return .stopped  // The task was cancelled.
    }

    /// Lets the sessions end by themselves. The sessions still follow the table, which the new router keeps on disk:
    /// a session with a server that was replaced must not outlive the change here. Driven by events, so that a fence
    /// holds at once and a router that waits for one idle client costs nothing.
    private func drain(_ active: ActiveRouter) async {
        logger.notice("Draining", metadata: ["sessions": "\(active.plane.capacity.sessions)"])
        active.plane.capacity.whenEmpty { [command] in command.yield(.somethingEnded) }
        let watch = FolderWatch(configuration.home.folder) { [command] in command.yield(.somethingEnded) }
        defer { watch?.cancel() }
        let deadline = Task { [command, configuration] in  // Cancelled below.
            if (try? await Task.sleep(for: configuration.drain)) != nil { command.yield(.drainOver) }
        }
        defer { deadline.cancel() }
        // Covers events before the watch was set up.
        command.yield(.somethingEnded)
        if watch == nil {
            logger.warning("The router's folder cannot be watched; checking it every \(configuration.tick)")
            await ticking { await follow(active) }
        } else {
            await follow(active)
        }
    }

    private func follow(_ active: ActiveRouter) async {
        for await next in commands {
            switch next {
            case .tick, .somethingEnded:
                guard await !isStopped(), active.plane.capacity.sessions > 0 else { return }
                await active.followStoredTable()
            case .stop, .drainOver: return
            case .call, .handedOver: break
            }
        }
    }

    /// A missing control socket means that the new router was stopped, and this one has to stop with it. A name that
    /// is missing only for a moment means nothing: a router of an older version removes the socket of a dead router
    /// before it binds its own.
    private func isStopped() async -> Bool {
        guard access(configuration.home.controlSocket, F_OK) != 0 else { return false }
        // In a cancelled task the sleep ends at once.
        try? await Task.sleep(for: .milliseconds(200))
        return access(configuration.home.controlSocket, F_OK) != 0
    }

    private func endSessions(of plane: DataPlane, on loop: any EventLoop) async {
        plane.endSessions()
        let end = ContinuousClock.now + configuration.shutdownLimit
        while plane.capacity.sessions > 0, ContinuousClock.now < end {
            // Wait by the loop's clock, since a cancelled task cannot sleep. The wait fails only if the loop has
            // ended.
            try? await loop.scheduleTask(in: .milliseconds(10)) {}.futureResult.get()
        }
    }
}

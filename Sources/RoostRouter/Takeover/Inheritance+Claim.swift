import Glibc
import Logging
import NIOPosix
import RoostModel

extension Inheritance {
    /// Time that a running router may keep a new one waiting, long enough for a router that is itself still starting.
    private static let patience: Duration = .seconds(15)

    /// Makes this process the router of its home: takes the lock if it is free, else takes over from the lock's
    /// holder.
    static func claim(_ home: RouterHome, logger: Logger) async throws -> Inheritance {
        let start = ContinuousClock.now
        while true {
            var obstacle: String
            do {
                return Inheritance(lock: try RouterLock(path: home.lock))
            } catch RouterLock.Failure.held {
                obstacle = "it holds the lock, but does not listen on \(home.controlSocket)"
            } catch {
                throw RouterError.lockUnusable("\(error)")
            }
            if let socket = try ControlSocket.connect(to: home.controlSocket) {
                do {
                    let inheritance = try await takeOver(through: socket)
                    logger.notice(
                        "Took over from another router", metadata: ["listeners": "\(inheritance.listeners.count)"])
                    return inheritance
                } catch {
                    obstacle = "\(error)"
                }
            }
            guard ContinuousClock.now - start < patience else { throw RouterError.alreadyRunning(reason: obstacle) }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private static func takeOver(through socket: CInt) async throws -> Inheritance {
        defer { close(socket) }
        // A thread of its own, because the takeover blocks.
        let thread = NIOThreadPool(numberOfThreads: 1)
        thread.start()
        defer { thread.shutdownGracefully { _ in } }
        return try await thread.runIfActive { try Predecessor(socket: socket).takeOver() }
    }
}

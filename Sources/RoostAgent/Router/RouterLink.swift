import RoostAgentProtocol
import RoostModel

/// The agent's connection to the router of its machine: at most one, the newest that the control plane asked for.
actor RouterLink {
    private static let attempts = 500
    private static let pause: Duration = .milliseconds(10)

    private let process: RouterProcess
    private var current: (id: String, connection: RouterConnection)?
    /// Process id of the router that was started last, until a caller knows of it.
    private var started: Int32?

    init(process: RouterProcess) { self.process = process }

    func reach(_ id: String) async throws(Problem) -> ReachRouter.Answer {
        if current?.id != id {
            let connection = try await open()
            current?.connection.close()
            current = (id, connection)
        }
        let reply = try await send(.status, over: id)
        defer { started = nil }
        return ReachRouter.Answer(started: started, reply: reply)
    }

    func send(_ request: RouterRequest, over id: String) async throws(Problem) -> RouterReply {
        guard let current, current.id == id else { throw Self.closed }
        do throws(RouterConnection.Failure) { return try await current.connection.send(request) } catch {
            throw Problem(.serviceUnavailable, "\(error)")
        }
    }

    /// Returns when the connection is closed. Closes it if the task is cancelled.
    func follow(_ id: String) async {
        guard let current, current.id == id else { return }
        let connection = current.connection
        await withTaskCancellationHandler {
            await connection.waitForClose()
        } onCancel: {
            connection.close()
        }
        // The place may belong to a newer connection by now.
        if self.current?.id == id { self.current = nil }
    }

    private static var closed: Problem { Problem(.serviceUnavailable, "the connection to the router is closed") }

    /// Connects to the router's control socket. Starts a router if none answers there.
    private func open() async throws(Problem) -> RouterConnection {
        // No answer means that no router runs, or that one is just starting: both are met below.
        if let connection = try? await RouterConnection.open(path: process.paths.routerSocket) { return connection }
        do { started = try process.ensure() ?? started } catch {
            throw Problem(.failed, "no router is running for this home: \(error)")
        }
        for _ in 0..<Self.attempts {
            if let connection = try? await RouterConnection.open(path: process.paths.routerSocket) { return connection }
            // A cancelled sleep only asks again sooner; the attempts are bounded.
            try? await Task.sleep(for: Self.pause)
        }
        throw Problem(
            .serviceUnavailable,
            "no router is running for this home: started, but its control socket does not answer; see "
                + process.paths.routerLog)
    }
}

import Hummingbird
import RoostAPI
import RoostModel
import ServiceLifecycle

/// Operations, and the ways to wait for one.
struct OperationRoutes: Sendable {
    /// Length of each poll of `?wait=ready`; the platform answers earlier when there is news.
    private static let look = Duration.seconds(20)

    let operations: any OperationsAPI
    let timeouts: Timeouts

    var routes: [HTTPRoute] {
        [
            HTTPRoute(OperationEndpoints.list, .list, handler: list),
            HTTPRoute(OperationEndpoints.show, .list, handler: show),
            HTTPRoute(OperationEndpoints.cancel, .copy, handler: cancel),
        ]
    }

    private func list(_ call: Call) async throws -> Reply<ItemList<OperationInfo>> {
        let application = try call.applicationFilter()
        let all = try call.query.flag("all")
        let found = try await operations.list(application, all: all)
        let seen = found.filter { includes(call, $0) }
        return try .list(call.caller.administers ? seen : seen.map(\.withoutQuotes))
    }

    private func cancel(_ call: Call) async throws -> Reply<OperationInfo> {
        let id = try call.parameter("operation")
        _ = try await found(id, call)
        return try shown(try await operations.cancel(id), call)
    }

    /// Operations of the machine are visible to administrators only.
    private func includes(_ call: Call, _ operation: OperationInfo) -> Bool {
        operation.application.map(call.scope.includes) ?? (call.scope == .everything)
    }

    private func found(_ id: String, _ call: Call) async throws -> OperationInfo {
        let operation = try await operations.find(id, wait: nil, seenSteps: 0)
        guard includes(call, operation) else {
            throw Problem(.operationNotFound, "there is no operation '\(id)'", next: ["roost operation ls --all"])
        }
        return operation
    }

    private func show(_ call: Call) async throws -> Reply<OperationInfo> {
        let id = try call.parameter("operation")
        let seconds = try call.query.number("wait", in: 0...Int(Int32.max)) ?? 0
        let seen = try call.query.number("seen", in: 0...Int(Int32.max)) ?? 0
        // Without waiting first: the caller's access to the operation is checked before its news are.
        let operation = try await found(id, call)
        guard seconds > 0, operation.state == .running else { return try shown(operation, call) }
        let wait = min(.seconds(seconds), timeouts.longestPoll)
        return try shown(
            try await cancelWhenGracefulShutdown { try await operations.find(id, wait: wait, seenSteps: seen) }, call
        )
    }

    private func shown(_ operation: OperationInfo, _ call: Call) throws -> Reply<OperationInfo> {
        if call.caller.administers { return try .json(operation) }
        var shown = operation.withoutQuotes
        // A script's output may contain secrets, so read-only tokens do not get it.
        if call.caller == .token(.read) { shown.output = nil }
        return try .json(shown)
    }

    func waits(_ call: Call) throws(Problem) -> Bool { try call.waits() }

    /// The operation when it has succeeded. A failed operation fails the request.
    func ended(_ operation: OperationInfo) async throws -> OperationInfo {
        let last = try await cancelWhenGracefulShutdown {
            var latest = operation
            let deadline = ContinuousClock.now + timeouts.longestWait
            while latest.state == .running {
                let left = deadline - .now
                guard left > .zero else { throw late(latest) }
                latest = try await operations.find(
                    latest.id, wait: min(left, Self.look), seenSteps: latest.steps.count)
                // A stopping platform answers at once, and without this check the loop would spin.
                try Task.checkCancellation()
            }
            return latest
        }
        guard last.state == .done else {
            throw Problem(
                .failed, last.error ?? "the operation failed",
                next: Hint.reasons(of: operation))
        }
        return last
    }

    private func late(_ operation: OperationInfo) -> Problem {
        Problem(
            .timedOut, "the operation has not ended after \(timeouts.longestWait.components.seconds) s; it continues",
            next: ["follow it at \(OperationEndpoints.show.path(OperationPath(operation.id)))"])
    }

    /// Answers with an operation, and waits for its end if the caller asks for that.
    func answer(_ call: Call, _ operation: OperationInfo) async throws -> Reply<OperationInfo> {
        guard try waits(call), operation.state == .running else { return try .work(operation, operation) }
        return try .json(try await ended(operation))
    }
}

import RoostModel

extension ControlPlane {
    package func operation(_ id: String, wait: Duration?, seenSteps: Int) async throws(Problem) -> OperationInfo {
        try await operations.find(id, wait: wait, seenSteps: seenSteps)
    }

    package func operations(_ application: ApplicationName?, all: Bool) async throws(Problem) -> [OperationInfo] {
        try await operations.list(application, all: all)
    }

    package func cancelOperation(_ id: String) async throws(Problem) -> OperationInfo {
        let operation = try await operations.find(id, wait: nil, seenSteps: 0)
        guard operation.state == .running else {
            throw Problem(
                .conflict, "operation \(id) has ended: \(operation.state.rawValue)",
                next: ["roost operation show \(id)"])
        }
        if await operations.cancel(id) {
            await events.add("operation_cancelled", "\(operation.kind) \(id) is being cancelled")
        } else if operation.kind == "clone", let name = operation.result.flatMap({ CloneName(rawValue: $0) }) {
            // A half-made clone is of no use, so it is removed.
            _ = try await removeClone(name, confirm: name.rawValue)
        } else {
            throw Self.goesOn(operation)
        }
        return try await operations.find(id, wait: nil, seenSteps: 0)
    }

    /// Why a stored change cannot be cancelled, and what can be done instead.
    private static func goesOn(_ operation: OperationInfo) -> Problem {
        let next =
            switch operation.kind {
            case "push", "scale": ["roost push  # with the previous file"]
            case "restore": ["roost snapshot ls  # the previous data is kept, and can be restored afterwards"]
            default: ["roost operation show \(operation.id)"]
            }
        return Problem(
            .conflict, "\(operation.kind) \(operation.id) is already being carried out and cannot be cancelled",
            next: next)
    }
}

import Foundation
import RoostHost
import RoostModel

extension ControlPlane {
    package func storage() async throws(Problem) -> StorageInfo { try await host.storage() }

    package func makePool(_ request: PoolRequest) async throws(Problem) -> OperationInfo {
        let size = try poolSize(request)
        let paths = settings.paths
        guard !paths.hasPool, !paths.isPoolMissing else {
            throw Problem(
                .exists, "this home has a pool already, at \(paths.pool)", next: ["roost storage grow --size 40G"])
        }
        return try await inBackground("storage_init", "make the pool") { [host] () async throws(HostFailure) in
            try await host.makePool(size: size)
        } done: { [events] in
            await events.add("pool_made", "a pool of \(size) was made at \(paths.pool)")
        }
    }

    package func growPool(_ request: PoolRequest) async throws(Problem) -> OperationInfo {
        let size = try poolSize(request)
        guard settings.paths.hasPool else {
            throw Problem(.notFound, "this home has no pool", next: ["roost storage init --size 20G"])
        }
        return try await inBackground("storage_grow", "grow the pool") { [host] () async throws(HostFailure) in
            try await host.growPool(size: size)
        } done: { [events] in
            await events.add("pool_grown", "the pool has \(size) now")
        }
    }

    private func poolSize(_ request: PoolRequest) throws(Problem) -> ByteCount {
        if let size = ByteCount(request.size) { return size }
        throw Problem(.usage, "'\(request.size)' is no size: write it as 20G")
    }

    /// What was interrupted is undone by the next try.
    private func inBackground(
        _ kind: String, _ step: String, _ work: @escaping @Sendable () async throws(HostFailure) -> Void,
        done: @escaping @Sendable () async -> Void
    ) async throws(Problem) -> OperationInfo {
        let operation = try await operations.begin(
            kind, interruption: "roostd ended before it was done; what was half made goes with the next try")
        background.add { [operations] in
            await operations.perform(operation.id) {
                let began = ContinuousClock.now
                await operations.begin(step, on: operation.id)
                do throws(HostFailure) {
                    try await work()
                    await operations.note(step, took: began.duration(to: .now), on: operation.id)
                    await done()
                    return .done(result: nil)
                } catch {
                    return .failed(error.description)
                }
            }
        }
        return operation
    }

    package func moveService(_ id: ServiceID, confirm: String?) async throws(Problem) -> OperationInfo {
        let service = try await findService(id).value
        guard settings.paths.hasPool else {
            throw Problem(.notFound, "this home has no pool", next: ["roost storage init --size 20G"])
        }
        guard service.custom == nil else {
            throw Problem(
                .usage, "'\(id.service)' is a custom service, which was built for the path that it has",
                next: ["roost destroy \(id.service)  # then push: a new one stands in the pool"])
        }
        guard
            service.instances.contains(where: {
                settings.paths.place(of: InstanceID(id, $0.index)) != settings.paths.poolPlace
            })
        else {
            throw Problem(.exists, "'\(id.service)' stands in the pool already", next: ["roost storage info"])
        }
        try requireConfirmation(
            confirm, name: "\(id.service)",
            "moving '\(id.service)' stops it for as long as its data take to copy; its clients wait at the router",
            command: "roost storage move \(id.service) --yes")
        // Now, while it still serves.
        do { try await host.refuseMove(of: service.instances.map { InstanceID(id, $0.index) }) } catch {
            throw Problem(.diskFull, error.description, next: ["roost storage info", "roost storage grow --size 40G"])
        }
        try refuseLostFiles(try await findService(id).value, to: "moved")
        let operation = try await wish("storage_move", for: id) { spec, _ in spec.ask(for: .move) }
        await events.add("move_started", "moving \(id.service) into the pool", service: id)
        return operation
    }
}

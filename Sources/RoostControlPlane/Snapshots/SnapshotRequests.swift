import Foundation
import Logging
import RoostAgentProtocol
import RoostControl
import RoostModel

/// Requests for snapshots of services and clones: while the server runs, or with a stop.
struct SnapshotRequests: Sendable {
    let services: ServiceRegistry
    let operations: Operations
    let taker: Snapshots
    let snapshots: KeptSnapshots
    let background: Background
    let logger: Logger

    private static let kept: TimeInterval = 30 * 24 * 3600
    private static let keptCount = 24

    /// `name` is the service's or the clone's name, as people know it.
    func take(
        of service: Service, named name: String, _ request: SnapshotRequest
    ) async throws(Problem) -> OperationInfo {
        let id = service.id
        try refuseWhileChanging(service)
        try services.refuseLostFiles(service, to: "snapshotted")
        guard service.custom == nil || request.stop ?? false else {
            throw Problem(
                .usage, "'\(name)' is a custom service: its processes must be stopped for a snapshot",
                next: ["roost snapshot new \(name) --stop"])
        }
        let kept = request.keepSeconds ?? Self.kept
        guard kept.isFinite, kept >= 0, kept <= 10 * 365 * 24 * 3600 else {
            throw Problem(.usage, "a snapshot's lifetime must be between 0 s (unlimited) and 10 years")
        }
        let count = request.keepCount ?? Self.keptCount
        guard (1...1000).contains(count) else {
            throw Problem(.usage, "the number of snapshots to keep must be between 1 and 1000")
        }
        let terms = SnapshotTerms(
            reason: SnapshotRecord.manual, maxPause: try SnapshotTerms.longestPause(request.maxPauseMilliseconds),
            expiresAt: kept > 0 ? Date().addingTimeInterval(kept) : nil, mayStop: request.stop ?? false)
        let snapshot = TimedID.make()
        if terms.mayStop {
            let expiresAt = terms.expiresAt
            // If the daemon dies before older snapshots are removed, one more stays until the next snapshot.
            return try await services.requestChange("snapshot", for: id, result: snapshot) {
                spec, service throws(Problem) in
                try refuseGroup(service, "stopped for a snapshot")
                spec.ask(for: .image(keep: snapshot, expiresAt: expiresAt))
            } completing: { [self] in
                do throws(Problem) { try await snapshots.keepNewest(count, of: id) } catch {
                    logger.warning("Old snapshots could not be removed", metadata: ["reason": "\(error.message)"])
                }
            }
        }
        let work = SnapshotWork(service: id, id: snapshot, terms: terms, kept: count)
        let operation = try await operations.begin(
            "snapshot", application: service.clone?.origin.application, service: id,
            interruption: "roostd stopped before the snapshot was taken; nothing was kept", work: .takeSnapshot(work))
        carryOut(work, operation.id)
        return operation
    }

    /// Takes a journaled snapshot in the background, also for an earlier daemon's request: a snapshot that exists is not
    /// taken again.
    func carryOut(_ work: SnapshotWork, _ operation: String) {
        background.add { [self] in
            await operations.perform(operation) {
                let began = ContinuousClock.now
                await operations.beginWork(operation)
                await operations.begin("snapshot", on: operation)
                do throws(Problem) {
                    // Taken by an earlier daemon, which did not get to say so.
                    if try await taker.agent.call(FindSnapshot(work.service, work.id)).record != nil {
                        try await snapshots.keepNewest(work.kept, of: work.service)
                        return .done(result: work.id)
                    }
                    let taken = try await taker.take(work.service, as: work.id, work.terms)
                    let pause = taken.pauseMilliseconds.map { ", pause \($0.rounded(toPlaces: 1)) ms" } ?? ""
                    await operations.note(
                        "snapshot (\(taken.method)\(pause))", took: began.duration(to: .now), on: operation)
                    try await snapshots.keepNewest(work.kept, of: work.service)
                    return .done(result: work.id)
                } catch {
                    // The daemon stops: the next one takes the snapshot.
                    return Task.isCancelled ? .interrupted : .failed(error.message)
                }
            }
        }
    }
}

extension SnapshotTerms {
    /// The longest pause of writers that a request allows.
    static func longestPause(_ milliseconds: Double?) throws(Problem) -> Duration {
        guard let milliseconds else { return SnapshotTerms.defaultPause }
        guard milliseconds.isFinite, (1...10_000).contains(milliseconds) else {
            throw Problem(.usage, "the maximum pause must be between 1 ms and 10 s, not \(milliseconds) ms")
        }
        return .milliseconds(milliseconds)
    }
}

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
        try services.refuseLostFiles(service, to: "put into a snapshot")
        guard service.custom == nil || request.stop ?? false else {
            throw Problem(
                .usage, "'\(name)' is a custom service, whose processes are stopped for a snapshot",
                next: ["roost snapshot new \(name) --stop"])
        }
        let kept = request.keepSeconds ?? Self.kept
        guard kept.isFinite, kept >= 0, kept <= 10 * 365 * 24 * 3600 else {
            throw Problem(.usage, "a snapshot is kept 0 s (for ever) to 10 years")
        }
        let count = request.keepCount ?? Self.keptCount
        guard (1...1000).contains(count) else { throw Problem(.usage, "1 to 1000 snapshots of a service are kept") }
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
                    logger.warning("Old snapshots were left", metadata: ["reason": "\(error.message)"])
                }
            }
        }
        let operation = try await operations.begin(
            "snapshot", application: service.clone?.origin.application, service: id,
            interruption: "roostd ended before the snapshot was taken; nothing of it is kept")
        background.add { [self] in
            await operations.perform(operation.id) {
                let began = ContinuousClock.now
                await operations.begin("snapshot", on: operation.id)
                do throws(Problem) {
                    let taken = try await taker.take(id, as: snapshot, terms)
                    let pause = taken.pauseMilliseconds.map { ", pause \($0.rounded(toPlaces: 1)) ms" } ?? ""
                    await operations.note(
                        "snapshot (\(taken.method)\(pause))", took: began.duration(to: .now), on: operation.id)
                    try await snapshots.keepNewest(count, of: id)
                    return .done(result: snapshot)
                } catch {
                    return .failed(error.message)
                }
            }
        }
        return operation
    }
}

extension SnapshotTerms {
    /// The longest pause of writers that a request allows.
    static func longestPause(_ milliseconds: Double?) throws(Problem) -> Duration {
        guard let milliseconds else { return SnapshotTerms.defaultPause }
        guard milliseconds.isFinite, (1...10_000).contains(milliseconds) else {
            throw Problem(.usage, "the longest pause is 1 ms to 10 s, not \(milliseconds) ms")
        }
        return .milliseconds(milliseconds)
    }
}

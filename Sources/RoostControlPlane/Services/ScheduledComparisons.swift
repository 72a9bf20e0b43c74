import Foundation
import Logging
import RoostControl
import RoostModel

/// Begins the comparisons of members that are due by schedule, each as an operation like one that a user asked for.
struct ScheduledComparisons: Sendable {
    let records: Records
    let statusCache: StatusCache
    let comparisons: Comparisons
    let book: ComparisonBook
    let begin: @Sendable (ServiceID) async throws(Problem) -> OperationInfo
    let logger: Logger

    func look(at now: Date) async throws(Problem) {
        let services = try await records.services().map(\.value)
        book.keep(only: Set(services.map(\.id)))
        for service in services {
            guard
                ComparisonSchedule.isDue(
                    service, statusCache.status(of: service.id), note: book.note(of: service), now: now),
                await comparisons.canBegin(service.id)
            else { continue }
            do throws(Problem) {
                // Stored before: a comparison that ends roostd is not begun again at once.
                try await book.change(service.id) { $0.begunAt = now }
                _ = try await begin(service.id)
            } catch {
                logger.warning(
                    "A scheduled comparison of members could not begin",
                    metadata: ["service": "\(service.id)", "reason": "\(error.message)"])
            }
        }
    }
}

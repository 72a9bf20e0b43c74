import RoostModel
import RoostTasks

extension KeyedQueue {
    /// Like `take`, with the errors of a host.
    func inTurn(_ subject: String, _ work: @escaping @Sendable () async throws -> Void) async throws(HostFailure) {
        do {
            try await take(subject, work)
        } catch let failure as HostFailure {
            throw failure
        } catch {
            throw HostFailure("\(error)")
        }
    }
}

import RoostAgentProtocol
import RoostModel

extension Operations {
    /// Running operations, oldest first; with `all`, also the ended operations that are still kept. `application`
    /// nil: operations of all applications.
    func list(_ application: ApplicationName?, all: Bool) async throws(Problem) -> [OperationInfo] {
        let stored = try await records.list(OperationRecord.self, under: Records.Kind.operations.prefix).map(
            \.value.info)
        let infos = stored.map { running[$0.id]?.info ?? $0 }
        return infos.filter { info in
            (all || info.state == .running) && (application == nil || info.application == application?.rawValue)
        }.sorted { ($0.startedAt, $0.id) < ($1.startedAt, $1.id) }
    }

    /// Cancels an operation's work. False if it cannot be cancelled.
    func cancel(_ id: String) -> Bool {
        guard running[id]?.info.state == .running, let cancel = cancellations[id] else { return false }
        cancel()
        return true
    }

    /// Enters news from an agent's job into its operation.
    func tell(_ news: JobNews, on id: String) {
        switch news {
        case .note(.began(let step)): begin(step, on: id)
        case .note(.did(let step, let milliseconds)): note(step, took: .milliseconds(milliseconds), on: id)
        case .note(.output(let line)): add(output: line, on: id)
        case .progress(let progress):
            self.progress(progress.text, bytes: progress.bytes, of: progress.totalBytes, on: id)
        }
    }
}

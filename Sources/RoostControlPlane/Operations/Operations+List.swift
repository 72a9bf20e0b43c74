import RoostAgentProtocol
import RoostModel

extension Operations {
    /// Those that run, oldest first; with `all` the ended ones that are still kept as well. `application` nil: of every one.
    func list(_ application: ApplicationName?, all: Bool) async throws(Problem) -> [OperationInfo] {
        let stored = try await records.list(OperationRecord.self, under: Records.Kind.operations.prefix).map(
            \.value.info)
        let infos = stored.map { running[$0.id]?.info ?? $0 }
        return infos.filter { info in
            (all || info.state == .running) && (application == nil || info.application == application?.rawValue)
        }.sorted { ($0.startedAt, $0.id) < ($1.startedAt, $1.id) }
    }

    /// Ends its work before its time. False: it cannot be ended so.
    func cancel(_ id: String) -> Bool {
        guard running[id]?.info.state == .running, let cancel = cancellations[id] else { return false }
        cancel()
        return true
    }

    /// What an agent's job told of itself.
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

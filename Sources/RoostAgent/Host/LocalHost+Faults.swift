import RoostEngines
import RoostHost
import RoostModel

// Causes of a fault or an end of a server: its disk, and the end of its log.
extension LocalHost {
    /// Number of lines from a log's end that are searched for the cause of a server's end.
    private static let lastLines = 40

    package func diskFault(_ order: InstanceOrder) -> String? { disk.diskFault(order.id) }

    /// How a server ended unasked, with the cause that its log gives.
    func ending(_ order: InstanceOrder, _ status: String, isOwnDoing: Bool) -> String {
        // The output of a custom service is for its owner alone, and a killed server wrote no last words.
        guard isOwnDoing, order.service.settings.custom == nil,
            let engine = try? engine(named: identity(for: order)),
            let log = try? LogFile.tail(paths.instance(order.id).log, lines: Self.lastLines)
        else { return status }
        let words = LastWords.read(log, causes: engine.knownCauses)
        let cause = words.cause.map { cause in
            switch cause.kind {
            case .diskFull: "\(cause.sentence): \(disk.diskText(paths.place(of: order.id).root + "/"))"
            case .other: cause.sentence
            }
        }
        let told = cause ?? (words.errors.isEmpty ? nil : "its log says: \(words.errors.joined(separator: "; "))")
        return told.map { "\(status); \($0)" } ?? status
    }
}

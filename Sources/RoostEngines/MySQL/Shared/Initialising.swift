import RoostModel

/// Time zones of this host. Without them clients can only use offsets.
enum TimeZones {
    static let folder = "/usr/share/zoneinfo"

    static func exist(_ name: String) -> Bool { FolderEntry.exists("\(folder)/\(name)", isFolder: false) }

    /// SQL that fills the time zone tables of the `mysql` database. The converter skips files that are not time zones
    /// and reports them on standard error.
    static func statements(converter: String?, user: ServerUser) async throws(EngineError) -> String {
        guard let converter, FolderEntry.exists(folder, isFolder: true) else { return "" }
        return try await ShortCommand(
            program: converter, arguments: [folder], user: user, patience: .seconds(60)
        ).step()
    }
}

extension ShortCommand {
    /// Runs one step of creating a data directory. Returns its output; the error contains the relevant lines.
    @discardableResult
    func step() async throws(EngineError) -> String {
        let outcome = try await run()
        guard outcome.succeeded else {
            let lines = (outcome.output + outcome.errors).split(whereSeparator: \.isNewline)
            let telling = lines.filter { $0.contains("ERROR") || $0.contains("[ERROR]") }
            let words = (telling.isEmpty ? lines.suffix(5) : telling.suffix(5)).joined(separator: "; ")
            throw .initialisationFailed("\(program) ended with \(outcome.ending): \(words)")
        }
        return outcome.output
    }
}

import RoostModel

/// What the time zones of this machine are read from. Where it has none, clients can name offsets alone.
enum TimeZones {
    static let folder = "/usr/share/zoneinfo"

    static func exist(_ name: String) -> Bool { FolderEntry.exists("\(folder)/\(name)", isFolder: false) }

    /// As SQL for the tables of the `mysql` database. Files that are no zones are skipped with a word on standard error.
    static func statements(converter: String?, user: ServerUser) async throws(EngineError) -> String {
        guard let converter, FolderEntry.exists(folder, isFolder: true) else { return "" }
        return try await ShortCommand(
            program: converter, arguments: [folder], user: user, patience: .seconds(60)
        ).step()
    }
}

extension ShortCommand {
    /// One step of making a data directory: its output, or an error with the telling lines.
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

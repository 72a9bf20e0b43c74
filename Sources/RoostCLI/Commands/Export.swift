import ArgumentParser
import RoostModel

/// `roost export SERVICE`
struct Export: Command {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a service's data to standard output.",
        discussion: """
            roost export data > data.sql
            roost export data | gzip > data.sql.gz
            roost export pg --format custom > pg.dump

            The engine's own dump program writes it, on this machine: as of one moment, and without a lock that others \
            wait for. 'roost import' and 'roost template add --dump' take it. Ends with the program's own status.
            """)

    @Argument(
        help: "The service or the clone.", completion: LiveNames.places, transform: { try Target($0) })
    var target: Target

    @Option(help: "sql, custom or tar (PostgreSQL), rdb (Redis), archive (MongoDB); else the engine's usual one.")
    var format: String?

    @Option(help: "A database of the service; else its own.")
    var database: String?

    @OptionGroup(title: "Common options") var options: Options

    func run(in session: Session) async throws(Problem) -> Ending {
        guard !session.caller.outputIsTerminal else {
            throw Problem(
                .usage, "an export is written to standard output, which is a terminal",
                next: ["roost export \(target.text) > FILE"])
        }
        let place = try await session.place(target)
        let request = ClientOfferRequest(
            arguments: [], instance: target.instance, export: format ?? "", database: database)
        let offer = try await session.client.client(place, request)
        return .become(try session.program(offer, typed: [], for: place.fileName))
    }
}

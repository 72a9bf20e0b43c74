import ArgumentParser
import RoostModel

/// `roost export SERVICE`
struct Export: Command {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a dump of a service's data to standard output.",
        discussion: """
            roost export data > data.sql
            roost export data | gzip > data.sql.gz
            roost export pg --format custom > pg.dump

            Runs the engine's own dump program on this machine. The dump is a consistent view of the data and does not \
            block other clients. 'roost import' and 'roost template add --dump' accept it. Exits with the program's status.
            """)

    @Argument(
        help: "The service or clone.", completion: LiveNames.places, transform: { try Target($0) })
    var target: Target

    @Option(
        help: "sql, custom or tar (PostgreSQL), rdb (Redis), archive (MongoDB); default: the engine's usual format.")
    var format: String?

    @Option(help: "The database to export (default: the service's own).")
    var database: String?

    @OptionGroup(title: "Common options") var options: Options

    func run(in session: Session) async throws(Problem) -> Ending {
        guard !session.caller.outputIsTerminal else {
            throw Problem(
                .usage, "refusing to write the export to a terminal",
                next: ["roost export \(target.text) > FILE"])
        }
        let place = try await session.place(target)
        let request = ClientOfferRequest(
            arguments: [], instance: target.instance, export: format ?? "", database: database)
        let offer = try await session.client.client(place, request)
        return .become(try session.program(offer, typed: [], for: place.fileName))
    }
}

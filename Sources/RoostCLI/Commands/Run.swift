import ArgumentParser
import Foundation
import RoostModel

/// `roost run SERVICE[.N] [-- COMMAND…]`
struct Run: Command {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Open the client of a service or a clone, signed in, or run a command beside it.",
        discussion: """
            roost run data                         opens the default client
            roost run data -- mysql -e 'select 1'
            roost run data -- mysql < dump.sql     imports, with progress on a terminal; ends at the first error

            Ends with the command's own status; with 125 when Roost failed, 126 when the command could not be run, \
            127 when it was not found.
            """)

    @Argument(
        help: ArgumentHelp("The service, one of its instances, or a clone.", valueName: "service[.n]|clone"),
        completion: LiveNames.places, transform: { try Target($0) })
    var target: Target

    @Argument(parsing: .postTerminator, help: "Behind --: the command and its arguments.")
    var command: [String] = []

    @OptionGroup(title: "Common options") var options: Options

    func run(in session: Session) async throws(Problem) -> Ending {
        let place = try await session.place(target)
        let offer = try await session.client.client(
            place, session.offerRequest(command, instance: target.instance))
        return .become(try session.program(offer, typed: command, for: place.fileName))
    }
}

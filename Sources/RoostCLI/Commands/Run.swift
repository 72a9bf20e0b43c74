import ArgumentParser
import Foundation
import RoostModel

/// `roost run SERVICE[.N] [-- COMMAND…]`
struct Run: Command {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Open a client connected to a service or clone, or run a command with its credentials.",
        discussion: """
            roost run data                         opens the default client
            roost run data -- mysql -e 'select 1'
            roost run data -- mysql < dump.sql     imports, with progress on a terminal; stops at the first error

            Exits with the command's status, or with 125 if Roost failed, 126 if the command could not be run, 127 if it \
            was not found.
            """)

    @Argument(
        help: ArgumentHelp("The service, one of its instances or a clone.", valueName: "service[.n]|clone"),
        completion: LiveNames.places, transform: { try Target($0) })
    var target: Target

    @Argument(parsing: .postTerminator, help: "The command and its arguments, after --.")
    var command: [String] = []

    @OptionGroup(title: "Common options") var options: Options

    func run(in session: Session) async throws(Problem) -> Ending {
        let place = try await session.place(target)
        let offer = try await session.client.client(
            place, session.offerRequest(command, instance: target.instance))
        return .become(try session.program(offer, typed: command, for: place.fileName))
    }
}

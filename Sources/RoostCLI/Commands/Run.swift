import ArgumentParser
import Foundation
import RoostModel

/// `roost run SERVICE[.N] [-- COMMAND…]`
struct Run: Command {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Open a service's own client, signed in, or run a command beside it.",
        discussion: """
            roost run data                         opens the default client
            roost run data -- mysql -e 'select 1'
            roost run data -- mysql < dump.sql     imports, with progress on a terminal

            Ends with the command's own status; with 125 when Roost failed, 126 when the command could not be run, \
            127 when it was not found.
            """)

    @Argument(
        help: ArgumentHelp("The service, or one of its instances.", valueName: "service[.n]"),
        completion: LiveNames.targets, transform: { try Target($0) })
    var target: Target

    @Argument(parsing: .postTerminator, help: "Behind --: the command and its arguments.")
    var command: [String] = []

    @OptionGroup(title: "Common options") var options: Options

    func run(in session: Session) async throws(Problem) -> Ending {
        let service = try session.service(target.service)
        let offer = try await session.client.client(
            service, ClientOfferRequest(arguments: command, instance: target.instance))
        var folder = ""
        if !offer.files.isEmpty {
            // Two daemons may each have a service of this name; their credentials are kept apart.
            let name = "\(service.application).\(service.service)-\(session.client.address.fingerprint)"
            folder = try ClientFiles(for: session.caller).write(offer.files, for: name)
        }
        return .become(try Program(offer, typed: command, files: folder, environment: session.caller.environment))
    }
}

extension String {
    /// A short name for a text, the same in every process (FNV-1a).
    fileprivate var fingerprint: String {
        String(utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }, radix: 36)
    }
}

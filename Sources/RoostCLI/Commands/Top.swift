import ArgumentParser
import RoostModel

/// `roost top`
struct Top: Command {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Show the resource usage of servers.",
        discussion:
            "Refreshes until Ctrl-C on a terminal; prints once elsewhere. In an application's folder, shows its servers."
    )

    @Flag(help: "Print once and exit.")
    var once = false

    @OptionGroup(title: "Common options") var options: Options

    func run(in session: Session) async throws(Problem) -> Ending {
        let application = session.settings.application
        var usage = try await session.client.usage(application)
        guard session.caller.outputIsTerminal, !once, !session.output.json else {
            try session.output.show(.usage(usage))
            return .done
        }
        var height = 0
        while true {
            let text = Answer.usage(usage).text(Style(.output, of: session.caller))
            // Moves up to the beginning of the last table, and clears everything below.
            let back = height > 0 ? "\u{1b}[\(height)A\u{1b}[J" : ""
            session.caller.write(.output, back + text)
            height = text.count { $0 == "\n" }
            await session.pause(.seconds(2))
            usage = try await session.patiently { () throws(Problem) in
                try await session.client.usage(application)
            }
        }
    }
}

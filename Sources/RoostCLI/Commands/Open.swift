import ArgumentParser
import RoostModel

/// `roost open`
struct Open: Command {
    static let configuration = CommandConfiguration(
        commandName: "open", abstract: "Open the dashboard.",
        discussion:
            "Prints a one-time sign-in URL, valid for one minute; on a desktop, opens it in the browser.")

    @OptionGroup(title: "Common options") var options: Options

    func run(in session: Session) async throws(Problem) -> Ending {
        let signIn = try await session.client.signIn()
        try session.output.show(.signIn(signIn))
        let hasDisplay = ["DISPLAY", "WAYLAND_DISPLAY"].contains { session.caller.variable($0) != nil }
        if session.caller.outputIsTerminal, hasDisplay, !session.output.json {
            browse(signIn.url, session.caller)
        }
        return .done
    }

    /// Opens the address in a desktop browser. A failure is ignored: the address is already printed.
    private func browse(_ url: String, _ caller: Caller) {
        let program = Program(arguments: ["xdg-open", url], environment: caller.environment)
        _ = try? program.start(program.find(), silently: true)
    }
}

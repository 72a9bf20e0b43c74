import ArgumentParser
import RoostModel

/// `roost events`
struct Events: Command {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Show what Roost did, and why.",
        discussion: """
            In an application's folder (or with -A), shows the events of that application. With --all, shows the events \
            of all applications, templates, clones and the machine.
            """)

    @Flag(name: [.short, .long], help: "Keep printing new events.")
    var follow = false

    @Option(name: [.customShort("n"), .long], help: "Number of recent events to show.")
    var lines = 50

    @Flag(help: "Show the events of every application and of the machine.")
    var all = false

    @OptionGroup(title: "Common options") var options: Options

    func validate() throws {
        guard (0...1000).contains(lines) else { throw ValidationError("-n takes 0 to 1000") }
    }

    func run(in session: Session) async throws(Problem) -> Ending {
        let application = all ? nil : session.settings.application
        // With zero lines the newest event is still requested, because following begins behind it.
        let newest = try await session.client.recentEvents(limit: max(lines, 1), application: application)
        let recent = newest.suffix(lines)
        guard follow else {
            try session.output.show(.events(Array(recent)))
            return .done
        }
        for event in recent { try session.output.stream(.event(event)) }
        var last = newest.last?.id ?? 0
        while true {
            do {
                try await session.client.events(after: last, application: application) {
                    event throws(Problem) in
                    last = event.id
                    try session.output.stream(.event(event))
                }
            } catch let error where error.code != .daemonUnreachable {
                throw error
            } catch {
                // The connection was lost in mid-stream; the next request shows whether the daemon comes back.
            }
            // Following continues behind the last event seen, so that a restart of the daemon loses none.
            await session.pause(.milliseconds(100))
            _ = try await session.patiently { () throws(Problem) in
                try await session.client.recentEvents(limit: 1, application: application)
            }
        }
    }
}

import ArgumentParser
import RoostModel

/// `roost engine`
struct Engine: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engine", abstract: "The database servers that can be started here.",
        subcommands: [Add.self, Ls.self, Rm.self])

    /// `roost engine add TYPE PATH`
    struct Add: Command {
        static let configuration = CommandConfiguration(
            commandName: "add", abstract: "Add a build of a server from an archive, a folder or a program.",
            discussion: """
                Takes .tar.gz, .tar.xz and .tar.zst archives, a folder, or a single program. It is checked, slimmed, \
                proven by a trial server, and installed under its version beside the others. The path is one of the \
                machine that roostd runs on. Services that exist stay with the engine that they have.
                """)

        @Argument(help: "The type that it serves, as in the build file: mysql, mariadb, …")
        var type: String

        @Argument(help: "The archive, folder or program.", completion: .file())
        var path: String

        @Option(help: "Refuse it unless it is this version or a release of it, as in 9.7.")
        var version: String?

        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            let request = EngineRequest(type: type, path: try absolute(in: session), version: version)
            let operation = try await session.follow(try await session.client.addEngine(request))
            if let result = operation.result { session.output.note("\(result) can be started here") }
            try session.output.show(.engineAdded(operation))
            return .done
        }

        /// The path as the daemon resolves it. A daemon that is reached by an address may run on another machine,
        /// which does not know this machine's working directory.
        private func absolute(in session: Session) throws(Problem) -> String {
            if case .socket = session.settings.daemon {
                return path.hasPrefix("/") ? path : "\(session.caller.directory)/\(path)"
            }
            if path.hasPrefix("/") {
                session.output.note("\(path) is looked for on the machine that roostd runs on")
                return path
            }
            throw Problem(
                .usage, "'\(path)' must be an absolute path of the machine that roostd runs on, not of this one",
                next: ["copy it there, and name it by its path there: roost engine add \(type) /PATH"])
        }
    }

    /// `roost engine ls`
    struct Ls: Command {
        static let configuration = CommandConfiguration(
            commandName: "ls", abstract: "List engines, newest first.", aliases: ["list"])

        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            try session.output.show(.engines(try await session.client.engines()))
            return .done
        }
    }

    /// `roost engine rm ENGINE`
    struct Rm: Command {
        static let configuration = CommandConfiguration(
            commandName: "rm", abstract: "Remove an added build that nothing uses.")

        @Argument(help: "The engine, as in mysql@9.7.4.", completion: LiveNames.engines)
        var engine: String

        @Flag(help: "Do not ask.")
        var yes = false

        @Flag(help: "Show what would be removed, and remove nothing.")
        var dryRun = false

        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            // Always a dry run first: an engine that cannot be removed is reported before a name has to be typed.
            let plan = try await session.client.removeEngine(engine, confirm: nil, dryRun: true)
            let effect = "this removes \(engine), \(plan.sizeBytes?.rounded ?? "of unknown size"), \(plan.origin)"
            if dryRun {
                session.output.note(effect)
                try session.output.showIfJSON(.engines([plan]))
                return .done
            }
            try session.confirm(effect, name: engine, yes: yes)
            let removed = try await session.client.removeEngine(engine, confirm: engine, dryRun: false)
            session.output.note("\(engine) is removed")
            try session.output.showIfJSON(.engines([removed]))
            return .done
        }
    }
}

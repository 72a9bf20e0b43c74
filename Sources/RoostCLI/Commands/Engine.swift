import ArgumentParser
import RoostModel

/// `roost engine`
struct Engine: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engine", abstract: "Manage database engines.",
        subcommands: [Add.self, Ls.self, Rm.self])

    /// `roost engine add TYPE PATH`
    struct Add: Command {
        static let configuration = CommandConfiguration(
            commandName: "add", abstract: "Add a build of an engine from an archive, a folder or a program.",
            discussion: """
                Accepts .tar.gz, .tar.xz and .tar.zst archives, a folder or a single program. The build is checked, \
                stripped, tested with a trial server and installed beside the other versions. PATH is read on the \
                machine that runs roostd. Existing services keep their engine.
                """)

        @Argument(help: "The service type of the engine, as in the build file: mysql, mariadb, …")
        var type: String

        @Argument(help: "The archive, folder or program.", completion: .file())
        var path: String

        @Option(help: "Fail unless the build has this version; 9.7 includes its releases, such as 9.7.4.")
        var version: String?

        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            let request = EngineRequest(type: type, path: try absolute(in: session), version: version)
            let operation = try await session.follow(try await session.client.addEngine(request))
            if let result = operation.result { session.output.note("Engine \(result) is ready to use") }
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
                session.output.note("Looking for \(path) on the machine that runs roostd")
                return path
            }
            throw Problem(
                .usage, "'\(path)' must be an absolute path on the machine that runs roostd, not on this one",
                next: ["copy it there, then pass its path: roost engine add \(type) /PATH"])
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
            commandName: "rm", abstract: "Remove an added engine that is not in use.")

        @Argument(help: "The engine, such as mysql@9.7.4.", completion: LiveNames.engines)
        var engine: String

        @Flag(help: "Do not ask for confirmation.")
        var yes = false

        @Flag(help: "Show what would be removed without removing it.")
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
            session.output.note("Engine \(engine) was removed")
            try session.output.showIfJSON(.engines([removed]))
            return .done
        }
    }
}

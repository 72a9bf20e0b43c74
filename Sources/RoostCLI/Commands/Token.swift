import ArgumentParser
import RoostModel

/// `roost token`
struct Token: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Manage tokens for access over TCP.", subcommands: [Add.self, Ls.self, Rm.self])

    /// `roost token add NAME --scope SCOPE`
    struct Add: Command {
        static let configuration = CommandConfiguration(
            commandName: "add", abstract: "Create a token and print it.",
            discussion: "The token is printed only once. Clients pass it in ROOST_TOKEN.")

        @Argument(help: "A name for the token.")
        var name: String

        @Option(help: "Scope of the token: admin, read (everything except secrets) or app:NAME (one application).")
        var scope: String

        @OptionGroup(title: "Common options") var options: Options

        func validate() throws {
            guard Access(scope: scope) != nil else {
                throw ValidationError("invalid scope '\(scope)': use admin, app:NAME or read")
            }
        }

        func run(in session: Session) async throws(Problem) -> Ending {
            let token = try await session.client.addToken(TokenRequest(name: name, scope: scope))
            session.output.note("Token '\(name)' was created. It is shown only once; use it as ROOST_TOKEN:")
            try session.output.show(.token(token))
            return .done
        }
    }

    /// `roost token ls`
    struct Ls: Command {
        static let configuration = CommandConfiguration(
            commandName: "ls", abstract: "List tokens.", aliases: ["list"])

        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            try session.output.show(.tokens(try await session.client.tokens()))
            return .done
        }
    }

    /// `roost token rm NAME`
    struct Rm: Command {
        static let configuration = CommandConfiguration(commandName: "rm", abstract: "Revoke a token immediately.")

        @Argument(help: "The token's name.", completion: LiveNames.tokens)
        var name: String

        @Flag(help: "Do not ask for confirmation.")
        var yes = false

        @Flag(help: "Show what would be removed without removing it.")
        var dryRun = false

        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            guard let token = try await session.client.tokens().first(where: { $0.name == name }) else {
                throw Problem(.tokenNotFound, "there is no token '\(name)'", next: ["roost token ls"])
            }
            let effect = "this revokes the token '\(name)', and its clients lose access"
            if dryRun {
                session.output.note(effect)
                try session.output.showIfJSON(.tokens([token]))
                return .done
            }
            try session.confirm(effect, name: name, yes: yes)
            try await session.client.removeToken(name)
            session.output.note("Token '\(name)' was revoked")
            try session.output.showIfJSON(.tokens([token]))
            return .done
        }
    }
}

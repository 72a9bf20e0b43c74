import ArgumentParser
import RoostModel

/// `roost user`
struct User: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Manage additional users of a service.",
        subcommands: [Add.self, Ls.self, Rm.self])

    /// `roost user add SERVICE NAME`
    struct Add: Command {
        static let configuration = CommandConfiguration(
            commandName: "add", abstract: "Add a user and print its generated password.",
            discussion: """
                The password is printed only once and cannot be shown again.

                --replication cdc lets the user read all changes of the server, as Debezium and gh-ost do: MariaDB, \
                MySQL and PostgreSQL, which needs 'config: {wal_level: logical}' in the build file. Such a user can \
                read all data of the service, whatever tables it was granted.
                """)

        @Argument(
            help: "The service.", completion: LiveNames.services, transform: { try ServiceName($0) })
        var service: ServiceName

        @Argument(help: "The user's name.")
        var name: String

        @Option(help: "A right on the server's replication: cdc, to read all of its changes.")
        var replication: ReplicationRight?

        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            let user = try await session.client.addUser(
                try session.service(service), name, replication: replication.map { [$0] } ?? [])
            session.output.note("User '\(name)' of '\(service)' was created. Its password is shown only once:")
            try session.output.show(.user(user))
            return .done
        }
    }

    /// `roost user ls SERVICE`
    struct Ls: Command {
        static let configuration = CommandConfiguration(
            commandName: "ls", abstract: "List a service's users.", aliases: ["list"])

        @Argument(
            help: "The service.", completion: LiveNames.services, transform: { try ServiceName($0) })
        var service: ServiceName

        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            try session.output.show(.users(try await session.client.users(try session.service(service))))
            return .done
        }
    }

    /// `roost user rm SERVICE NAME`
    struct Rm: Command {
        static let configuration = CommandConfiguration(commandName: "rm", abstract: "Remove a user; its data is kept.")

        @Argument(
            help: "The service.", completion: LiveNames.services, transform: { try ServiceName($0) })
        var service: ServiceName

        @Argument(help: "The user's name.", completion: LiveNames.users)
        var name: String

        @Flag(help: "Do not ask for confirmation.")
        var yes = false

        @Flag(help: "Show what would be removed without removing it.")
        var dryRun = false

        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            let id = try session.service(service)
            guard let user = try await session.client.users(id).first(where: { $0.name == name }) else {
                if dryRun {
                    throw Problem(.userNotFound, "'\(id)' has no user '\(name)'", next: ["roost user ls \(service)"])
                }
                // After a restore, the daemon may have a record of a right of a user that the server does not know.
                try await session.client.removeUser(id, name)
                return .done
            }
            let effect = "this removes the user '\(name)' of '\(id)', and its clients lose access"
            if dryRun {
                session.output.note(effect)
                try session.output.showIfJSON(.users([user]))
                return .done
            }
            try session.confirm(effect, name: name, yes: yes)
            try await session.client.removeUser(id, name)
            session.output.note("User '\(name)' of '\(service)' was removed")
            try session.output.showIfJSON(.users([user]))
            return .done
        }
    }
}

extension ReplicationRight: ExpressibleByArgument {}

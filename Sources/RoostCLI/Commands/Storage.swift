import ArgumentParser
import RoostModel

/// `roost storage`
struct StorageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "storage", abstract: "Manage the storage of databases and their copies.",
        subcommands: [Init.self, Info.self, Grow.self, Move.self])

    /// `roost storage init --size SIZE`
    struct Init: Command {
        static let configuration = CommandConfiguration(
            commandName: "init", abstract: "Create a storage pool in which copies take milliseconds.",
            discussion: """
                The pool is for disks whose file system has no reflinks. It is a file system with reflinks (XFS) in a single, \
                fully allocated file, mounted at HOME/pool on each start; roostd must run as root. New databases, snapshots, \
                templates and clones are stored in it; 'roost storage move SERVICE' moves existing services.
                """)

        @Option(help: "Size of the pool, such as 20G.")
        var size: String
        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            let operation = try await session.follow(try await session.client.makePool(size))
            session.output.note("The pool is ready; 'roost storage move SERVICE' moves an existing service into it")
            try session.output.showIfJSON(.operation(operation))
            return .done
        }
    }

    /// `roost storage info`
    struct Info: Command {
        static let configuration = CommandConfiguration(
            commandName: "info", abstract: "Show the space used by databases, snapshots and copies.")

        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            try session.output.show(.storage(try await session.client.storage()))
            return .done
        }
    }

    /// `roost storage grow --size SIZE`
    struct Grow: Command {
        static let configuration = CommandConfiguration(commandName: "grow", abstract: "Grow the pool.")

        @Option(help: "New size of the pool, such as 40G.")
        var size: String
        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            let operation = try await session.follow(try await session.client.growPool(size))
            session.output.note("The pool now has \(size)")
            try session.output.showIfJSON(.operation(operation))
            return .done
        }
    }

    /// `roost storage move SERVICE`
    struct Move: Command {
        static let configuration = CommandConfiguration(
            commandName: "move", abstract: "Move a service that was created before the pool into it.",
            discussion: "The service is stopped while its data is copied; its clients wait.")

        @Argument(help: "The service.", completion: LiveNames.services, transform: { try ServiceName($0) })
        var service: ServiceName
        @Flag(help: "Do not ask for confirmation.")
        var yes = false
        @Flag(help: "Show what would happen without changing anything.")
        var dryRun = false
        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            let id = try session.service(service)
            let effect = "this stops '\(id)' while its data is copied into the pool"
            if dryRun {
                let info = try await session.client.service(id)
                session.output.note(effect)
                try session.output.showIfJSON(.info(.service(info)))
                return .done
            }
            try session.confirm(effect, name: service.rawValue, yes: yes)
            let operation = try await session.follow(
                try await session.client.moveService(id, confirm: service.rawValue))
            session.output.note("Service '\(id)' is now in the pool")
            try session.output.showIfJSON(.operation(operation))
            return .done
        }
    }
}

import ArgumentParser
import RoostModel

/// `roost storage`
struct StorageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "storage", abstract: "Where databases and their copies stand.",
        subcommands: [Init.self, Info.self, Grow.self, Move.self])

    /// `roost storage init --size SIZE`
    struct Init: Command {
        static let configuration = CommandConfiguration(
            commandName: "init", abstract: "Make a pool in which copies take milliseconds, on a disk that has none.",
            discussion: """
                A file system with reflinks (XFS) in one file, allocated in full, mounted at HOME/pool and again at each \
                start. New databases, templates and clones are put there; 'roost storage move SERVICE' brings those that stand.
                """)

        @Option(help: "Its size, such as 20G.")
        var size: String
        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            let operation = try await session.follow(try await session.client.makePool(size))
            session.output.note("the pool is ready; 'roost storage move SERVICE' brings services that stand outside")
            try session.output.showIfJSON(.operation(operation))
            return .done
        }
    }

    /// `roost storage info`
    struct Info: Command {
        static let configuration = CommandConfiguration(
            commandName: "info", abstract: "Show what databases, snapshots and copies take.")

        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            try session.output.show(.storage(try await session.client.storage()))
            return .done
        }
    }

    /// `roost storage grow --size SIZE`
    struct Grow: Command {
        static let configuration = CommandConfiguration(commandName: "grow", abstract: "Make the pool larger.")

        @Option(help: "Its new size, such as 40G.")
        var size: String
        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            let operation = try await session.follow(try await session.client.growPool(size))
            session.output.note("the pool has \(size) now")
            try session.output.showIfJSON(.operation(operation))
            return .done
        }
    }

    /// `roost storage move SERVICE`
    struct Move: Command {
        static let configuration = CommandConfiguration(
            commandName: "move", abstract: "Bring a service that is older than the pool into it.",
            discussion: "The service is stopped for as long as its data take to copy; its clients wait.")

        @Argument(help: "The service.", completion: LiveNames.services, transform: { try ServiceName($0) })
        var service: ServiceName
        @Flag(help: "Do not ask.")
        var yes = false
        @Flag(help: "Show what would happen, and change nothing.")
        var dryRun = false
        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            let id = try session.service(service)
            let effect = "this stops '\(id)' for as long as its data take to copy into the pool"
            if dryRun {
                let info = try await session.client.service(id)
                session.output.note(effect)
                try session.output.showIfJSON(.info(.service(info)))
                return .done
            }
            try session.confirm(effect, name: service.rawValue, yes: yes)
            let operation = try await session.follow(
                try await session.client.moveService(id, confirm: service.rawValue))
            session.output.note("\(id) stands in the pool")
            try session.output.showIfJSON(.operation(operation))
            return .done
        }
    }
}

import ArgumentParser
import RoostModel

/// `roost operation`
struct OperationCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "operation", abstract: "Long work: what runs, how it goes, and how to end it.",
        subcommands: [Ls.self, Show.self, Cancel.self])

    /// `roost operation ls`
    struct Ls: Command {
        static let configuration = CommandConfiguration(
            commandName: "ls", abstract: "List operations that run.", aliases: ["list"])

        @Flag(help: "Those that have ended as well.")
        var all = false
        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            // Narrowed only by an explicit `-A`: operations of the machine matter in an application's folder as well.
            let operations = try await session.client.operations(options.application, all: all)
            try session.output.show(.operations(operations))
            return .done
        }
    }

    /// `roost operation show ID`
    struct Show: Command {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show one operation with its steps.")

        @OptionGroup var target: OperationTarget
        @Flag(name: [.short, .long], help: "Stay until it has ended.")
        var follow = false
        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            var operation = try await session.client.operation(target.id, wait: .zero, seen: 0)
            if follow, operation.state == .running { operation = try await session.follow(operation) }
            try session.output.show(.operationShown(operation))
            return .done
        }
    }

    /// `roost operation cancel ID`
    struct Cancel: Command {
        static let configuration = CommandConfiguration(
            commandName: "cancel", abstract: "End an operation before its time.",
            discussion: """
                Builds of templates, imports, engines that are being added, clones in the making, and pushes that are still \
                being prepared. A change that is stored is carried out.
                """)

        @OptionGroup var target: OperationTarget
        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            let operation = try await session.client.cancelOperation(target.id)
            session.output.note("\(operation.kind) \(operation.id) is being cancelled")
            try session.output.showIfJSON(.operation(operation))
            return .done
        }
    }
}

struct OperationTarget: ParsableArguments {
    @Argument(help: "The operation's id.", completion: LiveNames.operations)
    var id: String

    func validate() throws {
        if id.isEmpty { throw ValidationError("an operation has an id; 'roost operation ls' shows those that run") }
    }
}

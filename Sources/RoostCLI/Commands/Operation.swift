import ArgumentParser
import RoostModel

/// `roost operation`
struct OperationCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "operation", abstract: "Show and cancel operations.",
        subcommands: [Ls.self, Show.self, Cancel.self])

    /// `roost operation ls`
    struct Ls: Command {
        static let configuration = CommandConfiguration(
            commandName: "ls", abstract: "List running operations.", aliases: ["list"])

        @Flag(help: "Include operations that have ended.")
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
            commandName: "show", abstract: "Show an operation and its steps.")

        @OptionGroup var target: OperationTarget
        @Flag(name: [.short, .long], help: "Follow the operation until it ends.")
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
            commandName: "cancel", abstract: "Cancel an operation.",
            discussion: """
                Applies to template builds, imports, engines being added, clones being created and pushes still being \
                prepared. A change that is already stored cannot be cancelled.
                """)

        @OptionGroup var target: OperationTarget
        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            let operation = try await session.client.cancelOperation(target.id)
            session.output.note("Cancelling \(operation.kind) \(operation.id)")
            try session.output.showIfJSON(.operation(operation))
            return .done
        }
    }
}

struct OperationTarget: ParsableArguments {
    @Argument(help: "The operation's id.", completion: LiveNames.operations)
    var id: String

    func validate() throws {
        if id.isEmpty {
            throw ValidationError("the operation's id is empty; 'roost operation ls' lists running operations")
        }
    }
}

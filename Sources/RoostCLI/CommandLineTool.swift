import ArgumentParser
import Foundation
import RoostModel

/// Runs one command line. The only place where errors become exit statuses.
package enum CommandLineTool {
    package static func main() async -> Never {
        let caller = Caller.process()
        switch await execute(Array(CommandLine.arguments.dropFirst()), as: caller) {
        case .status(let status): exit(status)
        case .become(let program):
            let failure = program.become()
            caller.write(.error, "roost: \(failure.message)\n")
            exit(failure.status)
        }
    }

    /// Runs a command line without exiting the process. Problems are already reported when it returns.
    package static func execute(_ arguments: [String], as caller: Caller) async -> Ending {
        let output = Output(caller: caller, json: wantsJSON(arguments))
        do {
            return try await perform(arguments, as: caller, output: output)
        } catch let problem as Problem {
            output.report(problem.followable(by: LiveNames.options(in: arguments)))
            return .status(status(of: problem, arguments))
        } catch let error where Roost.exitCode(for: error).isSuccess {
            if let problem = UnknownCommand.helpProblem(arguments) {
                output.report(problem)
                return .status(problem.code.exitStatus)
            }
            // Help, version and completion scripts are answers, not failures.
            caller.write(.output, Roost.fullMessage(for: error) + "\n")
            return .done
        } catch {
            if let problem = UnknownCommand.problem(arguments) {
                output.report(problem)
                return .status(problem.code.exitStatus)
            }
            guard Roost.exitCode(for: error) == .validationFailure else {
                let problem = Problem(.failed, error.sentence)
                output.report(problem)
                return .status(status(of: problem, arguments))
            }
            let problem = Problem(.usage, Roost.message(for: error))
            output.report(problem, usage: Roost.fullMessage(for: error))
            return .status(status(of: problem, arguments))
        }
    }

    private static func perform(_ arguments: [String], as caller: Caller, output: Output) async throws -> Ending {
        var parsed = try await Roost.asyncParseAsRoot(arguments)
        switch parsed {
        case let command as any LocalCommand:
            return try await command.run(as: caller, output: output)
        case let command as any Command:
            let session = try Session(
                command.options, caller: caller, output: output, folder: command.folder(from: caller.directory))
            ClientFiles(for: caller).sweep()
            do {
                let ending = try await command.run(in: session)
                await session.client.close()
                return ending
            } catch {
                await session.client.close()
                throw error
            }
        default:
            // A command group without a subcommand, or `help`: throws the help text.
            try parsed.run()
            return .done
        }
    }

    /// `run` and `with` reserve 1 to 124 for the command they run, so every failure of Roost's own is 125, as with
    /// Docker.
    static func status(of problem: Problem, _ arguments: [String]) -> Int32 {
        [Run.configuration.commandName, With.configuration.commandName].contains(UnknownCommand.words(arguments).first)
            ? 125 : problem.code.exitStatus
    }

    /// Determined before parsing, because parsing itself may fail. Arguments behind `--` belong to another program.
    static func wantsJSON(_ arguments: [String]) -> Bool {
        arguments.prefix { $0 != "--" }.contains("--json")
    }
}

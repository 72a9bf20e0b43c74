import ArgumentParser
import Foundation
import RoostModel

// All errors are mapped to a sentence and an exit status here.
do {
    if let word = CommandLine.arguments.dropFirst().first, ["-h", "--help", "help"].contains(word),
        CommandLine.arguments.count == 2
    {
        // The flags are those of the default command, which the parser's own help of the root leaves out.
        print(RoostdCommand.helpMessage(for: Serve.self).replacing("roostd serve", with: "roostd"))
        print("\nSUBCOMMANDS:")
        for command in RoostdCommand.configuration.subcommands where command.configuration.shouldDisplay {
            let name = command._commandName.padding(toLength: 24, withPad: " ", startingAt: 0)
            print("  \(name)\(command.configuration.abstract)")
        }
        print("\n  See 'roostd help <subcommand>' for detailed help.")
        exit(0)
    }
    var command = try RoostdCommand.parseAsRoot()
    if var command = command as? any AsyncRoostdCommand {
        try await command.runAsync()
    } else {
        try command.run()
    }
} catch let problem as Problem {
    FileHandle.standardError.write(Data("roostd: \(problem.message.printableLines)\n".utf8))
    for step in problem.nextSteps { FileHandle.standardError.write(Data("  try: \(step.printable)\n".utf8)) }
    exit(problem.code.exitStatus)
} catch  where RoostdCommand.exitCode(for: error) == .failure && !(error is ExitCode) {
    FileHandle.standardError.write(Data("roostd: \("\(error)".printableLines)\n".utf8))
    exit(1)
} catch {
    let status = RoostdCommand.exitCode(for: error).rawValue
    let text = RoostdCommand.fullMessage(for: error)
    if !text.isEmpty {
        let handle: FileHandle = status == 0 ? .standardOutput : .standardError
        handle.write(Data("\(text.printableLines)\n".utf8))
    }
    // The argument library's own status for wrong usage is 64; the contract's is 2.
    exit(status == 64 ? 2 : status)
}

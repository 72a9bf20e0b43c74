import ArgumentParser
import RoostAgent
import RoostModel

/// `roostd forget-home`: gives back the system users of a home that was removed.
struct ForgetHome: ParsableCommand, AsyncRoostdCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget-home",
        abstract: "Give back the system users of a home folder that was removed for good.",
        discussion: "A home on a disk that is not mounted keeps its users. Nothing is removed from any disk.")

    @Argument(help: "The home folder, as roostd was given it.") var folder: String

    mutating func runAsync() async throws {
        let home = try resolveHome(folder, SettingSources(environment: [:], file: [:]))
        let users = try HomeUsers.forget(home)
        print(users.isEmpty ? "it had no system users" : "\(users.joined(separator: ", ")): free for other homes")
    }
}

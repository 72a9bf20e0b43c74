import ArgumentParser
import RoostAgent
import RoostModel

/// `roostd forget-home`: gives back the system users of a home that was removed.
struct ForgetHome: ParsableCommand, AsyncRoostdCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget-home",
        abstract: "Release the system users of a home folder that was permanently removed.",
        discussion: "The users of a home on an unmounted disk are kept. Nothing is removed from any disk.")

    @Argument(help: "The home folder, as it was passed to roostd.") var folder: String

    mutating func runAsync() async throws {
        let home = try resolveHome(folder, SettingSources(environment: [:], file: [:]))
        let users = try HomeUsers.forget(home)
        print(users.isEmpty ? "no system users to release" : "released \(users.joined(separator: ", "))")
    }
}

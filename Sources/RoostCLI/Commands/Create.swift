import ArgumentParser
import RoostModel

/// `roost create NAME`
struct Create: Command {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create an application and link this folder to it.",
        discussion: "An existing application is left as it is, so that scripts can repeat the command.")

    @Argument(help: "The new application's name.", transform: { try ApplicationName($0) })
    var name: ApplicationName

    @OptionGroup(title: "Common options") var options: Options

    func run(in session: Session) async throws(Problem) -> Ending {
        let linked = try LinkFile.find(from: session.caller.directory, for: session.caller.userID)
        if let linked, linked.isIn(session.caller.directory), linked.file.application != name {
            throw Problem(
                .conflict, "this folder is already linked to application '\(linked.file.application)'",
                next: ["roost connect \(name)  # links the folder to '\(name)'", "or use another folder"])
        }
        let application = try await session.client.createApplication(name)
        try session.link(name)
        session.output.note("Application '\(name)' is ready, and this folder is linked to it")
        session.output.note("Next: declare its services in roost.yml, then run `roost push`")
        try session.output.showIfJSON(.info(.application(application)))
        return .done
    }
}

import ArgumentParser
import RoostModel

/// `roost connect NAME`
struct Connect: Command {
    static let configuration = CommandConfiguration(
        commandName: "connect", abstract: "Link this folder to an existing application.")

    @Argument(
        help: "The application's name.", completion: LiveNames.applications, transform: { try ApplicationName($0) })
    var name: ApplicationName

    @OptionGroup(title: "Common options") var options: Options

    func run(in session: Session) async throws(Problem) -> Ending {
        let application = try await session.client.application(name)
        try session.link(name)
        session.output.note("This folder is linked to application '\(name)'")
        try session.output.showIfJSON(.info(.application(application)))
        return .done
    }
}

extension Session {
    /// Links the caller's directory. A daemon that was named explicitly is stored too, so that the next command finds
    /// it.
    func link(_ name: ApplicationName) throws(Problem) {
        var url: String?
        var home: String?
        switch (settings.source, settings.daemon) {
        case (.flag, .url(let named)), (.environment, .url(let named)), (.link, .url(let named)):
            url = named
        case (.flag, .socket), (.environment, .socket), (.link, .socket): home = settings.home
        case (.machine, _), (.standard, _): break
        }
        try LinkFile(application: name, url: url, home: home).write(in: caller.directory)
    }
}

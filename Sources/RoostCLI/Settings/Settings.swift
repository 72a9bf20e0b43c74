import Foundation
import RoostModel

/// The daemon and the application of a command. Pure: resolved from values alone.
package struct Settings: Equatable, Sendable {
    package enum Daemon: Equatable, Sendable {
        /// The path of the Unix socket.
        case socket(String)
        /// `http://` or `https://`, without a trailing slash.
        case url(String)
    }

    /// The source of a setting, strongest first.
    package enum Source: Equatable, Sendable { case flag, environment, link, machine, standard }

    package let daemon: Daemon
    /// The source that named the daemon.
    package let source: Source
    package let home: String
    package let token: String?
    package let application: ApplicationName?

    /// All inputs of the resolution.
    package struct Sources: Sendable {
        package var url: String?
        package var home: String?
        package var application: ApplicationName?
        package var environment: [String: String]
        package var link: FoundLink?
        package var machine: MachineFile?
        package var directory: String
        package var userHome: String
        package var isRoot: Bool

        package init(
            url: String? = nil, home: String? = nil, application: ApplicationName? = nil,
            environment: [String: String] = [:], link: FoundLink? = nil, machine: MachineFile? = nil,
            directory: String, userHome: String, isRoot: Bool
        ) {
            self.url = url
            self.home = home
            self.application = application
            self.environment = environment
            self.link = link
            self.machine = machine
            self.directory = directory
            self.userHome = userHome
            self.isRoot = isRoot
        }
    }

    /// The strongest source that names a daemon wins; within a source, an address takes precedence over a home. So an
    /// exported `ROOST_URL` never overrules `--home` on a command line.
    package static func resolve(_ sources: Sources) throws(Problem) -> Settings {
        let variable = { name in sources.environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let named: [(source: Source, url: String?, home: String?)] = [
            (.flag, sources.url, sources.home.map { absolute($0, in: sources.directory) }),
            (.environment, variable("ROOST_URL"), variable("ROOST_HOME").map { absolute($0, in: sources.directory) }),
            (.link, sources.link?.file.url, sources.link?.file.home),
            (.machine, sources.machine?.url, sources.machine?.home),
            (.standard, nil, sources.isRoot ? "/var/lib/roost" : "\(sources.userHome)/.local/share/roost"),
        ]
        let home = named.lazy.compactMap(\.home).first ?? ""
        let chosen = named.first { $0.url != nil || $0.home != nil }
        let source = chosen?.source ?? .standard
        let daemon: Daemon
        if let url = chosen?.url {
            daemon = .url(try checked(url: url))
        } else {
            daemon = .socket(try socket(home: chosen?.home ?? home))
        }
        if source == .link, let link = sources.link { try checkTrust(in: link) }
        return Settings(
            daemon: daemon, source: source, home: home, token: variable("ROOST_TOKEN"),
            application: sources.application ?? sources.link?.file.application)
    }

    /// Link files are not trusted by default: they come with a folder, which may be a stranger's (a cloned
    /// repository, a directory above in `/tmp`). The daemon that a link names would receive the token, and decides
    /// which client `run` starts. So a link may name only this machine's own daemons, and only if the file is the
    /// caller's; anything else must be confirmed explicitly.
    private static func checkTrust(in link: FoundLink) throws(Problem) {
        let file = link.file
        if let url = file.url, !isLoopback(url) {
            throw Problem(
                .usage,
                "\(link.path) points to a daemon on another machine (\(url)); confirm it with an environment variable",
                next: ["export ROOST_URL=\(url)"])
        }
        guard link.isOwn else {
            let variable = file.url.map { "ROOST_URL=\($0)" } ?? "ROOST_HOME=\(file.home ?? "")"
            throw Problem(
                .usage,
                "\(link.path) belongs to another user and points to a daemon; confirm it with an environment variable",
                next: ["export \(variable)"])
        }
    }

    private static func absolute(_ path: String, in directory: String) -> String {
        path.hasPrefix("/") ? path : NSString(string: directory).appendingPathComponent(path)
    }

    /// The daemon refuses longer homes as well: a socket's path has at most 107 bytes.
    private static func socket(home: String) throws(Problem) -> String {
        let home = home.count > 1 && home.hasSuffix("/") ? String(home.dropLast()) : home
        guard home.utf8.count <= 80 else {
            throw Problem(.usage, "the path of the home folder '\(home)' is longer than 80 bytes")
        }
        return "\(home)/roostd.sock"
    }

    private static func checked(url: String) throws(Problem) -> String {
        guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(),
            ["http", "https"].contains(scheme), let host = parts.host, !host.isEmpty, parts.user == nil,
            parts.query == nil, parts.fragment == nil
        else {
            throw Problem(
                .usage, "invalid daemon URL '\(url)': expected http://HOST:PORT or https://HOST")
        }
        return url.hasSuffix("/") ? String(url.dropLast()) : url
    }

    private static func isLoopback(_ url: String) -> Bool {
        let host = URLComponents(string: url)?.host?.trimmingCharacters(in: ["[", "]"]) ?? ""
        let octets = host.split(separator: ".", omittingEmptySubsequences: false)
        let isAddress = octets.count == 4 && octets.allSatisfy { UInt8($0) != nil }
        return host == "localhost" || host == "::1" || isAddress && octets[0] == "127"
    }
}

extension Settings.Sources {
    /// Collects the inputs from flags, environment and files.
    init(_ options: Options, caller: Caller, folder: String? = nil) throws(Problem) {
        self.init(
            url: options.url, home: options.home, application: options.application, environment: caller.environment,
            link: try LinkFile.find(from: folder ?? caller.directory, for: caller.userID),
            machine: try MachineFile.read(), directory: caller.directory, userHome: caller.userHome,
            isRoot: caller.userID == 0)
    }
}

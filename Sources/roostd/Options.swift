import Foundation
import Logging
import RoostAgent
import RoostControlPlane
import RoostModel
import RoostServer

/// The settings of `roostd`, put together from flags, environment and `/etc/roost/roostd.yml`.
struct Options {
    let daemon: DaemonSettings
    let agent: AgentSettings
    let server: ServerSettings
    let logLevel: Logger.Level
}

extension Serve {
    func resolve() throws(Problem) -> Options {
        let sources = SettingSources(
            environment: ProcessInfo.processInfo.environment, file: try SettingsFile.read("/etc/roost/roostd.yml"))
        let folder = try resolveHome(home.home, sources)
        let ports = try range("ports", sources.value(ports, "ports") ?? "20000-29999")
        let internalPorts = try range("internal-ports", sources.value(internalPorts, "internal_ports") ?? "30000-39999")
        guard ports.last < internalPorts.first || internalPorts.last < ports.first else {
            throw Problem(.usage, "--ports \(ports) and --internal-ports \(internalPorts) overlap")
        }
        let levelName = sources.value(logLevel, "log_level") ?? "info"
        guard let level = Logger.Level(rawValue: levelName) else {
            throw Problem(
                .usage,
                "'\(levelName)' is not a log level: use \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))"
            )
        }
        let readyText = sources.value(ready, "ready") ?? "2"
        guard let ready = Int(readyText), (0...100).contains(ready) else {
            throw Problem(.usage, "--ready takes a number from 0 to 100, not '\(readyText)'")
        }
        let (router, freezer) = (programBeside("roost-router"), programBeside("roost-guard"))
        for program in [router, freezer] where !FileManager.default.isExecutableFile(atPath: program) {
            throw Problem(.usage, "missing program \(program): it must be in the same folder as roostd")
        }
        let myaas = try myaasSettings(sources)
        let quotas = Quotas(
            clonesPerToken: try limit("clones-per-token", sources.value(clonesPerToken, "clones_per_token") ?? "50"),
            serversPerApplication: try limit(
                "servers-per-application", sources.value(serversPerApplication, "servers_per_application") ?? "100"))
        let hosts = sources.value(allowedHosts, "allowed_hosts")?.split(separator: ",").map(String.init) ?? []
        return Options(
            daemon: DaemonSettings(
                home: folder, ports: ports, internalPorts: internalPorts, myaas: myaas, quotas: quotas,
                notify: try webhooks(sources), version: Version.current),
            agent: AgentSettings(
                home: folder, routerProgram: router, guardProgram: freezer, readyDirectories: ready,
                advertisedHost: sources.value(advertise, "advertise"), dumps: try dumpsFolder(sources)),
            server: ServerSettings(
                socketPath: StatePaths(home: folder).socket,
                listen: try address(sources.value(listen, "listen") ?? "127.0.0.1:5080"), allowedHosts: hosts,
                myaas: myaas,
                version: Version.current),
            logLevel: level)
    }

    private func range(_ name: String, _ text: String) throws(Problem) -> PortRange {
        guard let range = PortRange(text) else {
            throw Problem(.usage, "--\(name) takes a range such as 20000-29999, not '\(text)'")
        }
        return range
    }

    private func limit(_ name: String, _ text: String) throws(Problem) -> Int {
        guard let number = Int(text), (0...1_000_000).contains(number) else {
            throw Problem(.usage, "--\(name) takes a number (0 for no limit), not '\(text)'")
        }
        return number
    }

    private func myaasSettings(_ sources: SettingSources) throws(Problem) -> MyaasSettings? {
        guard let text = sources.value(myaasListen, "myaas_listen"),
            let listen = try address(text, of: "--myaas-listen")
        else { return nil }
        return try MyaasSettings.read(from: sources.environment, listen: listen)
    }

    /// One address, or several with commas between them. `off` for none, as a flag against the environment.
    private func webhooks(_ sources: SettingSources) throws(Problem) -> [WebhookURL] {
        guard let text = sources.value(notify, "notify"), !text.isEmpty, text != "off" else { return [] }
        var urls: [WebhookURL] = []
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            let item = item.trimmingCharacters(in: .whitespaces)
            do {
                let url = try WebhookURL(item)
                if !urls.contains(url) { urls.append(url) }
            } catch { throw Problem(.usage, "--notify: '\(item)' \(error.reason)") }
        }
        guard urls.count <= WebhookURL.mostTogether else {
            throw Problem(.usage, "--notify takes at most \(WebhookURL.mostTogether) addresses, not \(urls.count)")
        }
        return urls
    }

    private func dumpsFolder(_ sources: SettingSources) throws(Problem) -> String? {
        guard let folder = sources.value(dumps, "dumps") else { return nil }
        guard folder.hasPrefix("/") else { throw Problem(.usage, "--dumps takes an absolute path, not '\(folder)'") }
        return folder
    }

    /// Parses `HOST:PORT` or `[::1]:PORT`; port 0 is any free one. Nil for `off`.
    private func address(_ text: String, of option: String = "--listen") throws(Problem) -> (host: String, port: Int)? {
        if text == "off" { return nil }
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65535).contains(port), colon != text.startIndex
        else { throw Problem(.usage, "\(option) takes HOST:PORT or off, not '\(text)'") }
        let host = text[..<colon].trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        return (host, port)
    }
}

/// The path of a program that was installed with this one.
func programBeside(_ name: String) -> String {
    // The link in /proc always reads for a living process.
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    return (own as NSString).deletingLastPathComponent + "/" + name
}

/// The home folder, absolute and without a trailing slash.
func resolveHome(_ flag: String?, _ sources: SettingSources) throws(Problem) -> String {
    let standard = getuid() == 0 ? "/var/lib/roost" : NSHomeDirectory() + "/.local/share/roost"
    let folder = (sources.value(flag, "home") ?? standard) as NSString
    let path =
        (folder.isAbsolutePath
        ? folder : FileManager.default.currentDirectoryPath + "/" + (folder as String) as NSString)
        .standardizingPath
    guard path != "/" else { throw Problem(.usage, "the home folder cannot be /") }
    return path
}

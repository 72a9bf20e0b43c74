import RoostModel
import Testing

@testable import RoostCLI

/// The daemon and application that a command uses come from flags, environment, link file, machine file or defaults.
@Suite struct SettingsTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var url: String?
        var home: String?
        var environment: [String: String] = [:]
        var link: LinkFile?
        var machine: MachineFile?
        var isRoot = false
        let daemon: Settings.Daemon
    }

    static let link = ApplicationName(checked: "ramen")

    static let cases = [
        Case(testDescription: "root's default", isRoot: true, daemon: .socket("/var/lib/roost/roostd.sock")),
        Case(testDescription: "a user's default", daemon: .socket("/home/ann/.local/share/roost/roostd.sock")),
        Case(
            testDescription: "the machine's file before the default", machine: MachineFile(home: "/srv/roost"),
            isRoot: true, daemon: .socket("/srv/roost/roostd.sock")),
        Case(
            testDescription: "the link before the machine's file", link: LinkFile(application: link, home: "/home/r"),
            machine: MachineFile(home: "/srv/roost"), daemon: .socket("/home/r/roostd.sock")),
        Case(
            testDescription: "the environment before the link", environment: ["ROOST_HOME": "/env"],
            link: LinkFile(application: link, url: "http://127.0.0.1:5080"), daemon: .socket("/env/roostd.sock")),
        Case(
            testDescription: "an address before a home within one source",
            environment: ["ROOST_HOME": "/env", "ROOST_URL": "http://db.example:5080/"],
            daemon: .url("http://db.example:5080")),
        Case(
            testDescription: "a flag's home before an exported address", home: "/flag",
            environment: ["ROOST_URL": "http://db.example:5080"], daemon: .socket("/flag/roostd.sock")),
        Case(
            testDescription: "a flag's address before everything", url: "https://db.example",
            environment: ["ROOST_URL": "http://other:1"], daemon: .url("https://db.example")),
        Case(
            testDescription: "empty variables count as unset", environment: ["ROOST_URL": "", "ROOST_HOME": ""],
            machine: MachineFile(url: "http://127.0.0.1:5080"), daemon: .url("http://127.0.0.1:5080")),
        Case(
            testDescription: "a relative home begins at the caller's directory", home: "run",
            daemon: .socket("/work/shop/run/roostd.sock")),
        Case(
            testDescription: "a link's address on this machine",
            link: LinkFile(application: link, url: "http://[::1]:5080"), daemon: .url("http://[::1]:5080")),
    ]

    @Test(arguments: cases)
    func theStrongestSourceNamesTheDaemon(_ one: Case) throws {
        #expect(try settings(one).daemon == one.daemon)
    }

    static let badAddresses = [
        "db.example:5080", "ftp://db.example", "http://", "http://ann:secret@db.example", "http://db.example?x=1",
    ]

    @Test(arguments: badAddresses)
    func anAddressThatIsNoneIsAUsageError(url: String) {
        #expect(throws: Problem.self) { try settings(Case(testDescription: "", url: url, daemon: .url(url))) }
    }

    @Test func aHomeTooLongForASocketIsRefused() {
        let long = "/" + String(repeating: "h", count: 80)
        #expect { try settings(Case(testDescription: "", home: long, daemon: .socket(""))) } throws: {
            ($0 as? Problem)?.code == .usage
        }
    }

    /// A cloned repository's link must not send the token to its author, nor choose what `run` starts.
    @Test(arguments: ["http://db.example:5080", "http://127.evil.example", "https://127.0.0.1.evil.example"])
    func aLinkToAnotherMachineHasToBeConfirmed(url: String) throws {
        let link = LinkFile(application: Self.link, url: url)
        #expect { try settings(Case(testDescription: "", link: link, daemon: .url(url))) } throws: { error in
            (error as? Problem)?.nextSteps == ["export ROOST_URL=\(url)"]
        }
        let confirmed = Case(testDescription: "", environment: ["ROOST_URL": url], link: link, daemon: .url(url))
        #expect(try settings(confirmed).daemon == .url(url))
    }

    @Test func aDaemonNamedByAnotherUsersLinkHasToBeConfirmed() {
        let link = LinkFile(application: Self.link, home: "/tmp/evil")
        #expect(throws: Problem.self) {
            try settings(Case(testDescription: "", link: link, daemon: .socket("")), isOwn: false)
        }
        let plain = LinkFile(application: Self.link)
        #expect(throws: Never.self) {
            try settings(Case(testDescription: "", link: plain, daemon: .socket("")), isOwn: false)
        }
    }

    @Test func theApplicationIsTheFlagsThenTheLinks() throws {
        var sources = sources(Case(testDescription: "", link: LinkFile(application: Self.link), daemon: .socket("")))
        #expect(try Settings.resolve(sources).application == Self.link)
        sources.application = ApplicationName(checked: "shop")
        #expect(try Settings.resolve(sources).application == ApplicationName(checked: "shop"))
    }

    @Test func theTokenComesFromTheEnvironmentAlone() throws {
        let one = Case(testDescription: "", environment: ["ROOST_TOKEN": "secret"], daemon: .socket(""))
        #expect(try settings(one).token == "secret")
    }

    @discardableResult
    private func settings(_ one: Case, isOwn: Bool = true) throws -> Settings {
        try Settings.resolve(sources(one, isOwn: isOwn))
    }

    private func sources(_ one: Case, isOwn: Bool = true) -> Settings.Sources {
        Settings.Sources(
            url: one.url, home: one.home, environment: one.environment,
            link: one.link.map { FoundLink(file: $0, path: "/work/shop/.roost/link.yml", isOwn: isOwn) },
            machine: one.machine, directory: "/work/shop", userHome: "/home/ann", isRoot: one.isRoot)
    }
}

import ArgumentParser
import Foundation
import Logging
import RoostAgent
import RoostAgentProtocol
import RoostControlPlane
import RoostModel

/// `roostd recover`, which `roost recover` calls: rebuilds the store from the manifests beside the databases. Refused
/// while the daemon runs.
struct Recover: ParsableCommand, AsyncRoostdCommand {
    static let configuration = CommandConfiguration(
        abstract: "Rebuild a lost or unreadable store from the manifests beside the databases.")

    @OptionGroup var home: HomeOption
    @Flag(help: "Print the report as JSON.") var json = false
    @Flag(help: "Also replace an intact store; its tokens and events are lost.") var yes = false

    mutating func runAsync() async throws {
        let sources = SettingSources(
            environment: ProcessInfo.processInfo.environment, file: try SettingsFile.read("/etc/roost/roostd.yml"))
        let folder = try resolveHome(home.home, sources)
        let logger = Logger(label: "roostd")
        // Recovery starts neither the router nor servers, so it needs no programs.
        let machine = try HomeAgent.prepareRecovery(
            AgentSettings(
                home: folder, routerProgram: "", guardProgram: "", readyDirectories: 0, advertisedHost: nil),
            logger: logger)
        let report = try await Recovery(home: folder, agent: AgentLoopback(to: machine.agent, logger: logger))
            .run(evenIfWhole: yes)
        await machine.end()
        if json {
            print(String(decoding: try JSON.encode(report), as: UTF8.self))
            return
        }
        print("recovered \(report.services.count) service(s): \(report.services.joined(separator: ", "))")
        if let earlier = report.earlierStore { print("the earlier store was kept as \(earlier)") }
        for folder in report.leftAlone { print("left alone: \(folder)") }
        print("access tokens are not in the manifests: create new ones with '\(Hint.makeToken())'")
    }
}

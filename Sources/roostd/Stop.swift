import ArgumentParser
import Foundation
import RoostAgent
import RoostControlPlane
import RoostModel

/// `roostd stop`: ends the daemon; with `--services` router and databases too. Nothing is removed.
struct Stop: ParsableCommand, AsyncRoostdCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stop the daemon, and with --services the router and all databases.")

    @OptionGroup var home: HomeOption
    @Flag(help: "Also stop the router and all databases, cleanly.") var services = false
    @Flag(help: "With --services: also stop servers that hold the only copy of removed files.") var force = false

    mutating func runAsync() async throws {
        let sources = SettingSources(
            environment: ProcessInfo.processInfo.environment, file: try SettingsFile.read("/etc/roost/roostd.yml"))
        let folder = try resolveHome(home.home, sources)
        guard FileManager.default.fileExists(atPath: folder) else {
            throw Problem(.notFound, "the home folder \(folder) does not exist")
        }
        let shutdown = Shutdown(home: folder)
        if services, !force { try shutdown.refuseLoss() }
        if try await shutdown.stopDaemon() { print("roostd stopped") } else { print("roostd was not running") }
        guard services else { return }
        let stopped = try await shutdown.stopServices()
        print(
            "stopped \(stopped.count) database(s)\(stopped.isEmpty ? "" : ": \(stopped.joined(separator: ", "))") and the router"
        )
    }
}

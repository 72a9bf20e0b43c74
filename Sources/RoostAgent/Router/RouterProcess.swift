import Foundation
import Logging
import RoostHost
import RoostModel

/// The router of the home. It goes on when the process that started it ends.
package struct RouterProcess: Sendable {
    let paths: HomePaths
    /// The `roost-router` program.
    let program: String
    let logger: Logger

    package init(paths: HomePaths, program: String, logger: Logger) {
        self.paths = paths
        self.program = program
        self.logger = logger
    }

    /// Starts the router unless it runs. Returns the started process, nil if the router ran already.
    func ensure() throws(HostError) -> Int32? {
        switch ServerLauncher.adopt(lockFile: paths.routerLock, recordFile: paths.routerRecord, group: nil) {
        case .running: return nil
        case .none, .remains, .unclear:
            let process = try ServerLauncher.spawn(
                ServerLaunch(
                    program: program, arguments: ["--home", paths.home], environment: [:], user: nil,
                    workingDirectory: paths.home, logFile: paths.routerLog, lockFile: paths.routerLock,
                    recordFile: paths.routerRecord, group: nil, oomScoreAdjustment: -900))
            logger.info("Started the router", metadata: ["pid": "\(process.pid)"])
            return process.pid
        }
    }

    /// The table that the router keeps. Nil if it is missing or unreadable; the router itself puts such a file aside.
    func storedTable() -> RoutingTable? {
        guard let data = FileManager.default.contents(atPath: "\(paths.router)/table.json") else { return nil }
        return try? JSON.decode(RoutingTable.self, from: data)
    }
}

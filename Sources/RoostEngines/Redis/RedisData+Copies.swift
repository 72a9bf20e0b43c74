import Foundation
import RoostHost
import RoostModel

// Changes to a data directory without a running server.
extension RedisData {
    /// The server's own naming scheme, so that its next rewrite of the log continues it.
    private static let firstBase = "appendonly.aof.1.base.rdb"

    /// Creates the folder of a log that will begin with a dump, and returns the dump's path.
    func makeLog() throws(EngineError) -> String {
        let path = "\(folder)/\(Self.logFolder)"
        let owner = try owner
        do { try Storage.makeFolder(path, mode: 0o700, owner: owner) } catch {
            throw .notReachable("\(path) could not be created: \(error)")
        }
        return "\(path)/\(Self.firstBase)"
    }

    /// Makes the dump the beginning of the log; call it when the dump is complete. Without the manifest the server
    /// would ignore the dump and begin an empty log.
    func beginLog() throws(EngineError) {
        try write("file \(Self.firstBase) seq 1 type b\n", to: "\(Self.logFolder)/\(Self.manifestFile)")
    }

    /// Removes temporary files of an interrupted rewrite or dump. The server writes all such files under a temporary
    /// name.
    func removeUnfinished() throws(EngineError) {
        for folder in [folder, "\(folder)/\(Self.logFolder)"] where FolderEntry.exists(folder, isFolder: true) {
            do {
                for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasPrefix("temp-") {
                    try Storage.removeTree("\(folder)/\(name)", within: self.folder)
                }
            } catch {
                throw .notReachable("\(folder) could not be cleaned up: \(error)")
            }
        }
    }

    /// Removes every added user: from the next start on only the application user and Roost sign on.
    func forgetUsers() throws(EngineError) {
        try write(RedisUserList().text, to: Self.usersFile)
    }
}

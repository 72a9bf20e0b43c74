import Foundation
import RoostHost
import RoostModel

// What becomes of a directory of which no server runs.
extension RedisData {
    /// Of the server's own naming, so that its next rewrite of the log follows it.
    private static let firstBase = "appendonly.aof.1.base.rdb"

    /// Makes the folder of a log that will begin with a dump, and says where the dump belongs.
    func makeLog() throws(EngineError) -> String {
        let path = "\(folder)/\(Self.logFolder)"
        let owner = try owner
        do { try Storage.makeFolder(path, mode: 0o700, owner: owner) } catch {
            throw .notReachable("\(path) could not be made: \(error)")
        }
        return "\(path)/\(Self.firstBase)"
    }

    /// Makes the dump the beginning of the log, to be called when it stands there in full. Without this the server would
    /// overlook it and begin an empty log.
    func beginLog() throws(EngineError) {
        try write("file \(Self.firstBase) seq 1 type b\n", to: "\(Self.logFolder)/\(Self.manifestFile)")
    }

    /// What a rewrite or a dump cut short has left. The server writes all such files under a name for the time being.
    func removeUnfinished() throws(EngineError) {
        for folder in [folder, "\(folder)/\(Self.logFolder)"] where FolderEntry.exists(folder, isFolder: true) {
            do {
                for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasPrefix("temp-") {
                    try Storage.removeTree("\(folder)/\(name)", within: self.folder)
                }
            } catch {
                throw .notReachable("\(folder) could not be cleared up: \(error)")
            }
        }
    }

    /// Nobody besides the shown user and Roost signs on from the next start on.
    func forgetUsers() throws(EngineError) {
        try write(RedisUserList().text, to: Self.usersFile)
    }
}

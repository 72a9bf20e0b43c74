import Foundation
import RoostHost
import RoostModel

/// A file that Roost puts into a data directory that no server runs on.
enum DirectoryFile {
    static func write(
        _ bytes: [UInt8], to name: String, in directory: String, owner: ServerUser?
    ) throws(EngineError) {
        // Not root, the caller is the server's user.
        let owner = geteuid() == 0 ? owner : nil
        do throws(HostError) {
            try Storage.writeAtomically(Data(bytes), to: "\(directory)/\(name)", owner: owner)
        } catch {
            throw .copyFailed("\(directory)/\(name) could not be written: \(error)")
        }
    }
}

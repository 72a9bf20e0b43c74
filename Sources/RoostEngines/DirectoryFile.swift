import Foundation
import RoostHost
import RoostModel

/// A file that Roost writes into a data directory without a running server.
enum DirectoryFile {
    static func write(
        _ bytes: [UInt8], to name: String, in directory: String, owner: ServerUser?
    ) throws(EngineError) {
        // A caller that is not root is the server's user.
        let owner = geteuid() == 0 ? owner : nil
        do throws(HostError) {
            try Storage.writeAtomically(Data(bytes), to: "\(directory)/\(name)", owner: owner)
        } catch {
            throw .copyFailed("\(directory)/\(name) could not be written: \(error)")
        }
    }
}

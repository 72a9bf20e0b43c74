import Foundation
import RoostHost
import RoostModel

/// A generated file of a server, with its owner and mode.
package struct LaunchFile: Equatable, Sendable {
    package let path: String
    package let text: String
    package let mode: UInt32
    /// Nil: the caller.
    package let owner: ServerUser?

    package func write() throws(HostError) {
        // Not durable: each start writes these files, and no server outlives a crash of the machine.
        try Storage.writeAtomically(Data(text.utf8), to: path, mode: mode, owner: owner, isDurable: false)
    }
}

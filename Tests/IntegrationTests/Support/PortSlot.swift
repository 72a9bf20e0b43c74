import Foundation
import RoostModel

/// A range of ports that belongs to one test, among all tests of all checkouts on this machine.
///
/// The lock is a listening socket on the range's first port: it ends with the process that holds it, whatever happens,
/// and leaves no file. The ranges lie below what roostd takes by default and below the system's ephemeral ports.
final class PortSlot: Sendable {
    private static let first = 10_000
    private static let size = 200
    private static let count = 50

    private let guardSocket: Int32
    private let base: Int

    init() throws {
        for slot in (0..<Self.count).shuffled() {
            let base = Self.first + slot * Self.size
            guard let guardSocket = Self.listen(on: base) else { continue }
            // A daemon that outlived its test's process (killed, say) still listens though the guard is gone.
            guard let api = Self.listen(on: base + 1) else {
                close(guardSocket)
                continue
            }
            close(api)
            self.guardSocket = guardSocket
            self.base = base
            return
        }
        throw Unexpected("all \(Self.count) port ranges for tests are taken")
    }

    deinit { close(guardSocket) }

    /// The port for `--listen`.
    var api: Int { base + 1 }
    /// A port that Roost does not use, for a test's own purposes.
    var spare: Int { base + 2 }
    var endpoints: String { "\(base + 10)-\(base + 99)" }
    var internals: String { "\(base + 100)-\(base + 199)" }

    /// A listening socket on a loopback port; nil if the port is taken.
    static func listen(on port: Int) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        // Lingering connections of an earlier test on the port do not count as taken.
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, Glibc.listen(descriptor, 1) == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }
}

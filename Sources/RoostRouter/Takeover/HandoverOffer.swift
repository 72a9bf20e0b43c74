import Glibc
import NIOCore

/// Copies of all descriptors that the next router needs. The holder of the offer closes them.
struct HandoverOffer: Sendable {
    let lock: CInt
    let control: CInt
    let listeners: [(address: ListenAddress, socket: CInt)]

    /// All descriptors, in the order in which they are sent.
    var descriptors: [CInt] { [lock, control] + listeners.map(\.socket) }

    func closeAll() {
        for descriptor in descriptors { close(descriptor) }
    }

    static func copy(lock: RouterLock, server: ControlServer, plane: DataPlane) async throws -> HandoverOffer {
        let listeners = try await plane.copySockets()
        do {
            let control = try await server.copySocket()
            let lock = fcntl(lock.descriptor, F_DUPFD_CLOEXEC, 0)
            guard lock >= 0 else {
                let error = IOError(errnoCode: errno, reason: "copying the lock")
                close(control)
                throw error
            }
            return HandoverOffer(lock: lock, control: control, listeners: listeners)
        } catch {
            for listener in listeners { close(listener.socket) }
            throw error
        }
    }
}

/// The reason why a running router does not hand over.
enum HandoverRefusal: Error, CustomStringConvertible {
    case underWay

    var description: String {
        switch self {
        case .underWay: "another router is taking over; try again, and that router answers"
        }
    }
}

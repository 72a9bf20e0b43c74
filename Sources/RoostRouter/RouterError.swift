import Glibc

/// The reason why a router could not start, or could not go on.
package enum RouterError: Error, Equatable, CustomStringConvertible {
    case folderUnusable(path: String, errno: CInt)
    case lockUnusable(String)
    case socketUnusable(path: String, step: String, errno: CInt)
    /// `<home>/router/control.sock` is too long for a socket's name.
    case pathTooLong(String)
    case tableUnusable(String)
    /// The running router has the lock and does not hand over.
    case alreadyRunning(reason: String)

    package var description: String {
        switch self {
        case .folderUnusable(let path, let code): "cannot use the folder \(path): \(String(cString: strerror(code)))"
        case .lockUnusable(let reason): "cannot take the router's lock: \(reason)"
        case .socketUnusable(let path, let step, let code):
            "cannot open the control socket: \(step) \(path): \(String(cString: strerror(code)))"
        case .pathTooLong(let path): "the path of the control socket is too long: \(path)"
        case .tableUnusable(let reason): reason
        case .alreadyRunning(let reason): "another router is running for this home and does not hand over: \(reason)"
        }
    }
}

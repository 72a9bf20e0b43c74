import CHost
import Foundation
import Glibc
import RoostModel

/// The resources that a router starts with: the lock, and, where it replaces a running router, that router's sockets.
struct Inheritance: Sendable {
    let lock: RouterLock
    /// The listening control socket. Nil if it is to be made.
    var control: CInt?
    var listeners: [ListenAddress: CInt] = [:]
}

/// The running router, as seen by the router that replaces it: the other side of `Handover`. Blocks its thread.
struct Predecessor {
    enum Failure: Error, CustomStringConvertible {
        case refused(String)
        case failed(step: String, errno: CInt)
        case ended
        case unreadable(String)

        var description: String {
            switch self {
            case .refused(let reason): reason
            case .failed(let step, let code): "\(step): \(String(cString: strerror(code)))"
            case .ended: "it closed the connection"
            case .unreadable(let reason): "its answer cannot be read: \(reason)"
            }
        }
    }

    /// More listeners than any table of Roost's has; each needs a descriptor.
    private static let mostListeners = 65536
    private static let patience = timeval(tv_sec: 10, tv_usec: 0)

    /// A connection to the running router's control socket.
    let socket: CInt

    /// Returns once the running router has stopped accepting. On failure all received descriptors are closed.
    func takeOver() throws(Failure) -> Inheritance {
        try limitWaiting()
        try send(RouterRequest.takeOver)
        try readReply()
        let manifest: HandoverManifest = try decode(readLine())
        guard manifest.listeners.count <= Self.mostListeners else { throw .unreadable("too many listeners") }
        var descriptors = [CInt](repeating: -1, count: manifest.listeners.count + 2)
        let received = chost_recv_fds(socket, &descriptors, CInt(descriptors.count))
        guard received >= 0 else { throw .failed(step: "receiving descriptors", errno: errno) }
        do throws(Failure) {
            guard received == descriptors.count else { throw .unreadable("\(received) descriptors were received") }
            try send(HandoverMessage.ready)
            try readReply()
        } catch {
            for descriptor in descriptors.prefix(Int(received)) { close(descriptor) }
            throw error
        }
        return Inheritance(
            lock: RouterLock(inherited: descriptors[0]), control: descriptors[1],
            listeners: Dictionary(
                zip(manifest.listeners, descriptors.dropFirst(2)),
                uniquingKeysWith: { first, second in
                    close(second)
                    return first
                }))
    }

    private func limitWaiting() throws(Failure) {
        var patience = Self.patience
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            guard setsockopt(socket, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size)) == 0 else {
                throw .failed(step: "setsockopt", errno: errno)
            }
        }
    }

    private func send(_ value: some Encodable) throws(Failure) {
        var rest: Data
        do { rest = try JSON.encode(value) + [UInt8(ascii: "\n")] } catch { throw .unreadable("\(error)") }
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw .failed(step: "send", errno: errno) }
            rest = rest.dropFirst(count)
        }
    }

    private func readReply() throws(Failure) {
        let reply: RouterReply = try decode(readLine())
        if let refusal = reply.refusal { throw .refused(refusal) }
    }

    private func decode<Value: Decodable>(_ line: Data) throws(Failure) -> Value {
        do { return try JSON.decode(Value.self, from: line) } catch { throw .unreadable("\(error)") }
    }

    /// Reads up to a line's end and no byte further: the next byte may carry descriptors, which an ordinary read
    /// would discard.
    private func readLine() throws(Failure) -> Data {
        var line = Data()
        var piece = [UInt8](repeating: 0, count: 4096)
        while line.count <= LineDecoder.longestLine {
            let seen = recv(socket, &piece, piece.count, CInt(MSG_PEEK))
            if seen < 0 && errno == EINTR { continue }
            guard seen >= 0 else { throw .failed(step: "recv", errno: errno) }
            guard seen > 0 else { throw .ended }
            let end = piece.prefix(seen).firstIndex(of: UInt8(ascii: "\n"))
            let taken = recv(socket, &piece, end.map { $0 + 1 } ?? seen, 0)
            guard taken > 0 else { throw .failed(step: "recv", errno: errno) }
            line.append(contentsOf: piece.prefix(taken))
            if end != nil { return line }
        }
        throw .unreadable("a line of more than \(LineDecoder.longestLine) bytes")
    }
}

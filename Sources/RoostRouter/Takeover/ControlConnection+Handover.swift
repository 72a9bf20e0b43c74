import CHost
import Foundation
import Glibc
import NIOCore
import RoostModel

/// The line before the descriptors, which follow in this order: the lock, the control socket, the listeners as
/// listed.
struct HandoverManifest: Codable, Sendable {
    let listeners: [ListenAddress]
}

/// The line with which the next router asks this one to stop.
enum HandoverMessage: Codable, Sendable {
    case ready
}

/// The old router's side of a takeover, over the control connection that asked for it:
///
///     new: takeOver          old: reply, manifest, descriptors   (goes on accepting; its table stands still)
///     new: ready             old: stops accepting, lets go of the lock, replies
///     new: accepts                 drains
///
/// Until `ready` nothing has changed, so a new router that fails costs nothing. Between `ready` and the new router's
/// first accept, connections queue in the sockets, which both routers have: none is refused.
extension ControlConnection {
    /// Time limit for the new router to get ready.
    private static let patience: TimeAmount = .seconds(10)

    func offer(_ answer: Call.Answer) {
        guard let offer = answer.offer else {
            write(answer.reply)
            state = .idle
            return goOn()
        }
        write(answer.reply)
        write(HandoverManifest(listeners: offer.listeners.map(\.address))) {
            self.send(offer)
            offer.closeAll()
        }
    }

    private func send(_ offer: HandoverOffer) {
        guard let context else { return withdraw() }
        // Blocks the loop while the peer does not read, for 5 s at most: this loop carries no sessions.
        let result = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            chost_send_fds($0, offer.descriptors, CInt(offer.descriptors.count))
        }
        guard result == 0 else {
            withdraw()
            return close()
        }
        state = .offered(
            until: context.eventLoop.assumeIsolated().scheduleTask(in: Self.patience) {
                self.context?.close(promise: nil)
            })
        goOn()
    }

    func confirm(_ line: ByteBuffer) {
        do {
            _ = try JSON.decode(HandoverMessage.self, from: Data(line.readableBytesView))
            ask(.handOver, for: .handOver)
        } catch {
            withdraw()
            refuse("not a takeover request: \(error)")
        }
    }

    /// Tells the router that the takeover failed. The answer holds nothing new.
    func withdraw() {
        tell(.call(Call(.withdraw) { _ in }))
    }
}

/// The purpose of a server. It decides what the generated settings may leave out.
package enum ServerProfile: Equatable, Sendable {
    /// A service: durable, and ready to be a replication source.
    case service
    /// A private copy. It never acts as the original (no replication, subscriptions, event scheduler or archiving),
    /// and it saves memory and files. A copy that is not durable does not wait for the disk: after a crash of the host
    /// it may be unusable, and is then created anew.
    case clone(isDurable: Bool)
    /// A template being built: nothing waits for the disk, because an import can be repeated. It does not act as the
    /// original either.
    case building

    /// Whether the server is a copy of another one, or the source of copies.
    package var isCopy: Bool { self != .service }

    /// Whether acknowledged writes must survive a crash.
    package var isDurable: Bool {
        switch self {
        case .service: true
        case .clone(let isDurable): isDurable
        case .building: false
        }
    }
}

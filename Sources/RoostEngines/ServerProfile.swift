/// What a server is run for. It decides what the generated settings may leave out.
package enum ServerProfile: Equatable, Sendable {
    /// A service: durable, and ready to be replicated from.
    case service
    /// A private copy. It never acts as the original (no replication, subscriptions, event scheduler or archiving), and it
    /// spares memory and files. One that is not durable does not wait for the disk: a crash of the machine may leave it
    /// unusable, and it is made anew then.
    case clone(isDurable: Bool)
    /// A template in the making: nothing waits for the disk, for what is imported can be imported again. It acts as nobody
    /// either.
    case building

    /// Whether the server is a copy of another one, or the start of copies.
    package var isCopy: Bool { self != .service }

    /// Whether what was acknowledged must survive a crash.
    package var isDurable: Bool {
        switch self {
        case .service: true
        case .clone(let isDurable): isDurable
        case .building: false
        }
    }
}

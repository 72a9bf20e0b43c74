import Glibc

/// The wait for a replica that connects anew to the primary that it followed: readers of a replica that is seen without a
/// connection are sent elsewhere.
enum ReceiverWait {
    private static let patience: Duration = .seconds(1)

    /// Returns once the replica is connected, or after a second: it goes on trying by itself, and its report tells.
    static func run<Failure: Error>(until isConnected: () throws(Failure) -> Bool) throws(Failure) {
        let deadline = ContinuousClock.now + patience
        while try !isConnected(), ContinuousClock.now < deadline { usleep(2000) }
    }
}

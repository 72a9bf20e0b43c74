import Glibc

/// A way to stop processes where they are.
protocol Freezer {
    /// Begins to stop them; they may take a moment. Throws with whatever it did still to be undone by `thaw`.
    func freeze() throws(FreezeFailure)
    /// Whether all of them stand still now.
    func isFrozen() throws(FreezeFailure) -> Bool
    /// Undoes `freeze`, also half a one. False: see errno.
    func thaw() -> Bool
}

/// Why processes could not be frozen, in a line for an operator.
struct FreezeFailure: Error, CustomStringConvertible {
    let reason: String

    init(_ reason: String) { self.reason = reason }

    var description: String { reason }

    /// With the error of the system call that just failed.
    static func last(_ operation: String) -> FreezeFailure {
        FreezeFailure("\(operation): \(String(cString: strerror(errno)))")
    }
}

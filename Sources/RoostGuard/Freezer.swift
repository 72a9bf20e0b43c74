import Glibc

/// A method of freezing processes.
protocol Freezer {
    /// Begins to stop the processes, which may take a moment. After an error, `thaw` must still undo a partial
    /// freeze.
    func freeze() throws(FreezeFailure)
    /// Whether all processes are stopped now.
    func isFrozen() throws(FreezeFailure) -> Bool
    /// Undoes `freeze`, also a partial one. False on failure, with errno set.
    func thaw() -> Bool
}

/// The reason why processes could not be frozen, in a line for an operator.
struct FreezeFailure: Error, CustomStringConvertible {
    let reason: String

    init(_ reason: String) { self.reason = reason }

    var description: String { reason }

    /// A failure with the error of the system call that just failed.
    static func last(_ operation: String) -> FreezeFailure {
        FreezeFailure("\(operation): \(String(cString: strerror(errno)))")
    }
}

import Glibc
import RoostModel
import Synchronization

/// The notice that Ctrl-C prints while an operation is followed: the operation goes on, and how to find it again.
enum InterruptNotice {
    /// The address of the text, made before a signal may come, because a handler cannot allocate. 0 if there is none.
    private static let text = Atomic<UInt>(0)

    /// The text of an operation's notice.
    static func words(_ operation: OperationInfo) -> String {
        """

        roost: the \(operation.kind.replacing("_", with: " ")) continues as operation \(operation.id)
          next: roost operation show \(operation.id) --follow
          next: roost operation cancel \(operation.id)

        """
    }

    static func set(_ operation: OperationInfo) {
        // Never freed: the handler may be reading the previous copy.
        guard let copy = strdup(words(operation)) else { return }
        text.store(UInt(bitPattern: copy), ordering: .sequentiallyConsistent)
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { signal in
            if let words = UnsafePointer<CChar>(
                bitPattern: InterruptNotice.text.load(ordering: .sequentiallyConsistent))
            {
                _ = write(STDERR_FILENO, words, strlen(words))
            }
            // The default action follows, so that a shell script around this process ends too.
            _ = Glibc.signal(signal, SIG_DFL)
            kill(getpid(), signal)
        }
        sigaction(SIGINT, &action, nil)
    }

    static func clear() {
        text.store(0, ordering: .sequentiallyConsistent)
        signal(SIGINT, SIG_DFL)
    }
}

import Glibc
import RoostModel
import Synchronization

/// What Ctrl-C says while an operation is followed: it goes on without this process, and how to find it again.
enum InterruptNotice {
    /// The address of the text, made before a signal may come: a handler can allocate nothing. 0: there is none.
    private static let text = Atomic<UInt>(0)

    /// The notice of an operation, as it is printed.
    static func words(_ operation: OperationInfo) -> String {
        """

        roost: the \(operation.kind.replacing("_", with: " ")) goes on as operation \(operation.id)
          next: roost operation show \(operation.id) --follow
          next: roost operation cancel \(operation.id)

        """
    }

    static func set(_ operation: OperationInfo) {
        // Lives for as long as the process: the handler may just be reading the one before.
        guard let copy = strdup(words(operation)) else { return }
        text.store(UInt(bitPattern: copy), ordering: .sequentiallyConsistent)
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { signal in
            if let words = UnsafePointer<CChar>(
                bitPattern: InterruptNotice.text.load(ordering: .sequentiallyConsistent))
            {
                _ = write(STDERR_FILENO, words, strlen(words))
            }
            // Ends as it would have without this handler, so that a shell's script ends too.
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

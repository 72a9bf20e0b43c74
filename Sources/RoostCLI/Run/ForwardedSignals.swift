import Glibc
import Synchronization

/// Forwards signals to the program that this process waits for. The terminal's signals are not forwarded: they reach
/// the program directly, because it is in the same process group.
enum ForwardedSignals {
    static let all = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]
    /// The child's process id; 0 before it starts. Atomic, because the handler may run on any thread.
    static let child = Atomic<pid_t>(0)

    static func install() {
        var action = sigaction()
        action.sa_flags = SA_SIGINFO | SA_RESTART
        action.__sigaction_handler.sa_sigaction = { signal, info, _ in
            let child = ForwardedSignals.child.load(ordering: .sequentiallyConsistent)
            // Positive codes come from the kernel, that is, from the terminal; a process that sends a signal meant
            // only this one.
            if child > 0, let info, info.pointee.si_code <= 0 { kill(child, signal) }
        }
        for signal in all { sigaction(signal, &action, nil) }
        var ours = sigset_t()
        sigemptyset(&ours)
        for signal in all { sigaddset(&ours, signal) }
        pthread_sigmask(SIG_UNBLOCK, &ours, nil)
    }
}

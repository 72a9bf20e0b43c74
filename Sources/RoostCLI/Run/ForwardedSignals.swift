import Glibc
import Synchronization

/// Passes signals on to a program that this one waits for. Those of the terminal reach it without help, for it is in the same process group.
enum ForwardedSignals {
    static let all = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]
    /// 0 until there is a program. Atomic, for the handler may run on any thread.
    static let child = Atomic<pid_t>(0)

    static func install() {
        var action = sigaction()
        action.sa_flags = SA_SIGINFO | SA_RESTART
        action.__sigaction_handler.sa_sigaction = { signal, info, _ in
            let child = ForwardedSignals.child.load(ordering: .sequentiallyConsistent)
            // Positive codes come from the kernel, that is, from the terminal; a process that sends one meant only us.
            if child > 0, let info, info.pointee.si_code <= 0 { kill(child, signal) }
        }
        for signal in all { sigaction(signal, &action, nil) }
        var ours = sigset_t()
        sigemptyset(&ours)
        for signal in all { sigaddset(&ours, signal) }
        pthread_sigmask(SIG_UNBLOCK, &ours, nil)
    }
}

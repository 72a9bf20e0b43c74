import CHost
import Glibc

/// Carries out the decisions of a `Supervisor` in one thread: starts processes, forwards their output, reaps them,
/// takes signals and answers on the status socket.
final class SupervisorLoop {
    private let file: ProgramFile
    private var supervisor: Supervisor
    private var pids: [Int: pid_t] = [:]
    private var outputs: [Output] = []
    private let signals: Int32
    private let listener: Int32
    private let start = ContinuousClock.now
    private var isFinished = false

    private struct Output {
        let descriptor: Int32
        var lines: LinePrefixer
    }

    init(_ file: ProgramFile) throws(SystemError) {
        self.file = file
        supervisor = Supervisor(names: file.processes.map(\.name))
        signals = chost_signal_descriptor()
        guard signals >= 0 else { throw SystemError(errno) }
        listener = try StatusSocket.listen(at: file.socket)
    }

    /// Returns when a stop was asked for and every process has ended.
    func run() {
        handle(.tick)
        while !isFinished {
            wait()
            takeSignals()
            passOutput()
            answer()
            handle(.tick)
        }
        passOutput()
        unlink(file.socket)
    }

    private var now: Duration { start.duration(to: .now) }

    // MARK: Deciding and doing

    private func handle(_ event: Supervisor.Event) {
        for action in supervisor.handle(event, now: now) {
            switch action {
            case .start(let index): startProcess(index)
            case .terminate(let index): signal(index, SIGTERM)
            case .kill(let index): signal(index, SIGKILL)
            case .finish: isFinished = true
            }
        }
    }

    private func startProcess(_ index: Int) {
        let process = file.processes[index]
        switch Spawning.start(process.command, environment: file.environment) {
        case .success(let spawned):
            pids[index] = spawned.pid
            outputs.append(Output(descriptor: spawned.output, lines: LinePrefixer(process.name)))
            say("\(process.name) started (process \(spawned.pid))")
            handle(.started(index))
        case .failure(let error):
            say("\(process.name) could not be started: \(error)")
            handle(.ended(index, how: "failed to start: \(error)"))
        }
    }

    private func signal(_ index: Int, _ number: Int32) {
        guard let pid = pids[index] else { return }
        // Signal the group; where it has no member yet but the process just started, signal that process.
        if kill(-pid, number) != 0 { kill(pid, number) }
    }

    // MARK: Events

    private func wait() {
        var entries = [pollfd(fd: signals, events: Int16(POLLIN), revents: 0)]
        entries.append(pollfd(fd: listener, events: Int16(POLLIN), revents: 0))
        entries += outputs.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        // Rounded up: a wait that ends a moment early would only be repeated.
        let pause = supervisor.pause(now: now).map { Int32(min($0 / .milliseconds(1) + 1, 60_000)) } ?? -1
        poll(&entries, nfds_t(entries.count), pause)
    }

    private func takeSignals() {
        while true {
            let number = chost_take_signal(signals)
            if number <= 0 { break }
            if number == SIGTERM || number == SIGINT {
                say("stopping")
                handle(.stop)
            }
        }
        reap()
    }

    /// Several children may have ended behind one signal. Processes that an ended child leaves running are killed
    /// with it: they would keep the port from the next start.
    private func reap() {
        for (index, pid) in pids {
            var (signalled, value) = (false, Int32(0))
            guard chost_reap_leader(pid, &signalled, &value) != 0 else { continue }
            pids[index] = nil
            let how = signalled ? "signal \(value)" : "exit status \(value)"
            say("\(file.processes[index].name) ended: \(how)")
            handle(.ended(index, how: how))
        }
    }

    // MARK: Output

    private func passOutput() {
        var buffer = [UInt8](repeating: 0, count: 32 << 10)
        outputs = outputs.compactMap { output in
            var output = output
            // A bounded number of pieces: a process that never stops writing must not keep signals waiting.
            for _ in 0..<8 {
                let count = read(output.descriptor, &buffer, buffer.count)
                if count > 0 {
                    Self.write(output.lines.feed(buffer[..<count]))
                } else if count < 0 && (errno == EAGAIN || errno == EINTR) {
                    return output
                } else {
                    Self.write(output.lines.finish())
                    close(output.descriptor)
                    return nil
                }
            }
            return output
        }
    }

    private func say(_ text: String) { Self.write(Array("roost: \(text)\n".utf8)) }

    private static func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            // A full disk loses lines of the log and stops no service.
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    // MARK: Status

    private func answer() {
        StatusSocket.answerAll(listener) {
            let served = file.ports.isEmpty ? [] : ListeningPorts.current()
            let ports = file.ports.map {
                SupervisorStatus.Port(name: $0.name, isServed: served.contains($0.number))
            }
            return SupervisorStatus(processes: supervisor.processes(now: now), ports: ports).text
        }
    }
}

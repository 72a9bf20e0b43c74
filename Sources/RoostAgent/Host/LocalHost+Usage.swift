import Foundation
import RoostAgentProtocol
import RoostHost
import RoostModel
import Synchronization

// The usage of instances, and the logs of their servers.
extension LocalHost {
    package func logs(_ id: InstanceID, lines: Int, follow: Bool) async throws(Problem) -> AsyncStream<String> {
        let path = paths.instance(id).log
        do {
            if follow { return LogFile.follow(path, last: lines) }
            let tail = try await pool.run { try LogFile.tail(path, lines: lines) }
            return AsyncStream { stream in
                for line in tail { stream.yield(line) }
                stream.finish()
            }
        } catch { throw Problem(.failed, "the log of \(id.name) cannot be read: \(error)") }
    }

    // MARK: Usage

    package func usage(_ subjects: [MeasureUsage.Subject]) async -> [UsageInfo] {
        var infos: [UsageInfo] = []
        for subject in subjects {
            let id = subject.id
            let instance = paths.instance(id)
            let process = servers.withLock { $0[id]?.process }
            // Without a control group, or if the server is outside of it, memory is read from the process. A folder
            // that cannot be read counts as empty.
            let holder = (try? plans.group(of: id)).flatMap { group in
                process.map { group.strays(among: [$0.pid]).isEmpty } ?? true ? group : nil
            }
            let used = holder?.usage()
            let memory =
                used?.memoryBytes ?? process.flatMap { Machine.processMemory(pid: $0.pid)?.resident }
                ?? ByteCount(bytes: 0)
            let disk = (try? await bulk.run { try Storage.size(of: instance.data) }) ?? ByteCount(bytes: 0)
            let percent = used.flatMap { cpuPercent(id, seconds: $0.cpuSeconds) }
            infos.append(
                UsageInfo(
                    application: "\(id.service.application)", instance: id.name, pid: process?.pid,
                    cpuPercent: percent, memoryBytes: memory, memoryLimitBytes: subject.memoryLimit,
                    diskBytes: disk, connections: 0))
        }
        return infos
    }

    /// CPU time since the last look, in percent of one core. Nil at the first look.
    private func cpuPercent(_ id: InstanceID, seconds: Double) -> Double? {
        let now = ContinuousClock.now
        return servers.withLock { servers in
            defer { servers[id]?.cpu = (seconds, now) }
            guard let last = servers[id]?.cpu else { return nil }
            let elapsed = last.at.duration(to: now) / .seconds(1)
            return elapsed > 0 ? max(0, (seconds - last.seconds) / elapsed * 100) : nil
        }
    }
}

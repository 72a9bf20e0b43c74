import Foundation
import Logging
import RoostAgentProtocol
import RoostHost
import RoostModel

extension MachineAnswers {
    func onMachine(_ calls: inout CallTable) {
        let (machine, doctor, host, pool) = (machine, doctor, host, disk.pool)
        calls.on(DescribeMachine.self) { await machine.info(instances: $0.instances, version: $0.version) }
        calls.on(ExamineMachine.self) { await doctor.findings(users: $0.users) }
        calls.on(MeasureUsage.self) { await host.usage($0.instances) }
        calls.on(FindFreePorts.self) { call in
            Set(call.ports.filter { call.areOwn ? LoopbackPorts.isFreeAgain($0) : LoopbackPorts.isFree($0) })
        }
        calls.on(ClaimUser.self) { [self] call in
            try await pool.run {
                call.user.map { claim($0, call) }
                    ?? Self.claimAny(of: machine.serverUsers(), besides: call.taken, machine.claim)
            }
        }
        calls.on(ReviewUsers.self) { [paths] call in
            guard Machine.isRoot else { return ReviewUsers.Answer(shared: [:], missing: [], home: paths.home) }
            let review = try await pool.run { try UserRegister.shared.sync(home: paths.home, users: call.users) }
            return ReviewUsers.Answer(shared: review.shared, missing: review.missing, home: paths.home)
        }
        calls.on(RotateLogs.self) { [self] call in
            try await rotate(call.instances)
            return Done()
        }
        calls.onLogs(of: boards.logs) { try await host.logs($0.instance, lines: $0.lines, follow: $0.follow) }
    }

    // MARK: Users

    private func claim(_ user: ServerUser, _ call: ClaimUser) -> ClaimUser.Answer {
        if call.mustBeOffered, !machine.serverUsers().contains(user) { return .notOffered }
        return switch machine.claim(user) {
        case .ours: .ours(user)
        case .taken(let home): .taken(byHome: home)
        case .unknown(let reason): .unknown(reason: reason)
        }
    }

    /// The first user of the pool that neither this home nor another one of the machine has.
    static func claimAny(
        of pool: [ServerUser], besides taken: Set<String>, _ claim: (ServerUser) -> UserRegister.Claim
    ) -> ClaimUser.Answer {
        var others: Set<String> = []
        for user in pool where !taken.contains(user.name) {
            switch claim(user) {
            case .ours: return .ours(user)
            case .taken(let home): others.insert(home)
            case .unknown(let reason): return .unknown(reason: reason)
            }
        }
        return .allTaken(of: pool.count, byHomes: others.sorted())
    }

    // MARK: Logs

    private static let largestLog: ByteCount = .mebibytes(16)
    private static let keptParts = 5

    /// Rotates the router's log and every log file of the instances, also the logs that users switched on.
    private func rotate(_ instances: [InstanceID]) async throws {
        try await disk.pool.run { [paths, logger] in
            var logs = [paths.routerLog]
            for folder in instances.map({ paths.instance($0).logs }) {
                // A missing folder has nothing to rotate.
                let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
                logs += names.filter { $0.hasSuffix(".log") }.map { "\(folder)/\($0)" }
            }
            for log in logs where FileManager.default.fileExists(atPath: log) {
                // A server's user may have put anything there. A failure does not keep other logs from rotation.
                do { try LogFile.rotate(log, over: Self.largestLog, keep: Self.keptParts) } catch {
                    logger.warning("A log could not be rotated", metadata: ["of": "\(log)", "reason": "\(error)"])
                }
            }
        }
    }
}

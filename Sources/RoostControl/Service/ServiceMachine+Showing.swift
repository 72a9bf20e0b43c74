import RoostModel

extension ServiceMachine {
    mutating func show() -> [Effect] {
        guard let view else { return [] }
        var told: [Effect] = []
        let draining = readersEnd(at: date) == nil ? [] : view.service.surplus
        if draining != report.draining, let first = draining.first {
            let names = draining.map { InstanceID(id, $0).name }.joined(separator: ", ")
            told.append(.tell(.waits(for: "waits for the readers of \(names) to end"), index: first))
        }
        report.draining = draining
        var shown: [Int: ServiceReport.Instance] = [:]
        let statuses = view.service.instances.compactMap { members[$0.index]?.status }
        for status in statuses {
            let index = status.id.index
            let instance = describe(status, view)
            shown[index] = instance
            if let problem = instance.problem, problem != report.instances[index]?.problem, status.state != .starting {
                told.append(
                    .tell(
                        .event(kind: "instance_problem", message: "\(status.id.name): \(problem.firstLine)"),
                        index: index))
            }
            if status.convergence == .settled, let pid = status.pid, members[index]?.announced != pid {
                members[index]?.announced = pid
                told.append(
                    .tell(.event(kind: "instance_up", message: "\(status.id.name) is up"), index: index))
            }
        }
        report.instances = shown
        report.isChangingPrimary = handover != nil
        report.problem =
            enlisting.failure.map { "its members cannot be changed: \($0)" } ?? stuck ?? passwordRollout.problem
        let isComplete =
            statuses.count == view.service.instances.count && Membership.change(view.service) == nil
            && !view.service.instances.contains { $0.leaving != nil || view.service.isReseeding($0.index) }
        let generations = statuses.map(\.generation)
        if isComplete, let seen = generations.min() {
            report.seenGeneration = seen
            if isSettled(statuses, view.service) {
                report.settledGeneration = max(report.settledGeneration, seen)
            }
        }
        // No report before the first status: callers that wait for the first look need an agent's observation.
        return (statuses.isEmpty ? [] : [.show(report)]) + told
    }

    /// A pending change of the primary is not settled. Members of a group are settled only in the service's epoch, once
    /// commits wait for the replicas that they should wait for, and once no old replication password is accepted.
    private func isSettled(_ statuses: [InstanceStatus], _ service: Service) -> Bool {
        switch service.goal {
        case .promote, .failover: return false
        case .run, .restore, .upgrade, .reset, .image, .move, .destroy: break
        }
        return statuses.allSatisfy { $0.convergence == .settled && (!service.isGroup || $0.epoch == service.epoch) }
            && SynchronousSet.isSettled(service, members.compactMapValues(\.status))
            && PasswordRollout.isSettled(service, members.compactMapValues(\.status), answering: answering(service))
    }

    func describe(_ status: InstanceStatus, _ view: View) -> ServiceReport.Instance {
        let problem = Self.problem(status.problem ?? view.listenErrors.first, disk: status.diskFault)
        let primary = view.service.status.primary
        let following = status.replication.flatMap { report in
            report.role == .primary || status.id.index == primary
                ? nil : ServiceReport.Instance.Following(report, primary: members[primary]?.status?.replication)
        }
        let isHealed = status.convergence == .blocked && healing.expected.contains(status.id.index)
        return ServiceReport.Instance(
            state: status.state, pid: status.pid, problem: problem.map { Hint.addressed($0, to: id) },
            convergence: isHealed ? .underway : status.convergence, failures: status.failures,
            lostFiles: status.lostFiles, following: following,
            position: status.id.index == primary ? status.replication?.applied : status.replication?.received,
            isSilent: status.isSilent ?? false)
    }

    /// The problem to show. A full disk comes first: it is the cause of present and coming problems.
    static func problem(_ problem: String?, disk: String?) -> String? {
        guard let disk, problem?.contains("goes on by itself") != true else { return problem }
        return problem.map { "\(disk) (\($0))" } ?? disk
    }
}

extension String {
    /// Only the first line: the lines after it may be a script's own output, which only those who pushed it may read.
    fileprivate var firstLine: Substring { prefix { !$0.isNewline } }
}

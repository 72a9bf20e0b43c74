import RoostModel

extension ServiceMachine {
    mutating func show() -> [Effect] {
        guard let view else { return [] }
        var told: [Effect] = []
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
            if status.outlook == .settled, let pid = status.pid, members[index]?.announced != pid {
                members[index]?.announced = pid
                told.append(
                    .tell(.event(kind: "instance_up", message: "\(status.id.name) serves"), index: index))
            }
        }
        report.instances = shown
        report.problem = enlisting.failure.map { "its members cannot be changed: \($0)" }
        let isComplete =
            statuses.count == view.service.instances.count && Membership.change(view.service) == nil
            && !view.service.instances.contains { $0.leaving != nil }
        let generations = statuses.map(\.generation)
        if isComplete, let seen = generations.min() {
            report.seenGeneration = seen
            if isSettled(statuses, view.service) {
                report.settledGeneration = max(report.settledGeneration, seen)
            }
        }
        // Whoever waits for the first look waits for what an agent has seen.
        return (statuses.isEmpty ? [] : [.show(report)]) + told
    }

    /// Members go on as they are until a primary is agreed on, and are settled in the epoch that begins with it.
    private func isSettled(_ statuses: [InstanceStatus], _ service: Service) -> Bool {
        if case .promote = service.intent { return false }
        return statuses.allSatisfy { $0.outlook == .settled && (!service.isGroup || $0.epoch == service.epoch) }
    }

    func describe(_ status: InstanceStatus, _ view: View) -> ServiceReport.Instance {
        let problem = Self.problem(status.problem ?? view.listenErrors.first, disk: status.diskFault)
        let primary = view.service.status.primary
        let following = status.replication.flatMap { report in
            report.role == .primary || status.id.index == primary
                ? nil : ServiceReport.Instance.Following(report, primary: members[primary]?.status?.replication)
        }
        return ServiceReport.Instance(
            state: status.state, pid: status.pid, problem: problem.map { Hint.addressed($0, to: id) },
            outlook: status.outlook, failures: status.failures, lostFiles: status.lostFiles,
            following: following)
    }

    /// A full disk is the cause of what else is wrong, and of what is about to be.
    static func problem(_ problem: String?, disk: String?) -> String? {
        guard let disk, problem?.contains("goes on by itself") != true else { return problem }
        return problem.map { "\(disk) (\($0))" } ?? disk
    }
}

extension String {
    /// What is behind it may be a script's own output, which is for those alone who pushed it.
    fileprivate var firstLine: Substring { prefix { !$0.isNewline } }
}

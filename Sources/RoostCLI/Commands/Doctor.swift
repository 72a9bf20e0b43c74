import ArgumentParser
import RoostModel

/// `roost doctor`
struct Doctor: Command {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check the machine and suggest fixes for problems.",
        discussion: "Exits with 1 if it finds a problem.")

    @OptionGroup(title: "Common options") var options: Options

    func run(in session: Session) async throws(Problem) -> Ending {
        var findings: [Finding]
        do {
            findings = try await session.client.doctor()
            findings.insert(Finding("daemon", .good, "roostd answers at \(session.client.address)"), at: 0)
        } catch let error where error.code == .daemonUnreachable {
            // The first finding of a diagnosis; all other checks are made by the daemon.
            findings = [Finding("daemon", .problem, error.message, fix: error.nextSteps.first)]
        }
        try session.output.show(.findings(findings))
        return findings.contains { $0.level == .problem }
            ? .status(ProblemCode.failed.exitStatus) : .done
    }
}

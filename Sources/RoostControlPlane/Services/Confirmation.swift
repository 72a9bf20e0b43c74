import Foundation
import RoostModel

/// Refuses a request that loses data unless the name of what is lost was typed again.
func requireConfirmation(
    _ typed: String?, name: String, _ consequence: String, command: String
) throws(Problem) {
    guard typed != name else { return }
    throw Problem(.confirmationNeeded, "\(consequence); confirm with its name, '\(name)'", next: [command])
}

extension OperationInfo {
    /// Answer to a dry run that was not refused: there is no operation with this id.
    static func dryRun(_ kind: String, of id: ServiceID) -> OperationInfo {
        OperationInfo(
            id: "dry-run", kind: kind, application: "\(id.application)", service: "\(id.service)", state: .done,
            steps: [], error: nil, startedAt: Date(), endedAt: Date())
    }
}

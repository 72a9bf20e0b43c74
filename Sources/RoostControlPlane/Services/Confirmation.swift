import RoostModel

/// Refuses a request that loses data unless the name of what is lost was typed again.
func requireConfirmation(
    _ typed: String?, name: String, _ consequence: String, command: String
) throws(Problem) {
    guard typed != name else { return }
    throw Problem(.confirmationNeeded, "\(consequence); confirm with its name, '\(name)'", next: [command])
}

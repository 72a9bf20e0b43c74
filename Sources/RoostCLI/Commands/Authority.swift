import ArgumentParser
import RoostModel

/// `roost ca`
struct Authority: Command {
    static let configuration = CommandConfiguration(
        commandName: "ca", abstract: "Print the CA certificate that clients use to verify exposed services.",
        discussion: """
            roost ca > roost-ca.pem
            roost url data --for sqlalchemy --ca roost-ca.pem

            The certificate is the same for every service of this roostd, and it is not a secret.
            """)

    @OptionGroup(title: "Common options") var options: Options

    func run(in session: Session) async throws(Problem) -> Ending {
        try session.output.show(.authority(try await session.client.authority()))
        return .done
    }
}

import Foundation
import RoostModel

/// The account that an export signs on as.
package struct ExportAccount: Equatable, Sendable {
    package let user: String
    package let password: String
}

// An export of the whole server is an RDB file, as sent to a replica. The application user may not replicate, because
// a compromised application must not receive a stream of all writes.
extension Redis {
    /// The account reads the whole data set and does nothing else. Each export sets another password; running exports
    /// go on. The server forgets the account at its next start.
    package func exportAccount(_ plan: ServerPlan) async throws(EngineError) -> ExportAccount? {
        let password = (UUID().uuidString + UUID().uuidString).replacing("-", with: "").lowercased()
        try await administer(plan.address) { connection throws(EngineError) in
            try asking { () throws(RedisFault) in _ = try connection.run(RedisAccess.exporting(password)) }
        }
        return ExportAccount(user: RedisAccess.exporter, password: password)
    }
}

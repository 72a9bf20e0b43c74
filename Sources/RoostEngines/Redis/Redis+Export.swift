import Foundation
import RoostModel

/// Whom an export signs on as.
package struct ExportAccount: Equatable, Sendable {
    package let user: String
    package let password: String
}

// An RDB file of the whole server is what a replica is given. The application user may be no replica, because an application
// that is broken into should not hold a stream of all that is written.
extension Redis {
    /// The account reads the whole and does nothing else. Each export gives it another password; exports that run go on. The
    /// server forgets it when it starts again.
    package func exportAccount(_ plan: ServerPlan) async throws(EngineError) -> ExportAccount? {
        let password = (UUID().uuidString + UUID().uuidString).replacing("-", with: "").lowercased()
        try await administer(plan.address) { connection throws(EngineError) in
            try asking { () throws(RedisFault) in _ = try connection.run(RedisAccess.exporting(password)) }
        }
        return ExportAccount(user: RedisAccess.exporter, password: password)
    }
}

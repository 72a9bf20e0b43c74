import Foundation
import RoostModel

/// What a data directory says of the servers that wrote it: `mysql_upgrade_history`, which the server keeps. Pure.
enum MySQLUpgradeHistory {
    private struct File: Decodable {
        struct Entry: Decodable {
            /// `9.7.4`, or with the packager's own suffix, `9.7.4-2`.
            let version: String
        }

        let upgradeHistory: [Entry]

        enum CodingKeys: String, CodingKey {
            case upgradeHistory = "upgrade_history"
        }
    }

    /// Of the last one. Nil: this is no such file.
    static func version(_ text: String) -> EngineVersion? {
        // Anything may stand there, and says nothing then.
        let file = try? JSONDecoder().decode(File.self, from: Data(text.utf8))
        return (file?.upgradeHistory.last?.version).flatMap { EngineVersion(String($0.prefix { $0 != "-" })) }
    }
}

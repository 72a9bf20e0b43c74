import Foundation
import RoostModel

/// Reads the versions of the servers that wrote a data directory from `mysql_upgrade_history`, which the server
/// maintains. Pure.
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

    /// The version of the last entry. Nil if the text is not such a file.
    static func version(_ text: String) -> EngineVersion? {
        // The file may contain anything: invalid text counts as no version.
        let file = try? JSONDecoder().decode(File.self, from: Data(text.utf8))
        return (file?.upgradeHistory.last?.version).flatMap { EngineVersion(String($0.prefix { $0 != "-" })) }
    }
}

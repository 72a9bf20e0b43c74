import Foundation
import RoostModel

/// Settings of a server that belongs to a group. Pure, except for `refusal(_:)`.
enum MySQLGroup {
    /// Wait of a commit for its acknowledgement: a hundred years, in milliseconds. The server would go on without it
    /// after that time.
    static let patience: Int64 = 3_153_600_000_000

    /// The plugins of semi-synchronous replication. Every service loads them: one that becomes a group is not
    /// restarted. Until they are switched on, they do nothing.
    static let plugins = ["semisync_source.so", "semisync_replica.so"]

    /// The plugins as an option. Empty if the build has no folder of plugins.
    static func loading(_ build: EngineBuild) -> [Option] {
        build.folders["plugin_dir"] == nil ? [] : [Option("plugin_load_add", plugins.joined(separator: ";"))]
    }

    /// Settings without an effect on a primary alone, which a server takes while it follows nobody. The switches of
    /// synchronous replication are not among them: with those in the file, the first statement of a primary without
    /// replicas would wait for ever.
    static let options =
        [
            Option("replica_parallel_workers", 4),
            // A replica that acknowledges a transaction has it on disk.
            Option("sync_relay_log", 1),
        ] + waiting

    /// How commits wait: until a replica has them, and before others can see them.
    static let waiting = [
        Option("rpl_semi_sync_source_wait_point", "AFTER_SYNC"),
        Option("rpl_semi_sync_source_timeout", patience),
        Option("rpl_semi_sync_source_wait_no_replica", true),
        Option("rpl_semi_sync_source_wait_for_replica_count", 1),
    ]

    /// The reason, for users, why servers of this build cannot have replicas. Nil if they can.
    static func refusal(_ build: EngineBuild) -> String? {
        let folder = build.folders["plugin_dir"]
        let missing = plugins.filter { name in
            folder.map { !FileManager.default.fileExists(atPath: "\($0)/\(name)") } ?? true
        }
        guard !missing.isEmpty else { return nil }
        return "replicas need the plugins of semi-synchronous replication, and \(build.identity) has no "
            + "\(missing.joined(separator: " and no "))"
    }

    /// A server that was started without the plugins.
    static let notLoaded = ClientFault.refusal(
        "it was started without the plugins of semi-synchronous replication; restart the service")
}

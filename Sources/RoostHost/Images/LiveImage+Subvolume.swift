extension LiveImage {
    /// Takes an image of a running server's data directory by one snapshot of its subvolume, while the server runs
    /// on. False, with nothing left behind, where `source` is no subvolume's root, the target is on another file
    /// system, or the tree is unfit (see `Storage.snapshotTree`). Waits until dirty data of the subvolume is written:
    /// as long as the disk takes.
    ///
    /// The image has the state after a crash of the *machine*, not of the server alone: all data written before the
    /// call, all data synced during it, and any part of the data written during it and not synced. So a snapshot
    /// suits a server that syncs the data it relies on. A server without syncs (`fsync=off`,
    /// `innodb_flush_method=nosync`, an AOF that is synced each second) may not start from it, and needs an image
    /// taken with a freeze (`take`).
    package static func snapshotSubvolume(from source: String, to target: String) throws(HostError) -> Bool {
        try Storage.snapshotTree(from: source, to: target)
    }
}

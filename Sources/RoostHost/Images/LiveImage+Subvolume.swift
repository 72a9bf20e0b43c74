extension LiveImage {
    /// Takes an image of a running server's data directory by one snapshot of its subvolume, while the server runs on. False,
    /// and nothing stays, where `source` is no subvolume's root, the target is on another file system, or the tree is unfit
    /// (see `Storage.snapshotTree`). Waits for what is dirty in it to be written: as long as the disk takes.
    ///
    /// It is what a crash of the *machine* would have left, not of the server alone: all that was written before the call,
    /// all that was synced meanwhile, and of what was written meanwhile and not synced, any part. So it suits a server that
    /// syncs what it relies on. One that runs without (`fsync=off`, `innodb_flush_method=nosync`, an AOF that is synced
    /// each second) may not start from it: that one's image takes a freeze (`take`).
    package static func snapshotSubvolume(from source: String, to target: String) throws(HostError) -> Bool {
        try Storage.snapshotTree(from: source, to: target)
    }
}

extension LiveImage {
    /// Copies a tree file by file while it changes, for engines that can start from such a copy (PostgreSQL's backup
    /// mode), and returns the method that all of it was copied by. Files that vanish meanwhile are left out, growing
    /// files are cut at the size that they were found with. Takes as long as the disk does where there are no
    /// reflinks.
    package static func copyUnfrozen(from source: String, to target: String) throws(HostError) -> StorageMethod {
        try Storage.copyTree(from: source, to: target, TreeCopy(method: .reflink, isChanging: true))
    }
}

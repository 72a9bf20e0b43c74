import RoostHost

extension Place {
    /// Makes the folders that are missing. Servers' users pass through those of instances and list none of them.
    func makeFolders() throws(HostError) {
        for folder in [instances, ready, scratch, templateWork] {
            try Storage.makeFolder(folder, mode: 0o711, owner: nil)
        }
        for folder in [snapshots, templates] { try Storage.makeFolder(folder, mode: 0o700, owner: nil) }
    }
}

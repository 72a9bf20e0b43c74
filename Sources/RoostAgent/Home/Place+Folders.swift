import RoostHost

extension Place {
    /// Makes the missing folders. Servers' users pass through the folders of instances and cannot list them.
    func makeFolders() throws(HostError) {
        for folder in [instances, ready, scratch, templateWork] {
            try Storage.makeFolder(folder, mode: 0o711, owner: nil)
        }
        for folder in [snapshots, templates] { try Storage.makeFolder(folder, mode: 0o700, owner: nil) }
    }
}

import Foundation
import RoostHost
import RoostModel

/// The manifests beside the databases of a home.
struct ManifestFolder {
    let paths: HomePaths

    /// Those that can be read, and a sentence for each folder that holds none.
    func all() -> (found: [Manifest], leftAlone: [String]) {
        var found: [Manifest] = []
        var leftAlone: [String] = []
        for application in names(in: paths.instances) {
            for instance in names(in: "\(paths.instances)/\(application)") {
                let folder = "\(paths.instances)/\(application)/\(instance)"
                guard let data = FileManager.default.contents(atPath: InstancePaths(folder: folder).manifest) else {
                    leftAlone.append("\(folder): it has no readable manifest")
                    continue
                }
                do {
                    let manifest = try JSON.decode(Manifest.self, from: data)
                    if manifest.format <= Manifest.currentFormat {
                        found.append(manifest)
                    } else {
                        leftAlone.append("\(folder): its manifest is of a newer Roost")
                    }
                } catch {
                    leftAlone.append("\(folder): its manifest cannot be read: \(error)")
                }
            }
        }
        return (found, leftAlone)
    }

    private func names(in folder: String) -> [String] {
        // A folder that is not there holds nothing.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        // Half removed: its service was destroyed.
        return names.filter { !$0.hasSuffix(Storage.unfinished) }.sorted()
    }
}

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
        for place in paths.places {
            for application in names(in: place.instances) {
                for instance in names(in: "\(place.instances)/\(application)") {
                    switch read("\(place.instances)/\(application)/\(instance)") {
                    case .success(let manifest): found.append(manifest)
                    case .failure(let reason): leftAlone.append(reason.text)
                    }
                }
            }
        }
        return (found, leftAlone)
    }

    private struct Unreadable: Error, CustomStringConvertible {
        let text: String
        var description: String { text }
    }

    private func read(_ folder: String) -> Result<Manifest, Unreadable> {
        guard let data = FileManager.default.contents(atPath: InstancePaths(folder: folder).manifest) else {
            return .failure(Unreadable(text: "\(folder): it has no readable manifest"))
        }
        do {
            return .success(try JSON.decode(Manifest.self, from: data))
        } catch {
            return .failure(Unreadable(text: "\(folder): its manifest cannot be read: \(error)"))
        }
    }

    private func names(in folder: String) -> [String] {
        // A folder that is not there holds nothing.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        // Half removed: its service was destroyed.
        return names.filter { !$0.hasSuffix(Storage.unfinished) }.sorted()
    }
}

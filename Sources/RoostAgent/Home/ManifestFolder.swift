import Foundation
import RoostHost
import RoostModel

/// The manifests beside the databases of a home.
struct ManifestFolder {
    let paths: HomePaths

    /// The readable manifests, and a sentence for each folder without one.
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
            return .failure(Unreadable(text: "\(folder): no readable manifest"))
        }
        do {
            return .success(try JSON.decode(Manifest.self, from: data))
        } catch {
            return .failure(Unreadable(text: "\(folder): its manifest cannot be read: \(error)"))
        }
    }

    private func names(in folder: String) -> [String] {
        // A missing folder holds no manifest.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        // A half-removed folder belongs to a service that was destroyed.
        return names.filter { !$0.hasSuffix(Storage.unfinished) }.sorted()
    }
}

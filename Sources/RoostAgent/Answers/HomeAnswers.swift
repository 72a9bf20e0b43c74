import Foundation
import RoostAgentProtocol
import RoostEngines
import RoostHost
import RoostModel
import RoostSecrets

/// The agent's answers about its home: manifests, secrets, environment files, and remains of a daemon that died.
struct HomeAnswers: Sendable {
    let paths: HomePaths
    let secrets: HomeSecrets
    let remains: HomeRemains
    let boards: AgentBoards

    func register(in calls: inout CallTable) {
        let (paths, secrets, remains) = (paths, secrets, remains)
        calls.on(ReadManifests.self) { _ in
            let (found, leftAlone) = ManifestFolder(paths: paths).all()
            return ReadManifests.Answer(
                found: found.map { manifest in
                    let instance = paths.instance(InstanceID(manifest.service.id, manifest.index))
                    return .init(manifest: manifest, hasData: FileManager.default.fileExists(atPath: instance.data))
                }, leftAlone: leftAlone)
        }
        calls.on(Unlock.self) { _ in
            try secrets.unlock()
            return Done()
        }
        calls.on(ReadAuthority.self) { _ in
            let path = paths.authorityCertificate
            do { return try String(contentsOfFile: path, encoding: .utf8) } catch {
                throw Problem(.failed, "the certificate of the internal CA cannot be read: \(error)")
            }
        }
        calls.on(job: ClearRemains.self, at: boards.jobs) { job, _ in
            await remains.clear(job)
            return Done()
        }
        calls.on(PlaceEnvironment.self) { [self] call in
            try place(call)
            return Done()
        }
    }

    // MARK: Environment files

    private func place(_ call: PlaceEnvironment) throws {
        let folder = paths.application(call.application)
        guard let sealed = call.files else { return try Storage.removeTree(folder, within: paths.applications) }
        let text = try secrets.key().opened(sealed, ofApplication: call.application)
        let files = try JSON.decode(PlaceEnvironment.Files.self, from: Data(text.utf8))
        try Storage.makeFolder(folder, mode: 0o700, owner: nil)
        for (name, text) in files.application.sorted(by: { $0.key < $1.key }) {
            try write(text, to: "\(folder)/\(name)")
        }
        // Preparing a layout copies these files into the home folder of a custom service's instance.
        let templates = [
            ("environment.json", paths.customEnvironment(call.application)),
            (CustomProgram.variablesFile, paths.customVariables(call.application)),
        ]
        for (name, path) in templates {
            guard let text = files.custom[name] else { continue }
            try write(text, to: path)
            for home in call.custom {
                let instance = paths.instance(home.instance)
                // An instance without a layout gets the file with its first one.
                guard FileManager.default.fileExists(atPath: instance.homeImage) else { continue }
                try Storage.writeAtomically(
                    Data(text.utf8), to: "\(instance.home)/\(name)", mode: 0o600,
                    owner: Machine.isRoot ? home.user : nil)
            }
        }
    }

    private func write(_ text: String, to path: String) throws {
        let data = Data(text.utf8)
        if FileManager.default.contents(atPath: path) == data { return }
        try Storage.writeAtomically(data, to: path, mode: 0o600, owner: nil)
    }
}

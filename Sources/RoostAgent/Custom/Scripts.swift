import Foundation
import RoostEngines
import RoostHost

/// The supervisor and the control groups that scripts of custom services are run with.
struct Scripts: Sendable {
    let disk: HomeDisk
    let catalog: EngineCatalog
    let groups: ControlGroups

    func supervisor() throws(HostFailure) -> String {
        guard let path = catalog.engine(named: "custom")?.builds().first?.programs[Custom.program] else {
            throw HostFailure("the program \(Custom.program) is not in roostd's folder", isPermanent: true)
        }
        return path
    }

    func group(_ name: String) throws(HostFailure) -> ControlGroup? {
        guard groups.areAvailable else { return nil }
        return try disk.naming("make a control group") { try groups.group("\(name).script") }
    }

    /// `builder` means `./builder` where the source has such a file, as it does in dotCloud's build files.
    static func command(_ script: String, in source: String) -> String {
        let name = script.prefix { $0 != " " }
        guard !name.contains("/"), FileManager.default.fileExists(atPath: "\(source)/\(name)") else { return script }
        return "./\(script)"
    }
}

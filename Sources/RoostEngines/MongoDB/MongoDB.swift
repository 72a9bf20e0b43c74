import Foundation
import Glibc
import RoostHost
import RoostModel

/// MongoDB 6 and later. A service is a replica set, also with one member, so that scaling needs no conversion.
///
/// The engine elects its primary by itself. In a group Roost asks for elections, and forces none. After a start, the
/// router holds clients back until the accounts are right.
package struct MongoDB: Engine, UserAccounts, AccountMending, Settling, Cloning, Stripping, DumpLoading, Scripting,
    Exporting, Replication
{
    /// Releases besides the system's packages.
    let added: AddedBuilds
    /// Connections of probes, which have short timeouts.
    let connections = MongoConnections()
    /// Connections of all other short commands. A sign-on costs both sides more than most commands.
    let administrations = MongoConnections()
    let inspected = InspectedPrograms.versions(MongoDB.version)

    package init(addedBuilds: String) {
        added = AddedBuilds(folder: addedBuilds)
    }

    package let family = EngineFamily(
        name: "mongodb", types: [ServiceType(rawValue: "mongodb")], wire: "mongodb", variableInfix: "MONGODB",
        urlScheme: "mongodb", isSQL: false,
        // The set has the service's name, see `MongoDBConfiguration.setName`.
        urlQuery: .init(
            plain: "?replicaSet=\(EngineFamily.URLQuery.service)&authSource=admin&retryWrites=true",
            secured: "?replicaSet=\(EngineFamily.URLQuery.service)&authSource=admin&retryWrites=true&tls=true"),
        applicationUser: "root", names: .mongodb, seriesLength: 2,
        reachesItselfThroughRouter: true, acceptsPreviousPassword: false, mostInstances: 7, electsItself: true,
        defaultMemory: .mebibytes(512), minimumMemory: MongoDBSizing.minimum, freshSize: .mebibytes(48))

    /// The replica set's id and name are created when the set is initiated, at the service's first start: a directory
    /// made ahead carries no identity.
    package let identityIsInData = false

    package let stopSignal: Int32 = SIGTERM

    package func launch(_ plan: ServerPlan, build: EngineBuild) -> Launch {
        let configuration = MongoDBConfiguration(plan: plan)
        return Launch(
            files: configuration.files, privateFiles: configuration.privateFiles,
            program: build.programs["mongod"] ?? "mongod",
            arguments: ["--config", "\(plan.folders.configuration)/\(MongoDBConfiguration.serverFile)"],
            environment: ["TZ": "UTC", "LC_ALL": "C", "PATH": "/usr/bin:/bin"], effective: configuration.effective)
    }

    // MARK: The version of data

    /// Roost's own version file beside the data: only the engine can read the version from its own files.
    static let versionFile = "roost-version"

    package func landmarks(of directory: String) -> Landmarks {
        Landmarks(["WiredTiger", "WiredTiger.wt", "storage.bson"], held: "WiredTiger.wt")
    }

    package func versionOfData(at directory: String) -> EngineVersion? {
        guard FolderEntry.exists("\(directory)/WiredTiger", isFolder: false),
            let text = FolderEntry.text("\(directory)/\(Self.versionFile)", atMost: 100)
        else { return nil }
        return EngineVersion(String(text.prefix { !$0.isNewline }))
    }

    /// Marks a directory with the version that writes it. Idempotent.
    static func mark(_ directory: String, _ version: String, owner: ServerUser?) throws(EngineError) {
        let path = "\(directory)/\(versionFile)"
        if FolderEntry.text(path, atMost: 100) == "\(version)\n" { return }
        do throws(HostError) {
            // Replaced by rename: a link that the server's user may have put there is not followed.
            try Storage.writeAtomically(Data("\(version)\n".utf8), to: path, mode: 0o600, owner: owner)
        } catch {
            throw .initialisationFailed("the version of \(directory) could not be recorded: \(error)")
        }
    }
}

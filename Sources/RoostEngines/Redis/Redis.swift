import Glibc
import RoostModel

/// Redis 7 and later, and Valkey: one server under two names, without differences that matter here.
package struct Redis: Engine, UserAccounts, AccountMending, OnlineBackups, Cloning, Stripping, DumpPlacing, Scripting,
    ExportAccounts, Replication
{
    package enum Flavour: String, Sendable {
        case redis, valkey

        var server: String { "\(rawValue)-server" }
        var client: String { "\(rawValue)-cli" }
        /// The first word of the answer to `--version`.
        var title: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }
        /// The version's field in files and in INFO. A Valkey also names the version of Redis that it is compatible
        /// with.
        var versionField: String { "\(rawValue)_version" }
        var fileVersionField: String { self == .redis ? "redis-ver" : "valkey-ver" }
    }

    let flavour: Flavour
    /// Releases besides the system's packages.
    let added: AddedBuilds
    let connections = ConnectionCache<RedisConnection>()
    let versions: InspectedPrograms
    let userFiles = RedisUserFiles()

    package let family: EngineFamily

    package init(_ flavour: Flavour, addedBuilds: String) {
        self.flavour = flavour
        added = AddedBuilds(folder: addedBuilds)
        let title = flavour.title
        versions = InspectedPrograms.versions { Redis.version($0, title: title) }
        family = EngineFamily(
            name: flavour.rawValue, types: [ServiceType(rawValue: flavour.rawValue)], wire: "redis",
            variableInfix: "REDIS", urlScheme: "redis", isSQL: false, tlsURLScheme: "rediss",
            applicationUser: RedisAccess.applicationUser, fixedDatabase: "0", names: nil,
            // Versions 7.0, 7.2 and 7.4 each write files that the one before refuses.
            // A setting decides how soon the log is on the disk.
            seriesLength: 2, syncsWhatItReliesOn: false, mostInstances: 9, defaultMemory: .mebibytes(256),
            minimumMemory: .mebibytes(64))
    }

    /// A directory carries no identity.
    package let identityIsInData = false

    /// SIGTERM ends the server cleanly: all writes are in the log already, so there is nothing to save.
    package let stopSignal: Int32 = SIGTERM

    package func launch(_ plan: ServerPlan, build: EngineBuild) -> Launch {
        let configuration = RedisConfiguration(plan: plan)
        return Launch(
            files: configuration.files,
            bootFiles: [RedisConfiguration.accessFile: RedisAccess(plan: plan).bootFile],
            program: build.programs[flavour.server] ?? flavour.server,
            arguments: ["\(plan.folders.configuration)/\(RedisConfiguration.serverFile)"],
            environment: ["TZ": "UTC", "LC_ALL": "C", "PATH": "/usr/bin:/bin"], effective: configuration.effective)
    }

    /// A server that finds no log begins with an empty one. A fresh directory has no log yet; a directory that was
    /// served from must have one.
    package func landmarks(of directory: String) -> Landmarks {
        let log = "\(RedisData.logFolder)/\(RedisData.manifestFile)"
        return Landmarks(
            RedisData(folder: directory).wasServed(flavour) ? [RedisData.versionFile, log] : [RedisData.versionFile],
            onceItServed: [log])
    }

    package func versionOfData(at directory: String) -> EngineVersion? {
        RedisData(folder: directory).version(flavour)
    }

    /// A version reads the files of every older version of its name, and of no newer one.
    package func upgradeFault(from old: EngineVersion, to new: EngineVersion) -> String? {
        new < old ? "a downgrade to \(new) is not possible in place; create a new service and import its data" : nil
    }
}

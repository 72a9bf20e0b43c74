import Glibc
import RoostModel

/// Redis 7 and later, and Valkey: one server by two names, which have not grown apart in anything that matters here.
package struct Redis: Engine, UserAccounts, AccountMending, OnlineBackups, Cloning, Stripping, DumpPlacing, Scripting,
    ExportAccounts, Replication
{
    package enum Flavour: String, Sendable {
        case redis, valkey

        var server: String { "\(rawValue)-server" }
        var client: String { "\(rawValue)-cli" }
        /// The first word of what the server says to `--version`.
        var title: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }
        /// Where files and INFO name the version. A Valkey names one of Redis besides, which it is compatible with.
        var versionField: String { "\(rawValue)_version" }
        var fileVersionField: String { self == .redis ? "redis-ver" : "valkey-ver" }
    }

    let flavour: Flavour
    /// Those besides the system's packages.
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
            shownUser: RedisAccess.shownUser, fixedDatabase: "0", names: nil,
            // 7.0, 7.2 and 7.4 each write files that the one before refuses.
            // How soon its log is on the disk is a setting.
            seriesLength: 2, syncsWhatItReliesOn: false, mostInstances: 9, defaultMemory: .mebibytes(256),
            minimumMemory: .mebibytes(64))
    }

    /// A directory says nothing of whose it is.
    package let identityIsInData = false

    /// Ends cleanly: what is written is in the log already, so there is nothing to save.
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

    /// A server that finds no log begins with an empty one. A fresh directory has none yet, one that was served from has.
    package func landmarks(of directory: String) -> Landmarks {
        let log = "\(RedisData.logFolder)/\(RedisData.manifestFile)"
        return Landmarks(
            RedisData(folder: directory).wasServed(flavour) ? [RedisData.versionFile, log] : [RedisData.versionFile],
            onceItServed: [log])
    }

    package func versionOfData(at directory: String) -> EngineVersion? {
        RedisData(folder: directory).version(flavour)
    }

    /// Each version reads the files of every older one of its name, and of none that is newer.
    package func upgradeFault(from old: EngineVersion, to new: EngineVersion) -> String? {
        new < old ? "a downgrade to \(new) is not possible in place; make a new service and import its data" : nil
    }
}

import Glibc
import RoostModel

/// Oracle's MySQL 8.4 and later.
package struct MySQL: Engine, UserAccounts, AccountMending, AccountLocking, OnlineBackups, Cloning, Stripping,
    DumpLoading,
    Scripting, Exporting, LogTrimming
{
    /// Builds that were added to the system's packages.
    let added: AddedBuilds
    let administration = Administration(users: .mysql, settings: .mysql)
    let inspected = MySQL.inspectedPrograms()
    let divergences = MySQLDivergences()

    package init(addedBuilds: String) {
        added = AddedBuilds(folder: addedBuilds)
    }

    package let family = EngineFamily(
        name: "mysql", types: [.mysql], wire: "mysql", variableInfix: "MYSQL", urlScheme: "mysql", isSQL: true,
        applicationUser: "root",
        names: .mysqlFamily(longestUser: 32), mostInstances: 9,
        defaultMemory: .mebibytes(512), minimumMemory: MySQLSizing.minimum, freshSize: .mebibytes(150))

    /// The server's UUID is in its own file, `auto.cnf`, which `initialise` removes: each copy makes a new one at its
    /// first start. Directories are copied because initialising one takes seconds of processor time.
    package let identityIsInData = false

    package let stopSignal: Int32 = SIGTERM

    package func launch(_ plan: ServerPlan, build: EngineBuild) -> Launch {
        let configuration = MySQLConfiguration(plan: plan, build: build)
        return Launch(
            files: configuration.files, program: build.programs["mysqld"] ?? "mysqld",
            arguments: ["--defaults-file=\(plan.folders.configuration)/\(ServerFiles.server)"]
                + NativeIO.arguments(config: plan.settings.config, .current()),
            environment: Self.environment, effective: configuration.effective)
    }

    /// A fixed time zone for logs and for SYSTEM, on every host. The allocator of Debian builds returns memory at
    /// once: at its start a server takes a fifth more than it needs afterwards.
    static let environment = [
        "TZ": "UTC", "LC_ALL": "C", "PATH": "/usr/bin:/bin", "TCMALLOC_AGGRESSIVE_DECOMMIT": "1",
    ]

    static let versionNote = "mysql_upgrade_history"

    package func landmarks(of directory: String) -> Landmarks {
        Landmarks(["ibdata1", "mysql.ibd"], held: "mysql.ibd")
    }

    package func versionOfData(at directory: String) -> EngineVersion? {
        guard FolderEntry.exists("\(directory)/mysql.ibd", isFolder: false),
            let history = FolderEntry.text("\(directory)/\(Self.versionNote)", atMost: CopiedFiles.longestNote)
        else { return nil }
        return MySQLUpgradeHistory.version(history)
    }
}

import Glibc
import RoostModel

/// MariaDB 10.11 and later.
package struct MariaDB: Engine, UserAccounts, AccountMending, AccountLocking, OnlineBackups, Cloning, Stripping,
    DumpLoading,
    Scripting, Exporting, LogTrimming, Upgrades
{
    /// Builds that were added to the system's packages.
    let added: AddedBuilds
    let administration = Administration(users: .mariadb, settings: .mariadb)
    let inspected = MariaDB.inspectedPrograms()
    let relayReadings = MariaDBRelayReadings()

    /// `addedBuilds`: the folder in a home that holds the added builds.
    package init(addedBuilds: String) {
        added = AddedBuilds(folder: addedBuilds)
    }

    package let family = EngineFamily(
        name: "mariadb", types: [.mariadb, .mysql], wire: "mysql", variableInfix: "MYSQL", urlScheme: "mysql",
        // No URL query: clients of this protocol name TLS differently, and refuse options of other clients.
        isSQL: true, applicationUser: "root",
        names: .mysqlFamily(longestUser: 80), mostInstances: 8, defaultMemory: .mebibytes(512),
        minimumMemory: .mebibytes(128), freshSize: .mebibytes(130))

    /// Server id and replication domain are settings; a directory does not contain its server's identity.
    package let identityIsInData = false

    package let stopSignal: Int32 = SIGTERM

    package func launch(_ plan: ServerPlan, build: EngineBuild) -> Launch {
        let configuration = MariaDBConfiguration(plan: plan, build: build)
        return Launch(
            files: configuration.files, program: build.programs["mariadbd"] ?? "mariadbd",
            arguments: ["--defaults-file=\(plan.folders.configuration)/\(ServerFiles.server)"]
                + NativeIO.arguments(config: plan.settings.config, .current()),
            // A fixed time zone for logs and for SYSTEM, on every host.
            environment: ["TZ": "UTC", "LC_ALL": "C", "PATH": "/usr/bin:/bin"], effective: configuration.effective)
    }

    /// File names of the upgrade program's version note, newest first.
    static let versionNotes = ["mariadb_upgrade_info", "mysql_upgrade_info"]

    /// A server that finds no system tablespace creates a new one, and ignores the existing tables.
    package func landmarks(of directory: String) -> Landmarks {
        Landmarks(["ibdata1"], held: "ibdata1")
    }

    package func versionOfData(at directory: String) -> EngineVersion? {
        guard FolderEntry.exists("\(directory)/mysql", isFolder: true) else { return nil }
        for name in Self.versionNotes {
            guard let text = FolderEntry.text("\(directory)/\(name)", atMost: 100) else { continue }
            // `10.11.19-MariaDB`
            return EngineVersion(String(text.prefix { $0 != "-" && !$0.isNewline }))
        }
        return nil
    }
}

/// Reads a folder that belongs to a server's user, who may have put anything there.
enum FolderEntry {
    static func exists(_ path: String, isFolder: Bool) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0 else { return false }
        return (status.st_mode & S_IFMT == S_IFDIR) == isFolder
    }

    /// The beginning of a plain file. Nil for links, pipes and unreadable files.
    static func text(_ path: String, atMost count: Int) -> String? {
        bytes(path, atMost: count).map { String(decoding: $0, as: UTF8.self) }
    }

    static func bytes(_ path: String, atMost count: Int) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = max(0, read(descriptor, buffer.baseAddress, count))
        }
    }
}

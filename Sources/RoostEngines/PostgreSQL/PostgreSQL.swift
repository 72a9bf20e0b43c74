import Glibc
import RoostModel

/// PostgreSQL 15 and later.
package struct PostgreSQL: Engine, UserAccounts, AccountMending, AccountLocking, Settling, BackupModes, OnlineBackups,
    Cloning, DumpLoading, Scripting, Exporting, Extensions, LogTrimming, FencedByStop
{
    /// Releases besides the system's packages.
    let added: AddedBuilds
    /// The name of the system user that runs Roost: the only caller that the private socket admits.
    let caller: String
    let connections = ConnectionCache<PostgreSQLConnection>()
    let inspected = InspectedPrograms.versions(PostgreSQL.version)

    package init(addedBuilds: String) {
        added = AddedBuilds(folder: addedBuilds)
        caller = Self.nameOfCaller()
    }

    package let family = EngineFamily(
        name: "postgresql", types: [.postgresql], wire: "postgresql", variableInfix: "SQL", urlScheme: "postgresql",
        isSQL: true, urlQuery: .init(secured: "?sslmode=require"),
        // The name that tools and dumps expect, as at RDS and Supabase; there as here the account is no superuser.
        applicationUser: "postgres",
        names: .postgresql, seriesLength: 1,
        // A server has ten slots and as many senders; a snapshot takes one of each.
        acceptsPreviousPassword: false, takesExtensions: true, mostInstances: 9, defaultMemory: .mebibytes(512),
        minimumMemory: .mebibytes(128), freshSize: .mebibytes(56))

    /// The system identifier in the data directory tells replicas from unrelated servers.
    package let identityIsInData = true

    /// SIGINT is a fast shutdown: sessions are ended, and committed work is checkpointed.
    package let stopSignal: Int32 = SIGINT

    package func launch(_ plan: ServerPlan, build: EngineBuild) -> Launch {
        let configuration = configuration(plan)
        return Launch(
            files: configuration.files, bootFiles: configuration.bootFiles, privateFiles: configuration.privateFiles,
            staleFiles: configuration.staleFiles,
            program: build.programs["postgres"] ?? "postgres",
            arguments: configuration.arguments(major: build.identity.version.components[0]),
            environment: Self.environment, effective: configuration.effective)
    }

    package var knownCauses: [KnownCause] { KnownCause.everywhere + Self.ofReplicas + Self.ofReaders }

    private static let ofReaders = [
        KnownCause(
            .other, signs: [["logical replication slot", "wal_level"]],
            sentence:
                "it has slots of users who read changes, which need 'wal_level: logical' in config; push that again")
    ]

    /// Causes that keep a replica from starting.
    private static let ofReplicas = [
        KnownCause(
            .other, signs: [["insufficient parameter settings"]],
            sentence: "a limit such as max_connections is lower than the primary's was when it sent its last changes; "
                + "raise it again, or replace the replica"),
        KnownCause(
            .other, signs: [["requested timeline", "minimum recovery point"]],
            sentence: "its data diverged from the primary's; replace the replica"),
    ]

    func configuration(_ plan: ServerPlan) -> PostgreSQLConfiguration {
        PostgreSQLConfiguration(plan: plan, caller: caller)
    }

    /// The same language and time zone for logs on every host.
    static let environment = ["TZ": "UTC", "LC_ALL": "C", "PATH": "/usr/bin:/bin"]

    package func landmarks(of directory: String) -> Landmarks {
        // The main process holds none of these files open.
        Landmarks(["PG_VERSION", "global/pg_control", "base", "pg_wal"])
    }

    package func versionOfData(at directory: String) -> EngineVersion? {
        // The file has the major version only: `15`. A server of another major version refuses to start.
        FolderEntry.text("\(directory)/PG_VERSION", atMost: 20)
            .flatMap { EngineVersion(String($0.prefix { !$0.isNewline })) }
    }

    private static func nameOfCaller() -> String {
        guard let entry = getpwuid(geteuid()), let name = entry.pointee.pw_name else { return "\(geteuid())" }
        return String(cString: name)
    }
}

extension ServiceType {
    package static let postgresql = ServiceType(rawValue: "postgresql")
}

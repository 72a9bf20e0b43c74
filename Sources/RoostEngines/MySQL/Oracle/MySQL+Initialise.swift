import Foundation
import RoostModel

extension MySQL {
    package func initialise(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError) {
        let zones = try await TimeZones.statements(converter: build.programs["mysql_tzinfo_to_sql"], user: user)
        try await runOnce(
            on: directory, Self.seal + zones,
            options: [
                "--initialize-insecure",
                "--innodb-redo-log-capacity=\(MySQLConfiguration.redoLogCapacity.bytes)",
            ], build: build, user: user, patience: .seconds(300))
        try Self.removeIdentity(from: directory)
    }

    /// Runs the server on a directory that no other server uses, until it ends by itself. The server executes
    /// `statements` at its start.
    func runOnce(
        on directory: String, _ statements: String, options: [String], build: EngineBuild, user: ServerUser,
        patience: Duration
    ) async throws(EngineError) {
        guard let server = build.programs["mysqld"] else { throw .programMissing("mysqld") }
        let folder = try StatementFolder(statements, readableBy: user)
        defer { folder.remove() }
        let places = MySQLConfiguration.places(of: build).map { "--\($0.name)=\($0.value)" }
        try await ShortCommand(
            program: server,
            arguments: ["--no-defaults"] + places + [
                // A folder of its own: a server removes temporary tables from this folder at its start.
                "--datadir=\(directory)", "--tmpdir=\(directory)", "--init-file=\(folder.file)",
                "--auto-generate-certs=OFF", "--mysqlx=OFF",
            ] + options + NativeIO.arguments(config: [:], .current()), environment: Self.environment, user: user,
            patience: patience
        ).step()
    }

    /// Removes every account that anybody could use: the start-up file creates Roost's own at each start. The server
    /// runs these statements while nobody can connect. The locked `mysql.*` accounts remain because the engine's own
    /// views run in their names.
    private static let seal = """
        DELETE FROM mysql.proxies_priv;
        DROP USER 'root'@'localhost';
        USE mysql;

        """

    /// Removes the files that no two servers may share: each server makes its own at its first start. They include
    /// keys that protect passwords in transit.
    static func removeIdentity(from directory: String) throws(EngineError) {
        do {
            for name in try FileManager.default.contentsOfDirectory(atPath: directory)
            where name == "auto.cnf" || name.hasSuffix(".pem") {
                try FileManager.default.removeItem(atPath: "\(directory)/\(name)")
            }
        } catch {
            throw .initialisationFailed("its server's identity could not be removed: \(error)")
        }
    }
}

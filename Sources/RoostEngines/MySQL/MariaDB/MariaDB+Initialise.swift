import Foundation
import RoostModel

extension MariaDB {
    package func initialise(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError) {
        guard let installer = build.programs["mariadb-install-db"] else { throw .programMissing("mariadb-install-db") }
        guard let server = build.programs["mariadbd"] else { throw .programMissing("mariadbd") }
        let shared = [
            "--no-defaults", "--datadir=\(directory)",
            "--innodb-log-file-size=\(MariaDBConfiguration.logFileSize.bytes)",
            // A server removes temporary tables from this folder at its start, also those of other servers that are
            // starting.
            "--tmpdir=\(directory)",
            // The dump would be read at the first start, to no effect.
            "--innodb-buffer-pool-dump-at-shutdown=0",
        ]
        // Run as the server's user, because as root the script changes owners in the system's plugin folder.
        try await ShortCommand(
            program: installer,
            arguments: shared + [
                "--basedir=\(build.folders["basedir"] ?? "/usr")", "--skip-test-db", "--cross-bootstrap",
                "--skip-name-resolve", "--auth-root-authentication-method=normal",
            ], user: user, patience: .seconds(300)
        ).step()
        let zones = try await TimeZones.statements(converter: build.programs["mariadb-tzinfo-to-sql"], user: user)
        try await ShortCommand(
            program: server,
            arguments: shared + ["--bootstrap", "--log-warnings=0"]
                + NativeIO.arguments(config: [:], .current()), user: user,
            input: Self.seal + zones, patience: .seconds(300)
        ).step()
    }

    /// Removes every account that anybody could use: the start-up file creates Roost's own at each start. The locked
    /// `mariadb.sys` remains because the engine's own views run in its name.
    private static let seal = """
        DELETE FROM mysql.global_priv WHERE User NOT IN ('mariadb.sys', 'PUBLIC');
        DELETE FROM mysql.proxies_priv;
        DELETE FROM mysql.db;
        USE mysql;

        """
}

import Foundation
import RoostModel

extension PostgreSQL {
    package func initialise(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError) {
        guard let initdb = build.programs["initdb"] else { throw .programMissing("initdb") }
        guard let server = build.programs["postgres"] else { throw .programMissing("postgres") }
        try await step(
            ShortCommand(
                program: initdb, arguments: Self.arguments(directory, major: build.identity.version.components[0]),
                environment: Self.environment, user: user, patience: .seconds(300)))
        // Single-user mode: a server without sockets, which ends at the end of its input.
        let words = try await step(
            ShortCommand(
                program: server,
                arguments: ["--single", "-j", "-D", directory, "-c", "exit_on_error=on", "template1"],
                environment: Self.environment, user: user, input: Self.seal, patience: .seconds(300)))
        // The exit status is zero whatever the statements did, so the output is searched for errors.
        if let line = words.split(whereSeparator: \.isNewline).first(where: { $0.contains("ERROR:") }) {
            throw .initialisationFailed(String(line))
        }
    }

    static func arguments(_ directory: String, major: Int) -> [String] {
        let locale =
            major >= 17
            // The built-in locale provider: no newer libc changes its collation.
            ? ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8"] : ["--locale=C.UTF-8"]
        return [
            "--pgdata=\(directory)", "--username=\(PostgreSQLAccounts.administrator)", "--data-checksums",
            "--encoding=UTF8",
            // `initdb`'s own host rules reject everybody; Roost's servers read other files.
            "--auth=reject",
        ] + locale
    }

    /// Creates Roost's own database, which no client enters, and the spare that becomes the service's first database.
    /// In single-user mode a statement ends with a semicolon and an empty line.
    private static let seal = [
        "CREATE DATABASE \(PostgreSQLAccounts.administrationDatabase)",
        "CREATE DATABASE \(PostgreSQLDatabase.spare) TEMPLATE template0",
        "REVOKE ALL ON DATABASE \(PostgreSQLAccounts.administrationDatabase) FROM PUBLIC",
        "REVOKE ALL ON DATABASE \(PostgreSQLDatabase.spare) FROM PUBLIC",
        // A connection to template1 would keep others from creating databases.
        "REVOKE ALL ON DATABASE template1 FROM PUBLIC",
    ].map { "\($0);\n\n" }.joined()

    @discardableResult
    private func step(_ command: ShortCommand) async throws(EngineError) -> String {
        let outcome = try await command.run()
        let lines = (outcome.output + "\n" + outcome.errors).split(whereSeparator: \.isNewline)
        guard outcome.succeeded else {
            let telling = lines.filter { $0.contains("error:") || $0.contains("FATAL:") || $0.contains("ERROR:") }
            let words = (telling.isEmpty ? lines.suffix(5) : telling.suffix(5)).joined(separator: "; ")
            throw .initialisationFailed("\(command.program) ended with \(outcome.ending): \(words)")
        }
        return lines.joined(separator: "\n")
    }
}

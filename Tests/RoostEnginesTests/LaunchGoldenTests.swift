import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// Command lines and generated files of every engine, byte for byte, against the recorded ones in `Goldens/`.
///
/// A changed golden changes what every server starts with at its next restart: say so in the commit message.
/// `ROOST_RECORD_GOLDENS=1 swift test --filter LaunchGoldenTests` writes the goldens anew; `git diff` shows the
/// change.
@Suite struct LaunchGoldenTests {
    struct Subject: Sendable, CustomTestStringConvertible {
        let engine: any Engine
        let version: String
        let testDescription: String

        init(_ engine: any Engine, _ version: String) {
            self.engine = engine
            self.version = version
            testDescription = "\(engine.family.name)@\(version)"
        }

        /// Every series that the tests run real servers of: the oldest and the newest.
        static let all = [
            Subject(MariaDB(addedBuilds: "/nonexistent"), "10.11.19"),
            Subject(MariaDB(addedBuilds: "/nonexistent"), "11.8.9"),
            Subject(MySQL(addedBuilds: "/nonexistent"), "9.7.4"),
            Subject(PostgreSQL(addedBuilds: "/nonexistent"), "15.18"),
            Subject(PostgreSQL(addedBuilds: "/nonexistent"), "17.12"),
            Subject(Redis(.redis, addedBuilds: "/nonexistent"), "7.0.15"),
            Subject(Redis(.redis, addedBuilds: "/nonexistent"), "8.0.2"),
            Subject(Redis(.valkey, addedBuilds: "/nonexistent"), "9.1.2"),
            Subject(MongoDB(addedBuilds: "/nonexistent"), "6.0.5"),
        ]

        /// A build with all programs and folders below `/opt/server`.
        func build() throws -> EngineBuild {
            let programs = ["mariadbd", "mysqld", "postgres", "redis-server", "valkey-server", "mongod"]
            return EngineBuild(
                identity: EngineIdentity(name: engine.family.name, version: try #require(EngineVersion(version))),
                programs: Dictionary(uniqueKeysWithValues: programs.map { ($0, "/opt/server/bin/\($0)") }),
                folders: [
                    "basedir": "/opt/server", "plugin_dir": "/opt/server/lib/plugin",
                    "character_sets_dir": "/opt/server/share/charsets", "lc_messages_dir": "/opt/server/share",
                ], origin: "test", programFolders: ["/opt/server/bin"])
        }
    }

    struct Occasion: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let profile: ServerProfile
        let isExposed: Bool

        static let all = [
            Occasion(testDescription: "service", profile: .service, isExposed: false),
            Occasion(testDescription: "exposed", profile: .service, isExposed: true),
            Occasion(testDescription: "clone", profile: .clone(isDurable: false), isExposed: false),
            Occasion(testDescription: "building", profile: .building, isExposed: false),
        ]
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens")
    private static let isRecording = ProcessInfo.processInfo.environment["ROOST_RECORD_GOLDENS"] == "1"

    @Test(arguments: Subject.all, Occasion.all)
    func aLaunchIsTheRecordedOne(_ subject: Subject, _ occasion: Occasion) throws {
        let launch = subject.engine.launch(try plan(subject, occasion), build: try subject.build())
        let text = Self.text(of: launch)
        let file = Self.folder.appending(path: "\(subject.testDescription)-\(occasion.testDescription).txt")
        if Self.isRecording {
            try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        let recorded = try String(contentsOf: file, encoding: .utf8)
        let changed = text.split(separator: "\n").difference(from: recorded.split(separator: "\n"))
        #expect(changed.isEmpty, "\(file.lastPathComponent) differs; record it anew if that was meant")
    }

    private func plan(_ subject: Subject, _ occasion: Occasion) throws -> ServerPlan {
        let certificate = ServerCertificate(certificate: "CERTIFICATE\n", key: "KEY\n", authority: "AUTHORITY\n")
        return try TestServer.plan(
            folder: "/srv", user: subject.engine.family.applicationUser,
            databases: subject.engine.family.systemDatabases == nil ? [] : ["data", "more"],
            certificate: occasion.isExposed ? certificate : nil
        )
        .at(try #require(PortNumber(30_001))).reached(at: "127.0.0.1", try #require(PortNumber(20_001)))
        .of(occasion.profile)
    }

    /// The whole launch as one text, in a fixed order.
    private static func text(of launch: Launch) -> String {
        var lines = ["program: \(launch.program)"]
        lines += launch.arguments.map { "argument: \($0)" }
        lines += launch.environment.sorted { $0.key < $1.key }.map { "environment: \($0.key)=\($0.value)" }
        lines += launch.staleFiles.map { "stale file: \($0)" }
        lines += launch.effective.sorted { $0.key < $1.key }.map { "effective: \($0.key)=\($0.value)" }
        for (kind, files) in [
            ("file", launch.files), ("boot file", launch.bootFiles), ("private file", launch.privateFiles),
        ] {
            for (name, content) in files.sorted(by: { $0.key < $1.key }) {
                lines.append("\(kind): \(name)")
                lines += content.split(separator: "\n", omittingEmptySubsequences: false).map { "    \(masked($0))" }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Stored forms of passwords with a random salt differ from launch to launch.
    private static func masked(_ line: Substring) -> String {
        String(
            line.replacing(/SCRAM-SHA-256\$[^'"]*/, with: "SCRAM-SHA-256$…")
                .replacing(/(\$A\$|0x2441)[^'"; ]*/, with: "CACHING-SHA2…"))
    }
}

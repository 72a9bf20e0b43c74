import Foundation
import RoostEngines
import RoostHost
import RoostModel
import Synchronization
import Testing

@testable import RoostInstalling

/// Builds made of this machine's own MariaDB are really added: unpacked, checked, and proven by a server that runs.
@Suite(.serialized, .timeLimit(.minutes(5))) struct AddingTests {
    /// Files of the packages below /usr: the server, its tools and its messages.
    static let copy = """
        mkdir -p tree/bin tree/sbin tree/lib/mysql tree/share
        cp -a /usr/sbin/mariadbd tree/sbin/
        for name in mariadb mariadb-install-db mariadb-dump mariadb-tzinfo-to-sql my_print_defaults resolveip mysql; do
          cp -a /usr/bin/$name tree/bin/
        done
        cp -a /usr/lib/mysql/plugin tree/lib/mysql/ 2>/dev/null || mkdir -p tree/lib/mysql/plugin
        cp -aL /usr/share/mysql tree/share/mysql 2>/dev/null || true
        cp -aL /usr/share/mariadb tree/share/mariadb 2>/dev/null || true
        mkdir -p tree/mysql-test tree/include; echo x > tree/mysql-test/a.test; echo x > tree/include/mysql.h
        """

    /// A home with an engines folder, and one run of `Adding` in it.
    struct Bench {
        let folder: WorkFolder
        let engines: String

        init(_ folder: WorkFolder) throws {
            self.folder = folder
            engines = try folder.makeFolder("home/engines")
        }

        func add(
            _ path: String, type: ServiceType = .mariadb, version: String? = nil, steps: Steps = Steps(),
            limits: TreeRules.Limits = .init()
        ) async throws -> AddedBuild {
            let work = try folder.makeFolder("home/engines/.work/\(UUID().uuidString)")
            let port = try #require(PortRange("41900-41999").flatMap { LoopbackPorts.firstFree(in: $0, excluding: []) })
            let programs = EngineCatalog(addedBuilds: engines).serving(type)
                .compactMap { ServerProgram.of(family: $0.family.name) }
            let adding = Adding(
                Adding.Request(
                    path: path, programs: programs, version: version.flatMap { EngineVersion($0) }),
                at: Adding.Place(
                    engines: engines, work: work, runFolder: "\(work)/run", port: port, user: WorkFolder.user,
                    groups: WorkFolder.groups),
                catalog: { EngineCatalog(addedBuilds: $0) }, limits: limits, note: { step, _ in steps.add(step) })
            do {
                let build = try await adding.run()
                try Storage.removeTree(work, within: engines)
                return build
            } catch {
                try Storage.removeTree(work, within: engines)
                throw error
            }
        }

        /// The contents of the engines folder: installed builds, and nothing half-made.
        var standing: [String] {
            get throws {
                try FileManager.default.contentsOfDirectory(atPath: engines).filter { $0 != ".work" }.sorted()
            }
        }

        func refusal(
            _ path: String, version: String? = nil, limits: TreeRules.Limits = .init(),
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws -> String {
            let before = try standing
            do {
                let build = try await add(path, version: version, limits: limits)
                Issue.record("\(build.engine) was added", sourceLocation: sourceLocation)
                return ""
            } catch {
                #expect(try standing == before, sourceLocation: sourceLocation)
                let work = try FileManager.default.contentsOfDirectory(atPath: "\(engines)/.work")
                #expect(work.isEmpty, "left behind: \(work)", sourceLocation: sourceLocation)
                return "\(error)"
            }
        }
    }

    final class Steps: Sendable {
        private let names = Mutex<[String]>([])
        func add(_ name: String) { names.withLock { $0.append(name) } }
        var all: [String] { names.withLock { $0 } }
    }

    @Test func aFolderBecomesABuildThatTheEngineStarts() async throws {
        try await WorkFolder.with { folder in
            try WorkFolder.run("/bin/sh", ["-ec", Self.copy], in: folder.path)
            let bench = try Bench(folder)
            let steps = Steps()
            let build = try await bench.add("\(folder.path)/tree", steps: steps)
            #expect(build.engine.name == "mariadb" && build.source == "tree")
            #expect(build.removed.contains("test suites: 1") && build.removed.contains("headers: 1"))
            #expect(build.size < build.sizeBefore)
            #expect(try bench.standing == ["\(build.engine)"])
            let names = steps.all
            #expect(names.contains("test with a trial server") && names.last == "install \(build.engine)", "\(names)")
            // The engine finds the added build, before the system's of the same version.
            let found = try #require(MariaDB(addedBuilds: bench.engines).builds().first { $0.identity == build.engine })
            #expect(found.origin == "added from tree")
            #expect(found.programs["mariadbd"]?.hasPrefix(bench.engines) == true)
            // Only the caller can write to the programs that servers run.
            for item in try TreeWalk.all(in: bench.engines) where item.entry.kind == .file {
                #expect(item.entry.mode & 0o022 == 0, "\(item.path)")
            }

            // The same build again changes nothing; other content under the same version is refused.
            let again = Steps()
            let standing = try await bench.add("\(folder.path)/tree", steps: again)
            #expect(standing.engine == build.engine && standing.contentDigest == build.contentDigest)
            #expect(again.all.last?.contains("is already installed") == true)
            try WorkFolder.run("/bin/sh", ["-ec", "echo other > tree/share/other"], in: folder.path)
            #expect(try await bench.refusal("\(folder.path)/tree").contains("engine rm \(build.engine)"))
        }
    }

    @Test func anArchiveOfTheSameFileIsTakenOnce() async throws {
        try await WorkFolder.with { folder in
            try WorkFolder.run(
                "/bin/sh", ["-ec", Self.copy + "\nmv tree mariadb-linux; tar -czf build.tar.gz mariadb-linux"],
                in: folder.path)
            let bench = try Bench(folder)
            let build = try await bench.add("\(folder.path)/build.tar.gz", type: .mysql, version: "10")
            #expect(build.source == "build.tar.gz" && build.sourceDigest != build.contentDigest)
            let again = Steps()
            let standing = try await bench.add("\(folder.path)/build.tar.gz", type: .mysql, steps: again)
            #expect(standing.engine == build.engine && standing.sourceDigest == build.sourceDigest)
            #expect(again.all.count == 2, "\(again.all)")
            let refusal = try await bench.refusal("\(folder.path)/build.tar.gz", version: "99.1")
            #expect(refusal.contains("not version 99.1"), "\(refusal)")
        }
    }

    /// Scripts that spoil a good tree in one way each, with the words that the operator needs.
    static let spoiled: [(name: String, script: String, words: String)] = [
        ("no server", "rm tree/sbin/mariadbd", "it contains no server program (mariadbd)"),
        (
            "another machine's", "printf '\\267' | dd of=tree/sbin/mariadbd bs=1 seek=18 conv=notrunc status=none",
            "is built for ARM64"
        ),
        (
            "a server that dies", "printf '#!/bin/sh\\necho no luck >&2; exit 3\\n' > tree/sbin/mariadbd",
            "does not answer --version: exit status 3: no luck"
        ),
        (
            "another server", "printf '#!/bin/sh\\necho mysqld Ver 9.7.0 for Linux\\n' > tree/sbin/mariadbd",
            "is a different server"
        ),
        (
            "no programs to initialise with", "rm tree/bin/mariadb-install-db", "is incomplete: programs or files"
        ),
        ("no messages", "rm -r tree/share", "the trial server did not"),
        ("links that lead out", "ln -s /etc tree/lib/etc", "links to the absolute path '/etc'"),
    ]

    @Test(arguments: spoiled)
    func aSpoiledTreeIsRefusedAndNothingStays(name: String, script: String, words: String) async throws {
        try await WorkFolder.with { folder in
            try WorkFolder.run("/bin/sh", ["-ec", Self.copy + "\n" + script], in: folder.path)
            let refusal = try await Bench(folder).refusal("\(folder.path)/tree")
            #expect(refusal.contains(words), "\(refusal)")
            let trials = try ProcessesOf(folder: folder.path).commands
            #expect(trials.isEmpty, "\(trials)")
        }
    }

    /// A server that puts a program into the background, out of its session and without anything that it inherited:
    /// the program is gone at the end of the trial, whichever way the trial ends.
    @Test(
        .enabled(if: WorkFolder.groups.areAvailable, "this machine has no control groups"),
        arguments: ["exec \"$0.real\" \"$@\"", "exit 3"])
    func whatATrialServerPutsIntoTheBackgroundEndsWithTheTrial(ending: String) async throws {
        try await WorkFolder.with { folder in
            let sign = "600.\(UInt32.random(in: 1...UInt32.max))"
            let away = "for n in 0 1 2 3 4 5 6 7 8 9; do eval \"exec $n>&-\"; done; exec sleep \(sign)"
            let server = """
                #!/bin/sh
                case "$*" in
                  *--version*|*--help*|*--bootstrap*) exec "$0.real" "$@" ;;
                esac
                setsid sh -c '\(away)' &
                echo started > \(folder.path)/started 2>/dev/null
                \(ending)
                """
            try WorkFolder.run(
                "/bin/sh", ["-ec", Self.copy + "\nmv tree/sbin/mariadbd tree/sbin/mariadbd.real"], in: folder.path)
            _ = try folder.write(Array(server.utf8), to: "tree/sbin/mariadbd")
            _ = try folder.write([], to: "started")
            chmod("\(folder.path)/tree/sbin/mariadbd", 0o755)
            chmod("\(folder.path)/started", 0o666)
            let bench = try Bench(folder)
            if ending == "exit 3" {
                #expect(try await bench.refusal("\(folder.path)/tree").contains("the trial server did not start"))
            } else {
                _ = try await bench.add("\(folder.path)/tree")
            }
            #expect(try Data(contentsOf: URL(filePath: "\(folder.path)/started")).isEmpty == false, "it ran")
            let sleepers = try ProcessesOf(naming: sign).commands
            #expect(sleepers.isEmpty, "\(sleepers)")
            WorkFolder.groups.removeEmpty()
        }
    }

    /// A missing library is named for the server, and for the client that a user opens later.
    @Test(arguments: ["sbin/mariadbd", "bin/mariadb"])
    func missingLibrariesAreNamed(program: String) async throws {
        try await WorkFolder.with { folder in
            try WorkFolder.run(
                "/bin/sh",
                [
                    "-ec",
                    Self.copy + """

                        mkdir lib; echo 'int roost_gone(void){return 1;}' > a.c
                        echo 'int roost_gone(void);int main(void){return roost_gone();}' > b.c
                        cc -shared -o lib/libroostgone.so a.c; cc -o tree/\(program) b.c -Llib -lroostgone
                        """,
                ], in: folder.path)
            let refusal = try await Bench(folder).refusal("\(folder.path)/tree")
            #expect(refusal.contains("libroostgone.so") && refusal.contains(program), "\(refusal)")
        }
    }

    @Test(arguments: [
        ("/nonexistent/x", "does not exist"), ("/etc/passwd", "a folder or a program"),
        ("/dev/null", "a folder or a program"),
    ])
    func whatCannotBeABuildIsToldAtOnce(path: String, words: String) async throws {
        try await WorkFolder.with { folder in
            let refusal = try await Bench(folder).refusal(path)
            #expect(refusal.contains(words))
        }
    }

    /// A cancelled run ends its server and leaves nothing.
    @Test func aCancelledRunLeavesNothing() async throws {
        try await WorkFolder.with { folder in
            try WorkFolder.run("/bin/sh", ["-ec", Self.copy], in: folder.path)
            let bench = try Bench(folder)
            let steps = Steps()
            let task = Task { try await bench.add("\(folder.path)/tree", steps: steps) }
            while !steps.all.contains(where: { $0.hasPrefix("check mariadb") }) {
                try await Task.sleep(for: .milliseconds(5))
            }
            task.cancel()
            await #expect(throws: (any Error).self) { try await task.value }
            #expect(try bench.standing.isEmpty)
            #expect(try ProcessesOf(folder: folder.path).commands.isEmpty)
        }
    }
}

/// Living processes that were started from a folder.
struct ProcessesOf {
    let commands: [String]

    init(folder: String) throws { try self.init(naming: "\(folder)/home") }

    init(naming words: String) throws {
        commands = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int($0) != nil }.compactMap {
            // The process is gone meanwhile, or is a kernel thread.
            let data = FileManager.default.contents(atPath: "/proc/\($0)/cmdline") ?? Data()
            let line = String(decoding: data, as: UTF8.self)
            return line.contains(words) ? line.replacing("\0", with: " ") : nil
        }
    }
}

import Foundation
import RoostModel
import Testing

@testable import RoostInstalling

@Suite struct ServerProgramTests {
    static let answers: [(family: String, output: String, answer: String)] = [
        (
            "mysql", "/x/mysqld  Ver 9.7.0 for Linux on x86_64 (MySQL Community Server - GPL)\n",
            "9.7.0"
        ),
        ("mysql", "mysqld  Ver 11.8.6-MariaDB for Linux on x86_64 (MariaDB Server)\n", "other"),
        (
            "mariadb", "mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)\n",
            "10.11.19"
        ),
        ("mariadb", "mysqld  Ver 9.7.0 for Linux on x86_64 (Source distribution)\n", "other"),
        (
            "postgresql", "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n", "15.14"
        ),
        (
            "redis", "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=ae48be9be4fa2a4b\n",
            "7.0.15"
        ),
        ("redis", "Valkey server v=8.1.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1\n", "other"),
        ("valkey", "Valkey server v=8.1.1 sha=00000000:0 malloc=libc bits=64\n", "8.1.1"),
        ("valkey", "Server v=7.2.5 sha=0 malloc=libc bits=64\n", "7.2.5"),
        ("valkey", "Redis server v=7.0.15 sha=00000000:0\n", "other"),
        (
            "mongodb", "db version v6.0.5\nBuild Info: {\n    \"version\": \"6.0.5\",\n", "6.0.5"
        ),
        ("mongodb", "hello\n", "none"), ("mysql", "", "none"),
    ]

    @Test(arguments: answers)
    func readsWhatServersSay(family: String, output: String, answer: String) throws {
        let read =
            switch try #require(ServerProgram.of(family: family)).read(output) {
            case .version(let version): "\(version)"
            case .other: "other"
            case .none: "none"
            }
        #expect(read == answer)
    }
}

@Suite struct ELFTests {
    @Test func readsTheMachinesOwnPrograms() throws {
        let shell = try #require(ELFFile.read("/bin/sh"))
        #expect(shell.machine == .own)
        #expect(shell.interpreter?.hasSuffix(ProgramPlan.loaderName) == true)
        #expect(shell.needed.contains("libc.so.6"))
        #expect(!shell.hasDebugSections)
    }

    @Test func takesOnlyELFFilesAndNamesOtherMachines() throws {
        #expect(ELFFile.read("/etc/passwd") == nil)
        var header = [UInt8](repeating: 0, count: 64)
        header.replaceSubrange(0..<7, with: [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
        header[18] = 22
        let file = try #require(ELFFile.read { Array(header[Int($0)...].prefix($1)) })
        #expect("\(file.machine)" == "s390x")
        header[18] = 3
        header[4] = 1
        #expect(try #require(ELFFile.read { Array(header[Int($0)...].prefix($1)) }).machine != .own)
    }

    @Test func neverBreaksOnHeadersThatLie() throws {
        let good = Array(try Data(contentsOf: URL(filePath: "/bin/true")))
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var bytes = good
            for _ in 0..<8 {
                bytes[Int.random(in: 16..<1200, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            _ = ELFFile.read { offset, count in
                offset >= 0 && offset < bytes.count ? Array(bytes[Int(offset)...].prefix(count)) : []
            }
        }
    }
}

@Suite struct LoaderReportTests {
    @Test func namesWhatIsMissing() {
        let report = LoaderReport(
            output: """
                \tlinux-vdso.so.1 (0x00007ffd)
                \tlibprotobuf.so.32 => not found
                \tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)
                \tlibicu.so.76 => not found
                """, errors: "", succeeded: true)
        #expect(report.missing == ["libicu.so.76", "libprotobuf.so.32"])
        #expect(!report.isComplete)
    }

    @Test func namesVersionsThatAreTooNew() {
        let report = LoaderReport(
            output: "", errors: "./mariadbd: /lib/libc.so.6: version `GLIBC_2.38' not found (required by ./mariadbd)\n",
            succeeded: false)
        #expect(report.missingVersions == ["GLIBC_2.38"])
        #expect(report.complaint == nil)
    }

    @Test func aGoodProgramHasNothingToSay() {
        #expect(LoaderReport(output: "\tlibc.so.6 => /lib/libc.so.6 (0x0)\n", errors: "", succeeded: true).isComplete)
        #expect(!LoaderReport(output: "", errors: "not a dynamic executable\n", succeeded: false).isComplete)
    }
}

@Suite struct WrapperTests {
    @Test func findsEverythingFromItsOwnPlace() {
        let script = Wrapper.script(
            place: "bin/mariadb", program: "libexec/roost/bin/mariadb", loader: .bundled("lib64/ld.so"),
            libraries: ["lib/a", "lib/b"])
        #expect(script.hasPrefix("#!/bin/sh\n"))
        #expect(
            script.hasSuffix(
                #"exec "$here/../lib64/ld.so" --argv0 "$0" --library-path "$here/../lib/a:$here/../lib/b" "#
                    + #""$here/../libexec/roost/bin/mariadb" "$@""# + "\n"))
    }

    /// A real program through the machine's own loader, from a folder whose name would break a careless script.
    @Test func startsTheProgramWithItsArgumentsAndName() async throws {
        try await WorkFolder.with { folder in
            let own = try #require(ELFFile.read("/bin/sh")?.interpreter)
            let tree = try folder.makeFolder("it's $HOME \"x\"/bin")
            let moved = try folder.makeFolder("it's $HOME \"x\"/libexec/roost/bin")
            try FileManager.default.copyItem(atPath: "/usr/bin/printf", toPath: "\(moved)/printf")
            let script = Wrapper.script(
                place: "bin/printf", program: "libexec/roost/bin/printf", loader: .machine(own), libraries: ["lib"])
            try Data(script.utf8).write(to: URL(filePath: "\(tree)/printf"))
            try WorkFolder.run("/bin/chmod", ["755", "\(tree)/printf"])
            let process = Process()
            process.executableURL = URL(filePath: "\(tree)/printf")
            process.arguments = ["%s|", "a b", "$x", "`c`"]
            let pipe = Pipe()
            process.standardOutput = pipe
            try process.run()
            let output = try #require(try pipe.fileHandleForReading.readToEnd())
            process.waitUntilExit()
            #expect(String(decoding: output, as: UTF8.self) == "a b|$x|`c`|")
        }
    }
}

@Suite struct ProgramPlanTests {
    private func program(_ needed: [String]) -> ELFFile {
        ELFFile(machine: .own, interpreter: "/lib64/\(ProgramPlan.loaderName)", needed: needed, hasDebugSections: false)
    }

    @Test func wrapsProgramsAndNoLibraries() {
        let plan = ProgramPlan(
            files: [
                "bin/mysql": program(["libssl.so.3"]), "lib/postgresql/17/bin/postgres": program([]),
                "lib/libc.so.6": program([]), "lib/libssl.so.3": program([]),
            ],
            paths: [
                "bin/mysql", "lib/postgresql/17/bin/postgres", "lib/libc.so.6", "lib/libssl.so.3", "lib/x/plugin.so",
            ])
        #expect(plan.programs == ["bin/mysql", "lib/postgresql/17/bin/postgres"])
        #expect(plan.libraryFolders == ["lib"])
        #expect(plan.bundledLoader == nil)
        #expect(plan.brings("libssl.so.3"))
        #expect(!plan.brings("ssl.so.3"))
    }

    @Test func takesALoaderOnlyWithItsLibrary() {
        let loader = "lib/\(ProgramPlan.loaderName)"
        #expect(ProgramPlan(files: [:], paths: [loader]).bundledLoader == nil)
        #expect(ProgramPlan(files: [:], paths: [loader, "lib/libc.so.6"]).bundledLoader == loader)
    }
}

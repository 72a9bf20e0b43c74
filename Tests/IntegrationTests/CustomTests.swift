import Foundation
import RoostModel
import Testing

/// Services of `type: custom`: programs that their owners bring.
@Suite struct CustomTests {
    private func withApplication(_ body: (CustomApplication) async throws -> Void) async throws {
        try await withRoost(arguments: ["--ready", "0"]) { roost in
            try await body(CustomApplication(roost: roost))
        }
    }

    @Test func aPushBuildsStartsAndServesEachPort() async throws {
        try await withApplication { original in
            var application = original
            application.buildscript = "set -e; echo built by $(id -un) in $PWD > made; echo $SERVICE_NAME >> made"
            application.postinstall = "echo installed >> ~/data/lines; test -s ~/environment.json"
            try await application.push()
            #expect(try await application.get("") == "one")
            #expect(try await application.echo("hi") == "echo hi")
            #expect(try await application.get("lines") == "installed")
            let info = try await application.roost.info("web")
            #expect(info.state == .running && info.type == "custom")
            #expect(info.ports.map(\.name) == ["www", "echo"] && info.ports.map(\.kind) == ["http", "tcp"])
            #expect(info.user.isEmpty && info.password == nil)
            // The program runs where it was built: a build may know its own place.
            let home = "\(application.roost.home)/instances/ramen/web.0/home"
            let made = try await application.get("read?\(home)/code/made")
            #expect(made.contains("in \(home)/code") || !Programs.isRoot, "\(made)")
            #expect(try await application.get("variable?HOME") == home)
            #expect(try await application.get("variable?GREETING") == "hello")
            // The variables that other services find.
            let variables = try await application.roost.json(EnvironmentInfo.self, "env", "-A", "ramen").variables
            #expect(variables["WEB_WWW_URL"] == "http://127.0.0.1:\(info.endpoint.port)")
            #expect(variables["WEB_ECHO_PORT"] == info.ports.last.map { "\($0.port)" })
            let ran = try await application.roost.roost(
                "run", "web", "-A", "ramen", "--", "sh", "-c", "echo $WEB_WWW_URL")
            #expect(ran.output == (variables["WEB_WWW_URL"] ?? "") + "\n", "\(ran)")
            let logs = try await application.roost.roost("logs", "web", "-A", "ramen").expectSuccess()
            #expect(logs.output.contains("web: request /"), "\(logs)")
        }
    }

    @Test func anUnchangedPushBuildsNothingAndDataOutlastAChangedOne() async throws {
        try await withApplication { original in
            var application = original
            application.buildscript = "date +%N > ~/code/built"
            try await application.push()
            let home = "\(application.roost.home)/instances/ramen/web.0/home"
            let built = try await application.get("read?\(home)/code/built")
            let pid = try await application.roost.pid("web")
            let before = try await application.roost.info("web")
            #expect(try await application.get("add?first") == "first")

            let again = try await application.push()
            #expect(again.errors.contains("No changes"), "\(again)")
            #expect(try await application.roost.pid("web") == pid)

            application.version = "two"
            try await application.push()
            #expect(try await application.get("") == "two")
            #expect(try await application.get("read?\(home)/code/built") != built)
            #expect(try await application.get("add?second") == "first\nsecond")
            #expect(try await application.roost.info("web").ports == before.ports)
        }
    }

    @Test func aFailingBuildChangesNothingAndShowsItsOutput() async throws {
        try await withApplication { original in
            var application = original
            try await application.push()
            let pid = try await application.roost.pid("web")
            application.version = "two"
            application.buildscript = "echo looking for the anchovies; echo there are none >&2; exit 7"
            let outcome = try await application.tryPush()
            #expect(outcome.status == 1, "\(outcome)")
            for words in ["the build script", "status 7", "looking for the anchovies", "there are none"] {
                #expect(outcome.errors.contains(words), "\(outcome)")
            }
            #expect(try await application.roost.pid("web") == pid)
            #expect(try await application.get("") == "one")
            #expect(try await application.roost.info("web").state == .running)
        }
    }

    @Test func aFailingPostinstallChangesNothingAndShowsItsOutput() async throws {
        try await withApplication { original in
            var application = original
            application.postinstall = "echo fine"
            try await application.push()
            let pid = try await application.roost.pid("web")
            application.version = "two"
            application.postinstall = "echo the pot is cracked; exit 9"
            let outcome = try await application.tryPush()
            #expect(outcome.status == 1, "\(outcome)")
            for words in ["postinstall", "status 9", "the pot is cracked"] {
                #expect(outcome.errors.contains(words), "\(outcome)")
            }
            #expect(try await application.roost.pid("web") == pid)
            #expect(try await application.get("") == "one")
            // A mended build is accepted.
            application.postinstall = "echo fine again"
            try await application.push()
            #expect(try await application.get("") == "two")
        }
    }

    @Test func aProcessThatEndsIsStartedAgain() async throws {
        try await withApplication { application in
            try await application.push()
            let supervisor = try await application.roost.pid("web")
            let first = try #require(application.processes("server.py").first?.pid)
            let echo = try #require(application.processes("echo.py").first?.pid)
            kill(first, SIGKILL)
            try await eventually("another one serves") {
                let now = application.processes("server.py").first?.pid
                guard now != nil, now != first else { return false }
                // The new program may not listen yet.
                return (try? await application.get("")) == "one"
            }
            #expect(try await application.roost.pid("web") == supervisor)
            #expect(application.processes("echo.py").map(\.pid) == [echo], "the other one was left alone")
        }
    }

    @Test func aProgramThatCannotStayUpIsReportedAndANewPushMendsIt() async throws {
        try await withApplication { original in
            var application = original
            application.keys = "cpus: 1"
            let directory = try application.roost.applicationFolder(
                "ramen", buildFile: "services: {web: {type: custom, process: \"echo no luck; exit 4\"}}")
            try await application.roost.roost("create", "ramen", in: directory).expectSuccess()
            let outcome = try await application.roost.roost("push", in: directory)
            #expect(outcome.status == 1, "\(outcome)")
            #expect(outcome.errors.contains("exit status 4"), "\(outcome)")
            #expect(try await application.roost.roost("status", "-A", "ramen").status == 6)
            try await application.push()
            #expect(try await application.get("") == "one")
        }
    }

    @Test func itOutlivesRoostdAndStartsAgainWhenAsked() async throws {
        try await withApplication { application in
            try await application.push()
            let pid = try await application.roost.pid("web")
            await application.roost.killDaemon()
            try await application.roost.start()
            try await application.roost.waitReady("web")
            #expect(try await application.roost.pid("web") == pid, "it was adopted")
            #expect(try await application.get("") == "one")

            try await application.roost.roost("restart", "web", "-A", "ramen").expectSuccess()
            #expect(try await application.roost.pid("web") != pid)
            #expect(try await application.get("add?again") == "again")

            // When the supervisor dies, all processes that it had started end, too.
            let supervisor = try await application.roost.pid("web")
            kill(supervisor, SIGKILL)
            try await eventually("another one serves") {
                let pid = try await application.roost.info("web").instances.first?.pid
                return pid != nil && pid != supervisor
            }
            try await application.roost.waitReady("web")
            #expect(application.processes("server.py").count == 1)
            #expect(try await application.get("lines") == "again")
        }
    }

    @Test(.enabled(if: Programs.isRoot)) func memoryIsLimitedAndScaledInPlace() async throws {
        try await withApplication { application in
            try await application.push()
            let pid = try await application.roost.pid("web")
            #expect(ProcessTable.memoryLimit(of: pid) == 96 << 20)
            await #expect(throws: (any Error).self, "the kernel ends who asks for more") {
                try await application.get("fill?400")
            }
            try await eventually("it serves again") { (try? await application.get("")) == "one" }
            try await application.roost.roost("scale", "web:memory=640M", "-A", "ramen").expectSuccess()
            #expect(try await application.roost.pid("web") == pid, "in place")
            #expect(ProcessTable.memoryLimit(of: pid) == 640 << 20)
            #expect(try await application.get("fill?400") == "filled")
        }
    }

    @Test func aDestroyedServiceComesBackWithItsDataAndItsProgram() async throws {
        try await withApplication { application in
            try await application.push()
            let before = try await application.roost.info("web")
            #expect(try await application.get("add?kept") == "kept")
            try await application.roost.roost("destroy", "web", "-A", "ramen", "--yes").expectSuccess()
            #expect(application.processes("server.py").isEmpty)
            let snapshots = try await application.roost.json(
                ItemList<SnapshotInfo>.self, "snapshot", "ls", "web", "-A", "ramen")
            let snapshot = try #require(snapshots.items.first?.id)
            try await application.roost.roost("snapshot", "restore", "web", snapshot, "-A", "ramen").expectSuccess()
            #expect(try await application.get("lines") == "kept")
            #expect(try await application.get("") == "one")
            #expect(try await application.roost.info("web").ports == before.ports)
        }
    }

    @Test func portsComeAndGoAndKeepTheirNumbers() async throws {
        try await withApplication { application in
            try await application.push()
            let before = try await application.roost.info("web").ports
            let folder = try application.roost.applicationFolder(
                "ramen",
                buildFile: application.buildFile.replacing("{www: http, echo: tcp}", with: "{more: tcp, echo: tcp}")
                    .replacing("web: exec python3 server.py", with: "web: PORT_WWW=$PORT_MORE exec python3 server.py"))
            try await application.roost.roost("push", in: folder).expectSuccess()
            let after = try await application.roost.info("web").ports
            #expect(after.map(\.name) == ["more", "echo"])
            #expect(after.last?.port == before.last?.port)
            #expect(try await application.echo("still here") == "echo still here")
            let url = try await application.roost.roost("url", "web", "-A", "ramen", "--port", "more").expectSuccess()
            #expect(url.output == "tcp://127.0.0.1:\(after[0].port)\n")
            #expect(try await application.roost.roost("url", "web", "-A", "ramen", "--port", "www").status == 3)
        }
    }

    @Test(.enabled(if: Programs.isRoot)) func itsScriptsReadNobodyElsesFiles() async throws {
        try await withRoost { roost in
            var application = CustomApplication(roost: roost)
            application.services = "data: {type: mysql, memory: 192M}"
            let secrets = [
                "\(roost.home)/instances/ramen/data.0/data/ibdata1",
                "\(roost.home)/instances/ramen/data.0/manifest.json",
                "\(roost.home)/apps/ramen/environment.json", "\(roost.home)/store.db", "\(roost.home)/key",
                "/etc/shadow",
            ]
            application.buildscript = secrets.map { "! cat \($0) || exit 1" }.joined(separator: "\n")
            try await application.push()
            let mysql = try await roost.pid("data")
            for path in secrets + ["/proc/\(mysql)/environ"] {
                let answer = try await application.get("read?\(path)")
                #expect(answer.hasPrefix("refused"), "\(path): \(answer)")
            }
            // The service can read its own copy, by which it finds the database.
            let own = try await application.get("read?\(roost.home)/instances/ramen/web.0/home/environment.json")
            #expect(own.hasPrefix("read {"), "\(own)")
            let mine = ProcessTable.userID(of: try #require(application.processes("server.py").first?.pid))
            #expect(mine != nil && mine != 0 && mine != ProcessTable.userID(of: mysql))
        }
    }

    /// The example runs as its README says, with this machine's MariaDB in place of a tarball.
    @Test(.enabled(if: VendorTarball.mysql.isHere, VendorTarball.mysql.absence))
    func theCustomMySQLOfTheExamplesMayBeOracles() async throws {
        try await withRoost(arguments: ["--ready", "0"]) { roost in
            // The tarball lies where the build's user can read it.
            let tarball = "\(roost.folder)/mysql.tar.zst"
            try FileManager.default.copyItem(atPath: try #require(VendorTarball.mysql.path), toPath: tarball)
            chmod(tarball, 0o644)
            let directory = "\(roost.folder)/src/custom-mysql"
            try FileManager.default.createDirectory(
                atPath: "\(roost.folder)/src", withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: "\(Programs.checkout)/examples/custom-mysql", toPath: directory)
            let file = "\(directory)/roost.yml"
            let text = try String(contentsOfFile: file, encoding: .utf8)
            let named = text + "    environment: {MYSQL_TARBALL: \(tarball)}\n"
            try Data(named.utf8).write(to: URL(filePath: file))
            try await roost.roost("create", "mine", in: directory).expectSuccess()
            try await roost.roost(["push"], in: directory, patience: .seconds(300)).expectSuccess()
            let password = try String(
                contentsOfFile: "\(roost.home)/instances/mine/testbed.0/home/data/password", encoding: .utf8)
            let info = try await roost.info("testbed", in: "mine")
            let answer = try await Command.run(
                "/usr/bin/mariadb",
                [
                    "--no-defaults", "-h", "127.0.0.1", "-P", "\(info.endpoint.port)", "-uroot", "-N", "-e",
                    "select version()",
                ], environment: ["MYSQL_PWD": password.trimmingCharacters(in: .whitespacesAndNewlines)])
            #expect(answer.output.hasPrefix("9."), "\(answer)")
        }
    }

    @Test func theCustomMySQLOfTheExamplesServesAndKeepsItsDatabases() async throws {
        try await withRoost(arguments: ["--ready", "0"]) { roost in
            let directory = "\(roost.folder)/src/custom-mysql"
            try FileManager.default.createDirectory(
                atPath: "\(roost.folder)/src", withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: "\(Programs.checkout)/examples/custom-mysql", toPath: directory)
            try await roost.roost("create", "mine", in: directory).expectSuccess()
            try await roost.roost("push", in: directory).expectSuccess()
            let home = "\(roost.home)/instances/mine/testbed.0/home"
            let read = { try String(contentsOfFile: "\(home)/data/password", encoding: .utf8) }
            let password = try read().trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(password.count == 24)
            let info = try await roost.info("testbed", in: "mine")
            func query(_ text: String, password: String) async throws -> Outcome {
                try await Command.run(
                    "/usr/bin/mariadb",
                    ["--no-defaults", "-h", "127.0.0.1", "-P", "\(info.endpoint.port)", "-uroot", "-N", "-e", text],
                    environment: ["MYSQL_PWD": password])
            }
            #expect(try await query("select 1", password: "").status != 0, "never without a password")
            try await query("create database soup; create table soup.t as select 42 as n", password: password)
                .expectSuccess()
            // A changed image keeps the databases.
            let script = "\(directory)/testbed/mysqld-run"
            let text = try String(contentsOfFile: script, encoding: .utf8)
            try Data(text.replacing("=128M", with: "=64M").utf8).write(to: URL(filePath: script))
            try await roost.roost("push", in: directory).expectSuccess()
            let answer = try await query("select n, @@innodb_buffer_pool_size >> 20 from soup.t", password: password)
            #expect(answer.output == "42\t64\n", "\(answer)")
        }
    }

    /// A service as the community's recipes expect it: no `process`, variables of several lines, addresses by
    /// dotCloud's names.
    @Test func aServiceInDotcloudsFormFindsWhatItExpects() async throws {
        try await withApplication { original in
            var application = original
            application.isDotcloud = true
            let pushed = try await application.push()
            #expect(
                (pushed.output + pushed.errors).contains("mysql_serverid: Roost assigns a unique id to each server"),
                "\(pushed)")
            let data = try await application.roost.info("data")
            #expect(try await application.get("variable?DOTCLOUD_DATA_MYSQL_PORT") == "\(data.endpoint.port)")
            #expect(try await application.get("variable?DOTCLOUD_PROJECT") == "ramen")
            #expect(try await application.get("variable?LINES_OF_A_KEY") == "one\n  two")
        }
    }

    @Test func aPushWithAWrongKeyOrAMissingPackageChangesNothing() async throws {
        try await withApplication { original in
            var application = original
            application.keys = "config: {a: b}"
            let wrong = try await application.tryPush()
            #expect(wrong.status == 2, "\(wrong)")
            #expect(wrong.errors.contains("is not valid for services of type 'custom'"), "\(wrong)")
            application.keys = "systempackages: [no-such-package-of-roost, python3]"
            let missing = try await application.tryPush()
            #expect(missing.status == 2, "\(missing)")
            #expect(
                missing.errors.contains("not in this machine's package lists: no-such-package-of-roost; "),
                "\(missing)")
            #expect(!missing.errors.contains("--install-packages"), "\(missing)")
            #expect(try await application.roost.problem("info", "web", "-A", "ramen").error.code == "service_not_found")
        }
    }
}

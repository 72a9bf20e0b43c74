import Foundation
import RoostAPI
import RoostModel
import Testing

/// roostd is killed in the midst of every operation that makes copies: nothing stays frozen, nothing half-made is
/// seen, no space is lost, and the next daemon goes on or reports what it undid.
@Suite(
    .enabled(if: Programs.isRoot, "a pool is mounted, which needs root"),
    .enabled(
        if: FileManager.default.isExecutableFile(atPath: Programs.python),
        "the Python clients are not installed; scripts/setup --tests does it"))
struct CopyCrashTests {
    private static let row = CloneTests.mariadb

    /// Kills the daemon after so many milliseconds of the work: the moments fall into different steps of it.
    private func kill(_ roost: Roost, after milliseconds: Int, of words: [String]) async throws {
        async let work = roost.roost(words, patience: .seconds(200))
        // The moment is the test's input: the assertions must hold whatever step it falls into.
        try await Task.sleep(for: .milliseconds(milliseconds))
        await roost.killDaemon()
        try await eventually("nothing is frozen", within: .seconds(2)) { roost.frozenGroups.isEmpty }
        try await roost.start()
        // The command has to end, whatever its outcome.
        _ = try await work
    }

    private static let moments = [8, 25, 60, 110, 180, 300, 600]

    @Test func whatIsTakenOfARunningServer() async throws {
        try await withRoost(mounts: .own) { roost in
            try await roost.makePool("2G")
            let service = try await roost.serve(Self.row)
            let ledger = try Ledger(Self.row, at: service.url, in: roost.folder)
            try await ledger.waitForMore()
            // Entries acknowledged when each snapshot was asked for.
            var asked: [(at: Date, low: Int)] = []
            for moment in Self.moments {
                asked.append((Date(), ledger.last))
                try await kill(roost, after: moment, of: ["snapshot", "new", "it", "-A", "ramen"])
                try await kill(roost, after: moment, of: ["clone", "it", "c\(moment)", "-A", "ramen"])
                try await ledger.waitForMore()
            }
            for snapshot in try await roost.snapshots() where snapshot.reason == "manual" {
                let low = try #require(asked.last { $0.at < snapshot.createdAt }).low
                let clone = try await roost.clone("it", "check", "--at", snapshot.id, "-A", "ramen")
                let fault = try await Ledger.fault(Self.row, at: clone.url, low: low, high: ledger.last + 1)
                #expect(fault == nil, "\(fault ?? "")")
                try await roost.roost("clone", "rm", "check", "--yes").expectSuccess()
            }
            // The next daemon makes a clone that was requested.
            for clone in try await roost.clones() {
                try await eventually("\(clone.name) is ready") {
                    try await roost.clones().first { $0.name == clone.name }?.state == .running
                }
            }
            #expect(try ledger.end() == "", "no writer saw an error")
            for clone in try await roost.clones() {
                try await roost.roost("clone", "rm", clone.name, "--yes").expectSuccess()
            }
            // The next daemon takes a snapshot that was requested as well.
            try await eventually("no operation is running") {
                let running = try await roost.api("GET", OperationEndpoints.list.template)
                return try JSON.decode(ItemList<OperationInfo>.self, from: running.body).items.isEmpty
            }
            for snapshot in try await roost.snapshots() where snapshot.reason == "manual" {
                try await roost.roost("snapshot", "rm", "it", snapshot.id, "-A", "ramen", "--yes").expectSuccess()
            }
            try await nothingIsLeft(roost)
        }
    }

    @Test func templatesPoolsAndResets() async throws {
        try await withRoost(mounts: .own) { roost in
            try await roost.makePool("3G")
            let dump = "\(roost.folder)/shop.sql"
            let rows = (0..<3000).map { "(\($0), '\(String(repeating: "x", count: 100))')" }
            let kept =
                "CREATE TABLE kept (name varchar(40) primary key, value varchar(40));\n"
                + "INSERT INTO kept VALUES ('day', 'sealed');\n"
            let text =
                "CREATE TABLE t (n int primary key, b text);\nINSERT INTO t VALUES \(rows.joined(separator: ","));\n"
            try Data((text + kept).utf8).write(to: URL(filePath: dump))
            let adding = ["template", "add", "shop", "--dump", dump, "--type", "mariadb", "--pool", "2"]
            for moment in [40, 200, 500, 900, 1500] {
                try await kill(roost, after: moment, of: adding)
                // There is no template if the daemon died before it had read the request.
                guard let template = try await roost.templates().first else { continue }
                // The next daemon goes on with the build, unless two daemons have died during it.
                let isTold = template.failure?.contains("roostd stopped") ?? false
                #expect(template.operation != nil || template.version != nil || isTold, "\(template)")
            }
            if try await roost.templates().first?.version == nil { try await roost.roost(adding).expectSuccess() }
            try await eventually("the pool is full") { try await roost.template("shop").poolReady == 2 }
            for moment in [40, 400, 1200] {
                let before = try await roost.template("shop").version
                try await kill(roost, after: moment, of: ["template", "refresh", "shop"])
                let now = try await roost.template("shop")
                #expect([.ready, .refreshing].contains(now.state), "the present version is used: \(now)")
                let copy = try await roost.clone("shop", "check")
                #expect(try await roost.ask(Self.row, at: copy.url, "get", "day") == "sealed")
                try await roost.roost("clone", "rm", "check", "--yes").expectSuccess()
                guard let build = now.operation else { continue }
                try await eventually("the next daemon carries the build out") {
                    try await roost.template("shop").version != before
                }
                let ended = try await roost.api("GET", OperationEndpoints.show.path(OperationPath(build)))
                #expect(try JSON.decode(OperationInfo.self, from: ended.body).state == .done, "the same operation")
            }
            let clone = try await roost.clone("shop", "mine")
            for moment in Self.moments.prefix(5) {
                _ = try await roost.ask(Self.row, at: clone.url, "put", "day", "changed")
                try await kill(roost, after: moment, of: ["clone", "reset", "mine", "--yes"])
                try await eventually("it serves") {
                    try await roost.clones().first { $0.name == "mine" }?.state == .running
                }
            }
            // However many of those resets were accepted, a reset that is waited for restores the template's data.
            _ = try await roost.ask(Self.row, at: clone.url, "put", "day", "changed")
            try await roost.roost("clone", "reset", "mine", "--yes").expectSuccess()
            #expect(try await roost.ask(Self.row, at: clone.url, "get", "day") == "sealed")
            try await eventually("the pool is full") { try await roost.template("shop").poolReady == 2 }
            #expect(halves(roost) == [], "what a reset replaced went")
            // Clones are taken out of the pool while it fills.
            for moment in [5, 30, 90] { try await kill(roost, after: moment, of: ["clone", "shop"]) }
            try await eventually("the pool is full again") { try await roost.template("shop").poolReady == 2 }
            try await roost.roost("template", "rm", "shop", "--yes").expectSuccess()
            try await nothingIsLeft(roost)
        }
    }

    /// Removes everything, and looks for what should not be there: half-made folders, and blocks that nothing names.
    private func nothingIsLeft(_ roost: Roost) async throws {
        for clone in try await roost.clones() {
            try await roost.roost("clone", "rm", clone.name, "--yes").expectSuccess()
        }
        try await eventually("what clones needed is swept", within: .seconds(240)) {
            let items = try await roost.storage().items
            return items.allSatisfy {
                ["instance"].contains($0.kind) || $0.name.hasPrefix("ramen/it ") && !$0.name.hasSuffix("-clone")
            }
        }
        let pool = roost.reach("\(roost.home)/pool")
        func names(_ folder: String) -> [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: "\(pool)/\(folder)")) ?? []).sorted()
        }
        #expect(names("template-work") == [] && names("templates") == [] && names("instances/_clones") == [])
        #expect(halves(roost) == [])
        let servers = roost.servers.count
        #expect(servers == names("instances/ramen").count, "\(roost.servers)")
        try await noBlockIsLost(roost)
    }

    /// The pool's used space is that of its files, apart from the file system's own: a block without a name would
    /// be lost for ever.
    private func noBlockIsLost(_ roost: Roost) async throws {
        let pool = roost.reach("\(roost.home)/pool")
        let counted = try await Command.run("/usr/bin/du", ["-s", "-B1", "--", pool])
        let files = try #require(counted.output.split(separator: "\t").first.flatMap { Int64($0) })
        try await eventually("nothing is taken that no file has") {
            let now = try #require(try await roost.storage().pool)
            return now.sizeBytes.bytes - now.freeBytes.bytes < files + (96 << 20)
        }
    }

    /// Half-made files and folders; only a daemon that starts in between may leave them.
    private func halves(_ roost: Roost) -> [String] {
        (FileManager.default.subpaths(atPath: roost.reach("\(roost.home)/pool")) ?? []).filter {
            $0.hasSuffix(".unfinished") || $0.hasSuffix("/copy") || $0.hasSuffix(".copy")
        }
    }
}

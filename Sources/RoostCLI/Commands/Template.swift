import ArgumentParser
import Foundation
import RoostModel

/// `roost template`
struct TemplateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "template", abstract: "Manage templates, the images that clones are made from.",
        subcommands: [Add.self, Refresh.self, Ls.self, Rm.self])

    /// `roost template add NAME (--dump FILE --type TYPE | --from SERVICE)`
    struct Add: Command {
        static let configuration = CommandConfiguration(
            commandName: "add", abstract: "Create a template from a dump or a live service, or change its settings.",
            discussion: """
                roost template add shop --dump shop.sql.gz --type mariadb --mask mask.sql --pool 3
                roost template add shop --from ramen/data --refresh '0 3 * * *'

                Accepts SQL dumps, pg_dump formats (custom, tar, directory), Redis RDB files and MongoDB archives, also \
                compressed with gzip, zstd, xz or bzip2. Files that an SQL dump includes ('source', '\\i') are read as \
                well. If the template exists, only the settings given here change; clones use its current version until \
                the next one is ready.
                """)

        @OptionGroup var target: TemplateTarget

        @Option(
            help: "The dump: a file or folder on roostd's machine; '-' or a pipe is uploaded.", completion: .file())
        var dump: String?

        @Option(
            help: "Type of the dump, as in the build file: mysql, postgresql, …",
            completion: .list(["mysql", "mariadb", "postgresql", "redis", "valkey", "mongodb"]))
        var type: String?

        @Option(
            help: "The live service to copy: SERVICE or APPLICATION/SERVICE.",
            completion: LiveNames.liveServices)
        var from: String?

        @Option(help: "Script in the engine's language, run at each build to hide private data.", completion: .file())
        var mask: String?

        @Flag(help: "Remove the mask of an existing template.")
        var noMask = false

        @Option(help: "Schedule for rebuilding, in cron syntax: '0 3 * * *'.")
        var refresh: String?

        @Option(help: "Number of running clones to keep ready.")
        var pool: Int?

        @Option(help: "Memory limit of each clone, such as 512M.")
        var memory: String?

        @Option(help: "CPU limit of each clone, in cores.")
        var cpus: Double?

        @Option(help: "The engine's version, such as 10.11 (default: the newest).")
        var version: String?

        @Option(name: .customLong("extension"), help: "Extension that the dump needs (PostgreSQL); can be repeated.")
        var extensions: [String] = []

        @Flag(help: "Do not wait until the template is built.")
        var noWait = false

        @OptionGroup(title: "Common options") var options: Options

        /// The dump's path on the daemon's machine. A dump that the daemon could not open, or could read only once,
        /// is sent first.
        private func dumpPath(_ session: Session) async throws(Problem) -> String? {
            guard let dump else { return nil }
            if session.isHere(dump), let type, let whole = try session.gather(dump, type: type) {
                let input = GatheredInput(whole)
                defer { input.close() }
                return try await session.client.send(dump: input, size: whole.size).path
            }
            guard session.mustSend(dump) else { return try session.daemonPath(dump) }
            // A missing type is reported before the dump is sent.
            guard type != nil else { return try session.daemonPath("/dev/stdin") }
            let input = PlainInput(file: try session.input(dump))
            defer { input.close() }
            session.output.note("Sending the dump")
            return try await session.client.send(dump: input).path
        }

        func run(in session: Session) async throws(Problem) -> Ending {
            let request = TemplateRequest(
                dump: try await dumpPath(session), type: type, source: from,
                application: session.settings.application?.rawValue,
                mask: try mask.map { file throws(Problem) in try session.text(of: file) }, noMask: noMask ? true : nil,
                refresh: refresh, pool: pool,
                memory: memory, cpus: cpus, extensions: extensions.isEmpty ? nil : extensions, version: version)
            var answer = try await session.client.addTemplate(target.text, request)
            if let operation = answer.operation, !noWait {
                answer.operation = try await session.follow(operation)
                answer.template = try await session.client.template(target.text)
            }
            session.output.note("Template '\(target.name)' is \(answer.template.state.rawValue)")
            session.note(answer.template)
            if answer.template.version != nil { session.output.note("  roost clone \(target.name)    creates a clone") }
            try session.output.showIfJSON(.templateAdded(answer))
            return .done
        }
    }

    /// `roost template refresh NAME`
    struct Refresh: Command {
        static let configuration = CommandConfiguration(
            commandName: "refresh", abstract: "Rebuild a template; its current version stays in use until then.")

        @OptionGroup var target: TemplateTarget
        @Flag(help: "Do not wait until the template is built.")
        var noWait = false
        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            var operation = try await session.client.refreshTemplate(target.text)
            if !noWait {
                operation = try await session.follow(operation)
                session.output.note("Template '\(target.name)' has a new version")
                session.note(try await session.client.template(target.text))
            }
            try session.output.showIfJSON(.operation(operation))
            return .done
        }
    }

    /// `roost template ls`
    struct Ls: Command {
        static let configuration = CommandConfiguration(
            commandName: "ls", abstract: "List templates.", aliases: ["list"])

        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            try session.output.show(.templates(try await session.client.templates()))
            return .done
        }
    }

    /// `roost template rm NAME`
    struct Rm: Command {
        static let configuration = CommandConfiguration(
            commandName: "rm", abstract: "Remove a template; its clones are kept.")

        @OptionGroup var target: TemplateTarget
        @Flag(help: "Do not ask for confirmation.")
        var yes = false
        @Flag(help: "Show what would be removed without removing it.")
        var dryRun = false
        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            let plan = try await session.client.removeTemplate(target.text, confirm: nil, dryRun: true)
            let effect = "this removes template '\(target.name)', \(plan.sizeBytes.rounded); its clones are kept"
            if plan.watched {
                session.output.note(
                    "warning: \(plan.source) is in the watched folder and will recreate the template; remove the file first"
                )
            }
            if dryRun {
                session.output.note(effect)
                try session.output.showIfJSON(.templates([plan]))
                return .done
            }
            try session.confirm(effect, name: target.text, yes: yes)
            let removed = try await session.client.removeTemplate(target.text, confirm: target.text, dryRun: false)
            session.output.note("Template '\(target.name)' was removed")
            try session.output.showIfJSON(.templates([removed]))
            return .done
        }
    }
}

extension Session {
    /// Prints the notes on a loaded dump.
    fileprivate func note(_ template: TemplateInfo) {
        for note in template.notes { output.note("  note: \(note)") }
    }
}

struct TemplateTarget: ParsableArguments {
    @Argument(help: "The template.", completion: LiveNames.templates, transform: { try TemplateName($0) })
    var name: TemplateName

    var text: String { name.rawValue }
}

extension Session {
    /// The path as the daemon resolves it. A daemon that is reached by an address may run on another machine, which
    /// does not know this machine's working directory.
    func daemonPath(_ path: String) throws(Problem) -> String {
        if path.hasPrefix("/") { return path }
        if case .socket = settings.daemon { return "\(caller.directory)/\(path)" }
        throw Problem(
            .usage, "'\(path)' must be an absolute path on the machine that runs roostd, not on this one",
            next: ["copy it there, then pass its path"])
    }

    /// Whether a dump must be sent: standard input, a pipe, or a file that a daemon on another machine cannot see.
    func mustSend(_ path: String) -> Bool {
        if path == "-" { return true }
        let full = path.hasPrefix("/") ? path : "\(caller.directory)/\(path)"
        var status = stat()
        guard stat(full, &status) == 0 else { return false }
        let kind = status.st_mode & S_IFMT
        if kind == S_IFDIR { return false }
        if kind != S_IFREG { return true }
        if case .socket = settings.daemon { return false }
        return !path.hasPrefix("/")
    }

    /// Whether a dump's path is a path of this machine.
    func isHere(_ path: String) -> Bool {
        if path == "-" { return false }
        if case .socket = settings.daemon { return true }
        return !path.hasPrefix("/")
    }

    /// Gathers a dump and the files that it includes, and prints a note of them. Nil if the dump includes no files.
    func gather(_ path: String, type: String) throws(Problem) -> GatheredDump? {
        let full = path.hasPrefix("/") ? path : "\(caller.directory)/\(path)"
        guard let whole = try Gathering.gather(full, shown: path, type: type) else { return nil }
        output.note(whole.note(of: path))
        return whole
    }

    func input(_ path: String) throws(Problem) -> FileHandle {
        if path == "-" { return FileHandle.standardInput }
        let full = path.hasPrefix("/") ? path : "\(caller.directory)/\(path)"
        guard let file = FileHandle(forReadingAtPath: full) else { throw Problem(.usage, "'\(path)' cannot be read") }
        return file
    }

    /// Reads a small text file of the caller's.
    func text(of path: String) throws(Problem) -> String {
        let full = path.hasPrefix("/") ? path : "\(caller.directory)/\(path)"
        do throws(PlainFile.Failure) { return try PlainFile.text(full, atMost: 1 << 20) } catch {
            throw Problem(.usage, "'\(path)' \(error)", next: ["use a text file of at most 1 MiB"])
        }
    }
}

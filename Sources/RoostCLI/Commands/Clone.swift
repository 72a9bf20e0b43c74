import ArgumentParser
import Foundation
import RoostModel

/// `roost clone`
struct Clone: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clone", abstract: "Create a private copy of a template or live service.",
        usage: "roost clone <source> [<name>] [--ttl <ttl>]\nroost clone <subcommand>",
        discussion: """
            roost clone shop                 a copy of the template 'shop'
            roost clone data mine            a copy of the service 'data', named 'mine'
            export DATABASE_URL=$(roost clone shop)

            For a source that is named like a subcommand (ls, info, …), use 'new': roost clone new ls.
            """,
        subcommands: [New.self, Ls.self, Info.self, Reset.self, Extend.self, Protect.self, Rm.self],
        defaultSubcommand: New.self)

    /// `roost clone SOURCE [NAME]`
    struct New: Command {
        static let configuration = CommandConfiguration(
            commandName: "new", abstract: "Create a clone (the default).",
            discussion: "Prints the clone's URL, including the password.")

        @OptionGroup var request: CloneArguments

        @Argument(help: "Name of the clone; generated if omitted.", transform: { try CloneName($0) })
        var name: CloneName?

        @Option(help: "Time to live, such as 2h; 0 for no limit. Default 24h.")
        var ttl: TimeSpan?

        @Option(help: "Remove the clone after this long without a session.")
        var idle: TimeSpan?

        @Flag(help: "Protect the clone from expiry, idle removal and accidental removal.")
        var protect = false

        @Flag(help: "Do not wait until the clone is ready.")
        var noWait = false

        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            let request = try request.request(
                in: session, ttl: ttl?.duration, idle: idle?.duration, protect: protect ? true : nil)
            var answer = try await session.client.makeClone(name, request)
            if let operation = answer.operation, !noWait {
                answer.operation = try await session.follow(operation)
                answer.clone = try await session.client.clone(answer.clone.name, showPassword: true)
            }
            let clone = answer.clone
            let end = clone.expiresAt.map { ", expires at \(Timestamp.format($0))" } ?? ""
            for note in answer.notes { session.output.note("note: \(note)") }
            session.output.note("Clone '\(clone.name)' of '\(clone.source)'\(end)")
            try session.output.show(.cloneMade(answer))
            return .done
        }
    }

    /// `roost clone ls`
    struct Ls: Command {
        static let configuration = CommandConfiguration(
            commandName: "ls", abstract: "List clones.", aliases: ["list"])

        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            try session.output.show(.clones(try await session.client.clones()))
            return .done
        }
    }

    /// `roost clone info NAME`
    struct Info: Command {
        static let configuration = CommandConfiguration(commandName: "info", abstract: "Show a clone.")

        @OptionGroup var target: CloneTarget

        @Flag(help: "Show the clone's URL, including the password.")
        var showPassword = false

        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            try session.output.show(.clone(try await session.client.clone(target.text, showPassword: showPassword)))
            return .done
        }
    }

    /// `roost clone reset NAME`
    struct Reset: Command {
        static let configuration = CommandConfiguration(
            commandName: "reset", abstract: "Reset a clone to its template, at the same address.",
            discussion: "A clone of a live service is reset to the snapshot that it was made from.")

        @OptionGroup var target: CloneTarget
        @Flag(help: "Do not ask for confirmation.")
        var yes = false
        @Flag(help: "Show what would be replaced without replacing it.")
        var dryRun = false
        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            let clone = try await session.client.clone(target.text, showPassword: false)
            let effect = "this replaces the data of the clone '\(target.name)' with that of \(clone.source)"
            if dryRun {
                session.output.note(effect)
                try session.output.showIfJSON(.clone(clone))
                return .done
            }
            try session.confirm(effect, name: target.text, yes: yes)
            let operation = try await session.follow(try await session.client.resetClone(target.text))
            session.output.note("Clone '\(target.name)' was reset")
            try session.output.showIfJSON(.operation(operation))
            return .done
        }
    }

    /// `roost clone extend NAME [TTL]`
    struct Extend: Command {
        static let configuration = CommandConfiguration(
            commandName: "extend", abstract: "Extend a clone's time to live, counted from now; 0 for no limit.")

        @OptionGroup var target: CloneTarget
        @Argument(help: ArgumentHelp("Time to live, such as 2h. Default 24h.", valueName: "time"))
        var time: TimeSpan?
        @Option(help: "Time to live; the same as the argument.")
        var ttl: TimeSpan?
        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            guard time == nil || ttl == nil else {
                throw Problem(.usage, "pass the time either as an argument or with --ttl, not both")
            }
            let duration = (time ?? ttl)?.duration ?? .seconds(CloneTerms.defaultLifetime)
            let clone = try await session.client.extendClone(target.text, duration)
            let end = clone.expiresAt.map { Timestamp.format($0) } ?? "it is removed"
            session.output.note("Clone '\(target.name)' is kept until \(end)")
            try session.output.showIfJSON(.clone(clone))
            return .done
        }
    }

    /// `roost clone protect NAME`
    struct Protect: Command {
        static let configuration = CommandConfiguration(
            commandName: "protect", abstract: "Protect a clone from expiry, idle removal and accidental removal.")

        @OptionGroup var target: CloneTarget
        @Flag(help: "Remove the protection.")
        var off = false
        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            let clone = try await session.client.protectClone(target.text, !off)
            session.output.note("Clone '\(target.name)' is \(off ? "no longer protected" : "protected")")
            try session.output.showIfJSON(.clone(clone))
            return .done
        }
    }

    /// `roost clone rm NAME`
    struct Rm: Command {
        static let configuration = CommandConfiguration(
            commandName: "rm", abstract: "Remove a clone and its data.")

        @OptionGroup var target: CloneTarget
        @Flag(help: "Do not ask for confirmation, even if the clone is protected.")
        var yes = false
        @Flag(help: "Show what would be removed without removing it.")
        var dryRun = false
        @OptionGroup(title: "Common options") var options: Options

        func run(in session: Session) async throws(Problem) -> Ending {
            let clone = try await session.client.clone(target.text, showPassword: false)
            if dryRun {
                session.output.note("this removes the clone '\(target.name)' of \(clone.source) and its data")
                try session.output.showIfJSON(.clone(clone))
                return .done
            }
            let kind = clone.protected ? "protected clone" : "clone"
            try session.confirm("this removes the \(kind) '\(target.name)' and its data", name: target.text, yes: yes)
            let operation = try await session.follow(
                try await session.client.removeClone(target.text, confirm: clone.protected ? target.text : nil))
            session.output.note("Clone '\(target.name)' was removed")
            try session.output.showIfJSON(.operation(operation))
            return .done
        }
    }
}

/// The arguments of `clone` and `with`: the source of the copy, and its settings.
struct CloneArguments: ParsableArguments {
    @Argument(
        help: ArgumentHelp("A template, a service of this application, or APPLICATION/SERVICE.", valueName: "source"),
        completion: LiveNames.cloneSources)
    var source: String

    @Option(help: "Snapshot of the service to clone (default: its current data).", completion: LiveNames.snapshots)
    var at: String?

    @Option(help: "Memory limit of the clone, such as 512M.")
    var memory: String?

    @Option(help: "CPU limit of the clone, in cores.")
    var cpus: Double?

    @Flag(help: "Keep the clone's data after a crash of the machine: write to disk before acknowledging.")
    var durable = false

    @Option(help: "Longest time for which a live service's writes may pause for its snapshot. Default 100ms.")
    var maxPause: TimeSpan?

    func request(
        in session: Session, ttl: Duration?, idle: Duration?, protect: Bool?
    ) throws(Problem) -> CloneRequest {
        CloneRequest(
            source: source, application: session.settings.application?.rawValue, at: at,
            ttlSeconds: ttl.map { $0 / .seconds(1) }, idleSeconds: idle.map { $0 / .seconds(1) }, memory: memory,
            cpus: cpus, durable: durable ? true : nil, protected: protect,
            maxPauseMilliseconds: maxPause.map { $0.duration / .milliseconds(1) })
    }
}

struct CloneTarget: ParsableArguments {
    @Argument(help: "The clone.", completion: LiveNames.clones, transform: { try CloneName($0) })
    var name: CloneName

    var text: String { name.rawValue }
}

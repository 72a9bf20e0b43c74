import Foundation
import RoostModel

/// The language of a script. Pure.
enum MongoDBScript: Equatable {
    struct Command: Equatable {
        /// Counted from 1.
        let line: Int
        let json: String
    }

    /// Documents, one per line, each run as a command: `{"delete": "cards", "deletes": […]}`. Empty lines and lines
    /// that begin with `//` are skipped.
    case commands([Command])
    /// A script for the vendor's shell.
    case javaScript(String)

    /// A text that begins with a brace is a list of commands: a JavaScript program has no reason to begin with one.
    init(_ text: String) {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated().map {
            Command(line: $0.offset + 1, json: $0.element.trimmingCharacters(in: .whitespaces))
        }
        let commands = lines.filter { !$0.json.isEmpty && !$0.json.hasPrefix("//") }
        self = commands.first?.json.hasPrefix("{") ?? true ? .commands(commands) : .javaScript(text)
    }
}

extension MongoDB {
    package func run(
        script: String, _ plan: ServerPlan, build: EngineBuild, user: ServerUser?
    ) async throws(EngineError) {
        switch MongoDBScript(script) {
        case .commands(let commands): try await run(commands, plan)
        case .javaScript(let text): try await run(javaScript: text, plan, build, user)
        }
    }

    private func run(_ commands: [MongoDBScript.Command], _ plan: ServerPlan) async throws(EngineError) {
        let database = plan.databases.first ?? "test"
        try await onThread { () throws(MongoFault) in
            let connection = try connect(plan, Self.scripts)
            for command in commands {
                do throws(MongoFault) {
                    let reply = try connection.run(json: command.json, on: database)
                    if let fault = MongoFault(writes: reply) { throw fault }
                } catch {
                    throw MongoFault(code: error.code, message: "line \(command.line): \(error.message)")
                }
            }
        }
    }

    /// For a command that reads all data.
    private static let scripts = MongoConnection.Patience(connect: .seconds(5), answer: .seconds(3600))

    /// Runs with `db` as users of the shell have it. The shell reports the line of a failure.
    private func run(
        javaScript: String, _ plan: ServerPlan, _ build: EngineBuild, _ user: ServerUser?
    ) async throws(EngineError) {
        guard let shell = Self.path(of: "mongosh", besides: build.programFolders) else {
            throw .clientMissing(
                "'mongosh', which runs JavaScript, is not installed; install it, or write the script as "
                    + "commands, one JSON document on each line")
        }
        let folder = try UserFolder(user)
        defer { folder.remove() }
        try folder.write("db = connect(\(BSONValue.quoted(Self.privateURL(plan))))\n", to: "connect.js")
        try folder.write(javaScript, to: "script.js")
        let outcome = try await ShortCommand(
            program: shell,
            arguments: ["--nodb", "--quiet", "--norc"] + ["connect.js", "script.js"].map { "\(folder.path)/\($0)" },
            environment: ["LC_ALL": "C", "PATH": "/usr/bin:/bin", "HOME": folder.path], user: user,
            patience: .seconds(4 * 3600)
        ).run()
        guard outcome.succeeded else {
            let words = (outcome.errors + outcome.output).replacing("\(folder.path)/", with: "")
            throw .refused(code: 0, message: "mongosh ended with \(outcome.ending): \(words.suffix(2000))")
        }
    }
}

extension MongoFault {
    /// The write errors in a reply. The command itself counts as accepted then.
    init?(writes reply: BSONDocument) {
        let first = reply["writeErrors"]?.items?.first?.document ?? reply["writeConcernError"]?.document
        guard let first else { return nil }
        self.init(code: Int(first["code"]?.number ?? 0), message: first["errmsg"]?.text ?? first.json)
    }
}

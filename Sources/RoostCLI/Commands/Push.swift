import ArgumentParser
import Foundation
import RoostModel

/// `roost push [PATH]`
struct Push: Command {
    static let configuration = CommandConfiguration(
        commandName: "push", abstract: "Apply the build file to the application's services.",
        discussion: """
            Reads roost.yml (or dotcloud.yml) in PATH, shows the changes and waits until they are applied. A push can be \
            repeated: unchanged services are left alone, and services that are no longer in the file keep running.
            """)

    @Argument(help: "The build file or its folder.", completion: .directory)
    var path = "."

    @Flag(help: "Show what would change without changing it.")
    var dryRun = false

    @Flag(help: "Confirm reductions, such as fewer instances.")
    var yes = false

    @Flag(help: "Install the system packages that custom services need and that are missing on the daemon's machine.")
    var installPackages = false

    @Flag(help: "Do not wait for the operation to finish.")
    var noWait = false

    @OptionGroup(title: "Common options") var options: Options

    func folder(from directory: String) -> String { BuildFile.folder(path, in: directory) }

    func run(in session: Session) async throws(Problem) -> Ending {
        let file = try BuildFile.read(path, in: session.caller.directory)
        let name = try session.application()
        do {
            try await push(file, to: name, in: session)
            return .done
        } catch let error where error.code == .buildFileInvalid {
            // Reported here, where the build file's text is at hand for the excerpt.
            session.output.report(error, buildFile: file.text)
            return .status(error.code.exitStatus)
        } catch let error where error.code == .applicationNotFound && error.nextSteps.isEmpty {
            throw Problem(error.code, error.message, next: ["roost create \(name)"])
        }
    }

    private func push(_ file: BuildFile, to name: ApplicationName, in session: Session) async throws(Problem) {
        var answer = try await send(file, to: name, in: session)
        if dryRun { return try session.output.show(.changes(answer)) }
        let style = Style(.error, of: session.caller)
        if !session.output.json { session.caller.write(.error, ChangeText.lines(answer, style)) }
        if let operation = answer.operation, !noWait {
            answer.operation = try await session.follow(operation)
            if !session.output.json { try await sayHowToConnect(name, answer, in: session) }
        } else if let operation = answer.operation {
            session.output.note("Continues as operation \(operation.id); `roost wait SERVICE` waits for it")
        } else {
            session.output.note("No changes: the services in \(file.name) are up to date")
        }
        try session.output.showIfJSON(.changes(answer))
    }

    private func send(
        _ file: BuildFile, to name: ApplicationName, in session: Session
    ) async throws(Problem) -> PushAnswer {
        do {
            return try await send(file, to: name, yes: yes, in: session)
        } catch let error where error.code == .confirmationNeeded && !yes {
            try session.confirm(error.message, name: name.rawValue, yes: false)
            return try await send(file, to: name, yes: true, in: session)
        }
    }

    /// Pushes until the daemon has all sources. The first answer names the services that need sources; the second,
    /// given the sources' digests, names the archives to send.
    private func send(
        _ file: BuildFile, to name: ApplicationName, yes: Bool, in session: Session
    ) async throws(Problem) -> PushAnswer {
        let folder = self.folder(from: session.caller.directory)
        var archives: [String: SourceArchive] = [:]
        // Three requests: without digests, with digests, and after the upload. A daemon that then still lacks a
        // source has lost it.
        for _ in 0..<3 {
            let sources = archives.isEmpty ? nil : archives.mapValues(\.digest)
            let answer = try await session.client.push(
                name,
                PushRequest(
                    buildFile: file.text, fileName: file.name, dryRun: dryRun ? true : nil, yes: yes ? true : nil,
                    sources: sources, installPackages: installPackages ? true : nil))
            if answer.neededSources.isEmpty { return answer }
            for needed in answer.neededSources {
                if let archive = archives[needed.service] {
                    try await session.client.put(archive, of: name)
                } else {
                    let place = URL(filePath: folder, directoryHint: .isDirectory).appending(path: needed.approot)
                    archives[needed.service] = try SourceArchive.make(
                        of: place.path(percentEncoded: false), for: session.caller)
                }
            }
        }
        throw Problem(.failed, "the daemon keeps asking for the source", next: ["roost push"])
    }

    private func sayHowToConnect(
        _ name: ApplicationName, _ answer: PushAnswer, in session: Session
    ) async throws(Problem) {
        let created = Set(answer.changes.filter { $0.kind == .create }.map(\.service))
        for service in try await session.client.application(name).services
        where created.contains(service.service) {
            let output = session.output
            guard service.ports.isEmpty, service.type != "custom" else {
                output.note("\(service.service) is \(service.state.rawValue)")
                for port in service.ports { output.note("  \(port.name): \(port.url)") }
                continue
            }
            output.note(
                "\(service.service) is \(service.state.rawValue) at \(service.endpoint.host):\(service.endpoint.port)")
            output.note("  roost run \(service.service)    opens its client")
            output.note("  roost url \(service.service)    prints its URL, including the password")
        }
    }
}

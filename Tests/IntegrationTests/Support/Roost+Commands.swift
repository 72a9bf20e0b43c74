import Foundation
import RoostAPI
import RoostModel
import Testing

extension Roost {
    /// Runs `roost` with this home. `in` is the working folder; by default one without a build file or a link.
    func roost(
        _ arguments: String..., in directory: String? = nil, input: String = "", environment: [String: String] = [:],
        patience: Duration = .seconds(120)
    ) async throws -> Outcome {
        try await roost(
            arguments, in: directory, input: input, environment: environment, patience: patience)
    }

    func roost(
        _ arguments: [String], in directory: String? = nil, input: String = "", environment: [String: String] = [:],
        patience: Duration = .seconds(120)
    ) async throws -> Outcome {
        let command = inside([Programs.roost] + arguments, directory: directory ?? folder)
        return try await Command.run(
            command[0], Array(command.dropFirst()),
            environment: environment.merging(["ROOST_HOME": home, "HOME": folder]) { given, _ in given },
            in: directory ?? folder, input: input, patience: patience)
    }

    /// Runs `roost … --json`, expects status 0, and reads the document.
    func json<Value: Decodable>(
        _ type: Value.Type = Value.self, _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Value {
        let outcome = try await roost(arguments + ["--json"])
        try #require(outcome.status == 0, "\(outcome)", sourceLocation: sourceLocation)
        return try JSON.decode(type, from: Data(outcome.output.utf8))
    }

    /// The error that a command with `--json` ended with.
    func problem(
        _ arguments: String..., in directory: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> (status: Int32, error: ProblemBody.Content) {
        let outcome = try await roost(arguments + ["--json"], in: directory)
        // With --json the error is the one document, wherever a caller looks for it.
        let text = outcome.output.isEmpty ? outcome.errors : outcome.output
        let body = try #require(
            try? JSON.decode(ProblemBody.self, from: Data(text.utf8)), "\(outcome)", sourceLocation: sourceLocation)
        return (outcome.status, body.error)
    }

    // MARK: Applications

    /// The folder of an application, with `buildFile` as its roost.yml.
    func applicationFolder(_ application: String, buildFile: String) throws -> String {
        let directory = "\(folder)/src/\(application)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try Data(buildFile.utf8).write(to: URL(filePath: "\(directory)/roost.yml"), options: .atomic)
        return directory
    }

    /// Creates the application if it does not exist, and pushes the file.
    @discardableResult
    func push(
        _ buildFile: String, to application: String = "ramen", yes: Bool = false,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Outcome {
        let outcome = try await tryPush(buildFile, to: application, yes: yes)
        try #require(outcome.status == 0, "\(outcome)", sourceLocation: sourceLocation)
        return outcome
    }

    /// Pushes as `push` does, for files that should be refused.
    func tryPush(_ buildFile: String, to application: String = "ramen", yes: Bool = false) async throws -> Outcome {
        let directory = try applicationFolder(application, buildFile: buildFile)
        let created = try await roost("create", application, in: directory)
        guard created.status == 0 else { return created }
        return try await roost(["push"] + (yes ? ["--yes"] : []), in: directory)
    }

    /// What `roost info SERVICE --json` prints, asked of the API: tests ask often, and starting a program takes
    /// most of the time. `RoostCLITests` holds that the command prints the answer.
    func info(
        _ service: String = "data", in application: String = "ramen", showPassword: Bool = false,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> ServiceInfo {
        let id = ServiceID(try ApplicationName(application), try ServiceName(service))
        let query = showPassword ? "?show_password=true" : ""
        let answer = try await api("GET", ServiceEndpoints.show.path(id) + query)
        try #require(answer.status == 200, "\(answer.status) \(answer.text)", sourceLocation: sourceLocation)
        return try JSON.decode(ServiceInfo.self, from: answer.body)
    }

    /// Waits until the service is as desired, by the command that scripts would use.
    func waitReady(
        _ service: String = "data", in application: String = "ramen", sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let outcome = try await roost("wait", service, "-A", application, "--for", "ready", "--timeout", "60s")
        try #require(outcome.status == 0, "\(outcome)", sourceLocation: sourceLocation)
    }

    /// The process id of the service's only server.
    func pid(
        _ service: String = "data", in application: String = "ramen", sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Int32 {
        let info = try await info(service, in: application, sourceLocation: sourceLocation)
        return try #require(info.instances.first?.pid, "\(info)", sourceLocation: sourceLocation)
    }
}

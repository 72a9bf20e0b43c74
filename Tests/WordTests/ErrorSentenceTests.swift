import ArgumentParser
import AsyncHTTPClient
import Foundation
import GRDB
import HTTPTypes
import NIOCore
import NIOPosix
import Testing
import Yams

@testable import RoostAgent
@testable import RoostAgentProtocol
@testable import RoostCLI
@testable import RoostControl
@testable import RoostControlPlane
@testable import RoostDumps
@testable import RoostEngines
@testable import RoostGuard
@testable import RoostHost
@testable import RoostInstalling
@testable import RoostModel
@testable import RoostRouter
@testable import RoostSecrets
@testable import RoostServer
@testable import RoostStore
@testable import RoostSupervise

/// No error, of Roost's or of a package it uses, reaches users as the text that Swift prints of a value.
@Suite struct ErrorSentenceTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        /// The type's name as declared: `HostError`, `RouterFeed.Failure`.
        let type: String
        let error: any Error
        var testDescription: String { "\(type): \(String(reflecting: error).prefix(60))" }

        init(_ error: any Error) {
            self.error = error
            // The name without the module, and without the marks of a nested type's context.
            type = String(reflecting: Swift.type(of: error)).split(separator: ".").dropFirst().joined(separator: ".")
        }
    }

    static let own: [Sample] =
        ([
            Problem(.failed, "the disk is gone"), InvalidName(kind: "service", text: "X", allowed: "a-z"),
            BuildFileInvalid(diagnostics: [Diagnostic(file: "roost.yml", line: 1, key: "a", message: "is unknown")]),
            HostError.noSpace(path: "/srv"), PoolRefusal.notMounted("/srv/pool"),
            ListenError(host: "h", port: 1, reason: "in use"), SecretsError.missing(path: "/srv/key"),
            StoreError.conflict(key: "services/a"), InstallError.notThere(path: "/x"), TreeFault.climbs,
            TarHeader.Fault.checksum, EngineError.notReachable("no socket"),
            UnresolvedEngine.notHere(.mysql, nil, found: []), MongoFault(code: 11, message: "no"),
            PostgreSQLFault.silent, WindowFault.tooLong, StatementFault.withinTransaction,
            ClientFault(code: 1045, message: "denied"), RedisFault.unanswered("gone"), HostFailure("could not start"),
            RouterFeed.Failure.notRunning("it ended"), RouterConnection.Failure.unreachable("no socket"),
            Gathering.Stop.leave, GatheredFile.Failure.changed,
            RouterError.lockUnusable("held"), Predecessor.Failure.unreadable("half a line"),
            ListeningSocket.Failure.other(step: "bind", errno: EACCES),
            RouterLock.Failure.failed(path: "/x", errno: EACCES),
            TableFile.Failure.notEncoded("no"), LocalSocketError.step("bind", path: "/x", errno: EACCES),
            HandoverRefusal.underWay, AgentSilence("lost on its way"),
            Refusal(Problem(.forbidden, "not yours"), status: .forbidden, headers: [:]),
            MyaasForm.BadTime(text: "soon"), Program.Failure(status: 127, message: "no psql here"),
            InvalidArgument("write SERVICE"), PushPlan.UpgradeRefused("too old"), FreezeFailure("no cgroup"),
            ProgramFile.Unreadable(line: 3), SystemError(EACCES),
        ] as [any Error]).map(Sample.init)

    static func foreign() -> [any Error] {
        var errors: [any Error] = [
            CancellationError(), POSIXError(.EACCES), CocoaError(.fileReadNoSuchFile), CocoaError(.fileWriteOutOfSpace),
            CocoaError(.propertyListReadCorrupt), HTTPClientError.connectTimeout,
            HTTPClientError.remoteConnectionClosed,
            IOError(errnoCode: ECONNREFUSED, reason: "connect"), ChannelError.connectTimeout(.seconds(5)),
            ChannelError.alreadyClosed, EventLoopError.shutdown, NIOTooManyBytesError(maxBytes: 5),
            DatabaseError(message: "no such table: a", sql: "select secret from a"),
            ValidationError("a name is missing"),
            YamlError.dataCouldNotBeDecoded(encoding: .utf8), YamlError.no, NSError(domain: "Other", code: 7),
        ]
        for (type, text) in [
            (PushRequest.self as any Decodable.Type, #"{"sources": {"api": "x"}}"#), (PushRequest.self, "{"),
            (CloneRequest.self, #"{"source": 5}"#), (CloneRequest.self, "{}"), (CloneRequest.self, "[]"),
            (ScaleRequest.self, #"{"instances": 1.5}"#), (OperationInfo.Step.self, #"{"name": null}"#),
        ] {
            do { _ = try JSONDecoder().decode(type, from: Data(text.utf8)) } catch { errors.append(error) }
        }
        do { _ = try FileHandle(forReadingFrom: URL(filePath: "/no/such/file")) } catch { errors.append(error) }
        do { _ = try FileManager.default.contentsOfDirectory(atPath: "/no/such") } catch { errors.append(error) }
        do { _ = try JSONEncoder().encode(["a": Double.nan]) } catch { errors.append(error) }
        return errors
    }

    /// Marks of a printed value: an argument's label, a type's name, a module, a source file.
    static func looksRaw(_ text: String) -> Bool {
        text.contains(
            /\w\(\w+: |[A-Za-z]\.[A-Z]\w|\b\w+\.[a-z]+[A-Z]\w*\b|Error Domain|Cannot initialize|\.swift|\.cc|Optional\(|Context\(|\[\]/
        )
            || text.contains(/\b[a-z]+[A-Z][A-Za-z]*\b/) && !text.contains("roostd")
    }

    @Test(arguments: own)
    func ownErrorsSayWhatHappened(sample: Sample) {
        // The error goes through untyped `any Error`, as in a `catch`.
        do { throw sample.error } catch {
            #expect(!"\(error)".isEmpty)
            #expect(!Self.looksRaw("\(error)"), "\(error)")
            #expect("\(error)" == error.sentence)
        }
    }

    @Test func foreignErrorsSayWhatHappened() {
        for error in Self.foreign() {
            #expect(!Self.looksRaw("\(error)"), "\(String(reflecting: error)) → \(error)")
            #expect("\(error)".count > 8)
        }
    }

    @Test(arguments: [
        (
            "field 'sources.api' is invalid: a digest has 64 lower-case hexadecimal digits",
            #"{"sources": {"api": "x"}, "build_file": "a", "file_name": "b"}"#
        ),
        ("field 'build_file' must be text", #"{"build_file": 5}"#), ("field 'build_file' is missing", "{}"),
        ("it is not valid JSON", "{"),
        ("field 'dry_run' must be true or false", #"{"build_file": "a", "file_name": "b", "dry_run": "yes"}"#),
    ])
    func bodiesAreRefusedInWords(sentence: String, body: String) {
        let problem = #expect(throws: Problem.self) { try JSON.request(PushRequest.self, from: Data(body.utf8)) }
        #expect(problem?.message == "invalid request body: \(sentence)")
    }

    @Test func theStatementOfADatabaseErrorIsNotTold() {
        let error: any Error = DatabaseError(message: "no such table: a", sql: "select 'secret' from a")
        #expect(!"\(error)".contains("secret"))
    }

    @Test func everyErrorTypeOfTheSourcesHasASample() throws {
        var declared: [String] = []
        for file in try SourceFile.all() {
            for match in file.text.matches(of: /(?:enum|struct|class|extension) ([A-Za-z.]+): [^{\n]*\bError\b/) {
                declared.append(String(match.1))
            }
        }
        // Private error types, which only their own file can make.
        let unreachable: Set = ["Unreadable", "Unwelcome", "Absence"]
        let known = Set(Self.own.compactMap { $0.type.split(separator: ".").last.map(String.init) })
        #expect(declared.filter { !known.contains($0) && !unreachable.contains($0) } == [])
        #expect(declared.count > 30)
    }

    @Test func everyErrorTypeDescribesItself() throws {
        let own = /(?:enum|struct|class) ([A-Za-z]+): ([^{\n]*\bError\b[^{\n]*)\{/
        let files = try SourceFile.all()
        let described = Set(
            files.flatMap {
                $0.text.matches(of: /(?:enum|extension) (\w+): [^{\n]*CustomStringConvertible/).map { String($0.1) }
            })
        for file in files {
            for match in file.text.matches(of: own) {
                #expect(
                    match.2.contains("CustomStringConvertible") || described.contains(String(match.1)),
                    "\(file.path): \(match.1) has no description")
            }
        }
    }

    /// The interpolation that puts errors into sentences is RoostModel's: without its import Swift prints the value.
    @Test func everyFileThatInterpolatesAnErrorImportsTheModel() throws {
        for file in try SourceFile.all() where !["RoostModel", "RoostSupervise", "RoostGuard"].contains(file.room) {
            if file.text.contains(/\\\((?:error|failure|fault)\)/) {
                #expect(file.text.contains("import RoostModel\n"), "\(file.path)")
            }
        }
    }

    /// The other ways in which Swift's own text of an error gets into a message.
    @Test func noFilePrintsAnErrorPastItsSentence() throws {
        let past =
            /localizedDescription|String\(describing: *error|String\(reflecting: *error|\berror\.debugDescription|dump\(error/
        for file in try SourceFile.all() where !file.path.hasSuffix("ErrorSentence.swift") {
            #expect(!file.text.contains(past), "\(file.path)")
        }
    }
}

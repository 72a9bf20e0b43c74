import Foundation
import RoostHost
import RoostModel

@testable import RoostInstalling

/// A folder for one test, gone afterwards.
struct WorkFolder {
    let path: String

    static func with<Value>(_ body: (WorkFolder) async throws -> Value) async throws -> Value {
        let folder = try WorkFolder()
        defer { folder.remove() }
        return try await body(folder)
    }

    private init() throws {
        path = "/tmp/roost-add-\(UUID().uuidString.prefix(8))"
        // The unprivileged user passes through the folder.
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
    }

    private func remove() {
        // A test that failed may have removed the folder.
        try? FileManager.default.removeItem(atPath: path)
    }

    func write(_ bytes: [UInt8], to name: String) throws -> String {
        try Data(bytes).write(to: URL(filePath: "\(path)/\(name)"))
        return "\(path)/\(name)"
    }

    func makeFolder(_ name: String) throws -> String {
        try FileManager.default.createDirectory(
            atPath: "\(path)/\(name)", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        return "\(path)/\(name)"
    }

    /// All names below a folder.
    static func names(_ folder: String) -> [String] {
        (FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []).sorted()
    }

    /// The user that runs the programs of added builds.
    static var user: ServerUser? { geteuid() == 0 ? ServerUsers.pool().last : nil }

    /// Control groups of this test program, for trial servers.
    static let groups = ControlGroups.detect(homeTag: "add-\(getpid())")

    /// Runs a program of the machine and expects it to succeed.
    static func run(_ program: String, _ arguments: [String], in folder: String = "/") throws {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: folder)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed(words: "\(program) \(arguments)") }
    }

    struct Failed: Error { let words: String }
}

/// The error's text; nil: there was no error.
func refusal<Value>(_ work: () throws(InstallError) -> Value) -> String? {
    do throws(InstallError) {
        _ = try work()
        return nil
    } catch {
        return "\(error)"
    }
}

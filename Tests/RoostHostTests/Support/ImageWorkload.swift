import Foundation
import Testing

@testable import RoostHost

/// A server that writes to a directory on XFS or another file system, in a way that shows whether an image is of one
/// moment (`Tests/clients/image_workload.py`).
struct ImageWorkload: Sendable {
    /// The file system.
    let disk: String
    let server: FreezableServer

    var data: String { disk + "/data" }

    func take(
        to target: String, maxPause: Duration = .seconds(1), subject: FreezeSubject? = nil
    ) throws(HostError) -> LiveImage.Outcome {
        let image = LiveImage(guardProgram: Programs.freezeGuard, subject: subject ?? server.subject)
        return try image.take(from: data, to: target, maxPause: maxPause)
    }

    /// Takes an image, has it checked against what was written before and after, and returns what it cost.
    @discardableResult
    func checked(_ name: String, maxPause: Duration = .seconds(5)) async throws -> LiveImage.Report {
        try await onOwnThread { try check(name, maxPause: maxPause) }
    }

    private func check(_ name: String, maxPause: Duration) throws -> LiveImage.Report {
        let before = try Self.run(["look", data])
        let outcome = try take(to: "\(disk)/\(name)", maxPause: maxPause)
        let after = try Self.run(["look", data])
        guard case .taken(let report) = outcome else {
            throw HostError.unfitFile(path: data, reason: "was too slow for an image: \(outcome)")
        }
        try Self.run(["check", "\(disk)/\(name)", before, after])
        return report
    }

    @discardableResult
    static func run(_ arguments: [String]) throws -> String {
        try shell(([script] + arguments).map { "'\($0)'" }.joined(separator: " ")).trimmingCharacters(in: .newlines)
    }

    static let script = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "../../clients/image_workload.py"
    ).standardized.path

    static let isPossible = MountNamespace.hasXFS && access("/usr/bin/python3", X_OK) == 0

    static func with<Result>(
        isolation: isolated (any Actor)? = #isolation, _ freezing: Freezing, megabytes: Int = 512,
        options: String = "", mounts: String? = nil, _ body: (ImageWorkload) async throws -> Result
    ) async throws -> Result {
        try await withFolder { folder in
            try await MountNamespace.with(script: mounts ?? MountNamespace.xfs(megabytes: megabytes), in: folder) {
                root in
                let disk = root + "/disk"
                try Storage.makeRoot(disk + "/data")
                let command = "exec '\(script)' write '\(disk)/data' \(options)"
                return try await withFreezable(freezing, script: { _ in command }) { server in
                    let workload = ImageWorkload(disk: disk, server: server)
                    let isReady = try await eventually(within: .seconds(60)) {
                        access(workload.data + "/ready", F_OK) == 0
                    }
                    try #require(isReady, "the writer did not start")
                    return try await body(workload)
                }
            }
        }
    }
}

import Foundation
import RoostHost
import RoostModel
import Testing

let isRoot = geteuid() == 0

/// Runs a test in a folder of its own, which is gone afterwards. Other users may pass through the folder: servers run
/// as another user.
func withFolder<Result>(
    isolation: isolated (any Actor)? = #isolation, _ body: (String) async throws -> Result
) async throws -> Result {
    let folder = "/tmp/roost-host-\(UInt32.random(in: .min ... .max))"
    try Storage.makeFolder(folder, mode: 0o755)
    defer {
        // A test that failed may have left the folder in any state; its own failure is the one to report.
        try? Storage.removeTree(folder, within: "/tmp")
    }
    return try await body(folder)
}

func write(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path))
}

func read(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
}

func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
}

/// Polls a condition that no event reports; fails the test if the condition never becomes true.
func eventually(
    isolation: isolated (any Actor)? = #isolation, within limit: Duration = .seconds(20), _ condition: () throws -> Bool
) async throws -> Bool {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if try condition() { return true }
        try await Task.sleep(for: .milliseconds(5))
    }
    return try condition()
}

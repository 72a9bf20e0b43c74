import Foundation
import RoostModel
import Testing

/// Runs `body` with a roostd of its own; afterwards stops everything, also when `body` failed, and fails the test if
/// anything is left: a process, a mount, a control group, a socket folder.
func withRoost<Result>(
    arguments: [String] = ["--ready", "0"], mounts: MountPlan = .shared, startsDaemon: Bool = true,
    among turnstile: Turnstile = .daemons,
    sourceLocation: SourceLocation = #_sourceLocation, _ body: (Roost) async throws -> Result
) async throws -> Result {
    await turnstile.enter()
    let began = ContinuousClock.now
    let outcome = await attempt {
        try await runRoost(
            arguments: arguments, mounts: mounts, startsDaemon: startsDaemon, sourceLocation: sourceLocation, body)
    }
    await turnstile.leave()
    // The runner's own times begin before the turnstile.
    print("▸ \((ContinuousClock.now - began).components.seconds) s for the roostd of \(sourceLocation)")
    return try outcome.get()
}

private func runRoost<Result>(
    arguments: [String], mounts: MountPlan, startsDaemon: Bool, sourceLocation: SourceLocation,
    _ body: (Roost) async throws -> Result
) async throws -> Result {
    let roost = try await makeRoost(try PortSlot(), arguments: arguments, mounts: mounts)
    let outcome = await attempt {
        if startsDaemon { try await roost.start() }
        return try await body(roost)
    }
    let isFailure = if case .failure = outcome { true } else { false }
    let log = roost.logTail
    let left = await roost.cleanUp()
    for finding in left { Issue.record("left behind: \(finding)", sourceLocation: sourceLocation) }
    if isFailure || !left.isEmpty { print("--- the end of roostd's log, \(sourceLocation) ---\n\(log)\n---") }
    return try outcome.get()
}

private func attempt<Value>(_ work: () async throws -> Value) async -> Swift.Result<Value, any Error> {
    do {
        return .success(try await work())
    } catch {
        return .failure(error)
    }
}

/// The file systems that a test needs.
enum MountPlan {
    /// The machine's own mounts.
    case shared
    /// A mount namespace in which the test may cover files.
    case own
    /// A home on a file system of its own, of so many megabytes.
    case smallDisk(megabytes: Int)
    /// A home on a btrfs of its own, of so many megabytes.
    case btrfs(megabytes: Int)
}

private func makeRoost(_ slot: PortSlot, arguments: [String], mounts plan: MountPlan) async throws -> Roost {
    var template = Array("/tmp/rXXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Unexpected("no temporary folder: errno \(errno)") }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    chmod(folder, 0o755)
    let home = "\(folder)/home"
    mkdir(home, 0o755)
    do {
        let mounts: PrivateMounts? =
            switch plan {
            case .shared: nil
            case .own: try await .make()
            case .smallDisk(let megabytes):
                try await .disk(of: "ext4 -q -m 0", at: home, image: "\(folder)/disk.img", megabytes: megabytes)
            case .btrfs(let megabytes):
                try await .disk(of: "btrfs -q", at: home, image: "\(folder)/disk.img", megabytes: megabytes)
            }
        return Roost(folder: folder, ports: slot, mounts: mounts, arguments: arguments)
    } catch {
        try FileManager.default.removeItem(atPath: folder)
        throw error
    }
}

extension Roost {
    /// Stops everything and removes the folder. Returns what was left although nothing should be.
    fileprivate func cleanUp() async -> [String] {
        var left: [String] = []
        do {
            // A test may have removed a server's files.
            let outcome = try await stop(services: true, force: true)
            if outcome.status != 0 { left.append("roostd stop failed: \(outcome)") }
        } catch {
            left.append("roostd stop: \(error)")
        }
        left += processes.map { "process \($0)" }
        left += Leftovers.mounts(below: folder)
        left += Leftovers.contents(ofHome: home)

        // Leftovers are reported; they must not disturb the tests that follow.
        for process in processes { kill(process.pid, SIGKILL) }
        Leftovers.removeFolders(ofHome: home)
        try? mounts?.release()  // Closed twice at worst.
        do {
            try FileManager.default.removeItem(atPath: folder)
        } catch {
            left.append("the folder \(folder): \(error)")
        }
        return left + (await Leftovers.forgetUsers(ofHome: home))
    }
}

/// A second roostd within a test that has one already. It takes no further place: two tests that each held one and
/// waited for another would wait for ever.
func withSecondRoost<Result>(
    sourceLocation: SourceLocation = #_sourceLocation, _ body: (Roost) async throws -> Result
) async throws -> Result {
    try await runRoost(
        arguments: [], mounts: .shared, startsDaemon: true, sourceLocation: sourceLocation, body)
}

import Foundation
import RoostHost
import RoostModel
import Synchronization

/// Facts that server programs report about themselves, asked once for each file as long as it stays the same.
final class InspectedPrograms: Sendable {
    struct Facts: Sendable {
        let version: EngineVersion
        let folders: [String: String]
    }

    private struct Stamp: Equatable {
        let inode: UInt64
        let size: Int64
        let changed: Int
    }

    private let known = Mutex<[String: (stamp: Stamp, facts: Facts?)]>([:])
    private let arguments: @Sendable (_ root: String) -> [String]
    private let read: @Sendable (_ output: String, _ root: String) -> Facts?

    /// `arguments` make a program of the release at `root` print a text that `read` parses, and end.
    init(
        arguments: @escaping @Sendable (_ root: String) -> [String],
        read: @escaping @Sendable (_ output: String, _ root: String) -> Facts?
    ) {
        self.arguments = arguments
        self.read = read
    }

    /// Nil if the program is missing, or is no server that reports its version.
    func facts(_ program: String, root: String) -> Facts? {
        var status = stat()
        guard stat(program, &status) == 0 else { return nil }
        let stamp = Stamp(inode: UInt64(status.st_ino), size: Int64(status.st_size), changed: status.st_mtim.tv_sec)
        // The lock is not held while a program runs, so two concurrent callers may each run it.
        if let entry = known.withLock({ $0[program] }), entry.stamp == stamp { return entry.facts }
        // If the host could not run the program just now, there is no answer, and the next call asks again.
        guard let answer = ask(program, root: root) else { return nil }
        let facts = read(answer, root)
        known.withLock { $0[program] = (stamp, facts) }
        return facts
    }

    /// Programs that a user brought do not run as root, least of all before they are verified.
    private static let nobody = ServerUser(name: "nobody", uid: 65534, gid: 65534)

    /// Nil if the program could not be run, or did not end by itself with success.
    private func ask(_ program: String, root: String) -> String? {
        let bounded = BoundedProgram(
            program: program, arguments: arguments(root), environment: ["LC_ALL": "C", "PATH": "/usr/bin:/bin"],
            user: root == "/usr" ? nil : Self.nobody, patience: .seconds(10), longestOutput: 4 << 20)
        // After any failure the output counts for nothing.
        guard let end = try? bounded.runNow(), end.status.isSuccess else { return nil }
        return end.output
    }

    /// For programs whose `--version` reports all that is needed.
    static func versions(_ read: @escaping @Sendable (_ output: String) -> EngineVersion?) -> InspectedPrograms {
        InspectedPrograms(
            arguments: { _ in ["--version"] },
            read: { output, _ in read(output).map { Facts(version: $0, folders: [:]) } })
    }

    func version(_ program: String, root: String) -> EngineVersion? { facts(program, root: root)?.version }
}

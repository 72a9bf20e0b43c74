import Foundation
import RoostHost
import RoostModel
import Synchronization

/// What server programs say of themselves, asked once for each file as long as it stays the same.
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

    /// `arguments` make a program of the build at `root` print what `read` understands, and end.
    init(
        arguments: @escaping @Sendable (_ root: String) -> [String],
        read: @escaping @Sendable (_ output: String, _ root: String) -> Facts?
    ) {
        self.arguments = arguments
        self.read = read
    }

    /// Nil: not there, or no server that says its version.
    func facts(_ program: String, root: String) -> Facts? {
        var status = stat()
        guard stat(program, &status) == 0 else { return nil }
        let stamp = Stamp(inode: UInt64(status.st_ino), size: Int64(status.st_size), changed: status.st_mtim.tv_sec)
        // Two that ask at once both run the program, once: the lock is not held while it runs.
        if let entry = known.withLock({ $0[program] }), entry.stamp == stamp { return entry.facts }
        // Without an answer, because this machine could not run it just now, it is asked again the next time.
        guard let answer = ask(program, root: root) else { return nil }
        let facts = read(answer, root)
        known.withLock { $0[program] = (stamp, facts) }
        return facts
    }

    /// What somebody brought does not run as root, least of all before it is proven.
    private static let nobody = ServerUser(name: "nobody", uid: 65534, gid: 65534)

    /// Nil: it could not be run, or did not end by itself and well.
    private func ask(_ program: String, root: String) -> String? {
        let bounded = BoundedProgram(
            program: program, arguments: arguments(root), environment: ["LC_ALL": "C", "PATH": "/usr/bin:/bin"],
            user: root == "/usr" ? nil : Self.nobody, patience: .seconds(10), longestOutput: 4 << 20)
        // Whatever went wrong, it said nothing that counts.
        guard let end = try? bounded.runNow(), end.status.isSuccess else { return nil }
        return end.output
    }

    /// For programs whose `--version` says all that is needed of them.
    static func versions(_ read: @escaping @Sendable (_ output: String) -> EngineVersion?) -> InspectedPrograms {
        InspectedPrograms(
            arguments: { _ in ["--version"] },
            read: { output, _ in read(output).map { Facts(version: $0, folders: [:]) } })
    }

    func version(_ program: String, root: String) -> EngineVersion? { facts(program, root: root)?.version }
}

import Foundation
import Testing

/// A mount namespace for one test. Its mounts are visible to no other process, and when the last process in it has
/// ended, the kernel unmounts everything and frees loop devices, whatever became of the test.
struct PrivateMounts: Sendable {
    /// A process that keeps the namespace while the test runs.
    let holder: Int32
    private let holderInput: FileHandle

    /// The start of a command line that runs in the namespace.
    var enter: [String] { ["/usr/bin/nsenter", "--target", "\(holder)", "--mount", "--wd", "--"] }

    /// Makes a namespace and runs a shell script in it. Throws where the machine does not allow it.
    static func make(_ script: String = "true") async throws -> PrivateMounts {
        // The shell reads from a pipe whose other end only this process has, so the shell ends when the test does.
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = URL(filePath: "/usr/bin/unshare")
        process.arguments = [
            "--mount", "--propagation", "private", "/bin/sh", "-c", "\(script) && echo done; read -r line",
        ]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let answer = output.fileHandleForReading.availableData
        guard String(decoding: answer, as: UTF8.self).hasPrefix("done") else {
            throw Unexpected("this machine does not let a test mount: \(script)")
        }
        return PrivateMounts(holder: process.processIdentifier, holderInput: input.fileHandleForWriting)
    }

    /// A file system of some megabytes at `mountPoint`, in a namespace of its own. `kind`: the type for mkfs.
    static func disk(
        of kind: String, at mountPoint: String, image: String, megabytes: Int
    ) async throws -> PrivateMounts {
        try await Command.run(
            "/bin/sh", ["-c", "truncate -s \(megabytes)M \(image) && mkfs.\(kind) \(image)"]
        ).expectSuccess()
        return try await make("mount -o loop \(image) \(mountPoint) && chmod 755 \(mountPoint)")
    }

    /// Releases the namespace. No process may run in it any more.
    func release() throws { try holderInput.close() }

    /// A path in the namespace, as seen from outside of it.
    func outsideView(_ path: String) -> String { "/proc/\(holder)/root\(path)" }

    func run(_ program: String, _ arguments: String...) async throws -> Outcome {
        try await Command.run(enter[0], Array(enter.dropFirst()) + [program] + arguments)
    }
}

import Foundation
import RoostHost
import Testing

/// File systems that only this test sees, mounted in a namespace of their own that ends with the process that holds it.
struct MountNamespace {
    /// The machine's root as seen from within: `<root>/tmp/…`.
    let root: String

    static let isPossible = isRoot && access("/usr/bin/unshare", X_OK) == 0
    static let hasXFS = isPossible && access("/usr/sbin/mkfs.xfs", X_OK) == 0

    /// Runs a shell script in a new namespace, in `folder`, and calls `body` once it has ended well.
    static func with<Result>(
        isolation: isolated (any Actor)? = #isolation, script: String, in folder: String,
        _ body: (String) async throws -> Result
    ) async throws -> Result {
        let holder = Process()
        holder.executableURL = URL(filePath: "/usr/bin/unshare")
        holder.arguments = ["--mount", "--propagation", "private", "/bin/sh", "-ec", script + "\necho ready; read end"]
        holder.currentDirectoryURL = URL(filePath: folder)
        let input = Pipe()
        let output = Pipe()
        holder.standardInput = input
        holder.standardOutput = output
        try holder.run()
        defer {
            // The holder waits for this end of input, and would see it as well if this process died.
            try? input.fileHandleForWriting.close()
            holder.waitUntilExit()
        }
        let said = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        try #require(said == "ready\n", "the namespace could not be set up")
        return try await body("/proc/\(holder.processIdentifier)/root\(folder)")
    }

    static let hasBtrfs = isPossible && access("/usr/sbin/mkfs.btrfs", X_OK) == 0

    static func btrfs(megabytes: Int = 320) -> String {
        """
        truncate -s \(megabytes)M image
        mkfs.btrfs -q image >/dev/null
        mkdir disk
        mount -o loop,noatime image disk
        """
    }

    static let xfs = xfs(megabytes: 320)

    static func xfs(megabytes: Int) -> String {
        """
        truncate -s \(megabytes)M image
        mkfs.xfs -q -m reflink=1 image
        mkdir disk
        mount -o loop image disk
        """
    }
}

import Foundation
import Glibc
import RoostModel

/// An archive's bytes, uncompressed by a program of the machine that runs as an unprivileged user and is given the open
/// file and a pipe, nothing else.
final class ArchiveStream {
    private let process: Process?
    private let descriptor: Int32
    private let errors: Pipe
    private let stop: StopSign
    private let path: String

    init(_ source: Source, _ compression: Compression, user: ServerUser?, stop: StopSign) throws(InstallError) {
        path = source.path
        self.stop = stop
        errors = Pipe()
        let file = open(source.path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw .unreadable(path: source.path, reason: String(cString: strerror(errno)))
        }
        guard let command = compression.command else {
            descriptor = file
            process = nil
            return
        }
        defer { close(file) }
        guard FileManager.default.isExecutableFile(atPath: command.program) else {
            throw .programMissing((command.program as NSString).lastPathComponent, package: command.package)
        }
        let output = Pipe()
        let words =
            user.map { Unprivileged.words([command.program] + command.arguments, as: $0) }
            ?? [command.program] + command.arguments
        let process = Process()
        process.executableURL = URL(filePath: words[0])
        process.arguments = Array(words.dropFirst())
        process.environment = ["LC_ALL": "C", "PATH": "/usr/bin:/bin"]
        process.currentDirectoryURL = URL(filePath: "/")
        process.standardInput = FileHandle(fileDescriptor: file, closeOnDealloc: false)
        process.standardOutput = output
        process.standardError = errors
        do { try process.run() } catch { throw .failed("\(command.program) could not be run: \(error)") }
        // The pipe's own handle closes its end with it.
        descriptor = dup(output.fileHandleForReading.fileDescriptor)
        self.process = process
    }

    deinit {
        close(descriptor)
        // A reader that has seen enough leaves the program with nobody to write to.
        if let process, process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process?.waitUntilExit()
    }

    func read(_ buffer: UnsafeMutableRawBufferPointer) throws(InstallError) -> Int {
        while true {
            guard !stop.isSet else { throw .cancelled }
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
            if count == 0 { try complain() }
            return count
        }
    }

    /// Reads to the end, which is near behind an archive's own.
    func drain() throws(InstallError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { buffer.deallocate() }
        for _ in 0..<64 where try read(buffer) == 0 { return }
        throw .damaged("much more follows behind its end")
    }

    /// At the end of the bytes: whether the program says that there should have been more.
    private func complain() throws(InstallError) {
        guard let process else { return }
        process.waitUntilExit()
        guard process.terminationStatus != 0 || process.terminationReason != .exit else { return }
        // Without its words its status has to do.
        let words = (try? errors.fileHandleForReading.read(upToCount: 2000)) ?? Data()
        let text = String(decoding: words, as: UTF8.self).split(separator: "\n").prefix(3).joined(separator: "; ")
        throw .damaged(text.isEmpty ? "it could not be uncompressed" : text)
    }
}

/// Commands that run as another user where the caller is root.
enum Unprivileged {
    /// `setpriv` takes the user on, which every Linux has.
    static func words(_ command: [String], as user: ServerUser) -> [String] {
        guard geteuid() == 0, user.uid != 0 else { return command }
        return ["/usr/bin/setpriv", "--reuid=\(user.uid)", "--regid=\(user.gid)", "--clear-groups", "--no-new-privs"]
            + command
    }
}

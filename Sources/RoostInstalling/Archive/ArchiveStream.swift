import Foundation
import Glibc
import RoostHost
import RoostModel

/// The decompressed bytes of an archive. A system program decompresses them as an unprivileged user, with access only
/// to the open file and a pipe. The program has ended when the stream is gone.
final class ArchiveStream {
    /// Timeout of the decompressor: enough for a large archive on a slow disk.
    private static let longestRun = Duration.seconds(6 * 3600)
    /// Timeout for the program to exit after its last byte.
    private static let grace = Duration.seconds(30)

    /// The running decompressor; nil if the archive is not compressed.
    let program: ProgramRun?
    private let descriptor: Int32
    private let stop: StopSign
    private let path: String

    init(_ source: Source, _ compression: Compression, user: ServerUser?, stop: StopSign) throws(InstallError) {
        path = source.path
        self.stop = stop
        let file = open(source.path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw .unreadable(path: source.path, reason: String(cString: strerror(errno)))
        }
        guard let command = compression.command else {
            descriptor = file
            program = nil
            return
        }
        guard FileManager.default.isExecutableFile(atPath: command.program) else {
            close(file)
            throw .programMissing((command.program as NSString).lastPathComponent, package: command.package)
        }
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            let reason = String(cString: strerror(errno))
            close(file)
            throw .failed("\(command.program) could not be run: \(reason)")
        }
        // Close-on-exec: programs started by Roost inherit only the descriptors that are passed to them.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        descriptor = ends[0]
        // The run closes both descriptors.
        program = ProgramRun(
            BoundedProgram(
                program: command.program, arguments: command.arguments,
                environment: ["LC_ALL": "C", "PATH": "/usr/bin:/bin"], user: user, input: file, givesInput: true,
                output: ends[1], patience: Self.longestRun, longestOutput: 64 << 10))
    }

    deinit {
        close(descriptor)
        // If the reader stops early, the program would block on its output.
        program?.cancel()
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

    /// Reads to the end of the stream, which must follow soon after the archive's end.
    func drain() throws(InstallError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { buffer.deallocate() }
        for _ in 0..<64 where try read(buffer) == 0 { return }
        throw .damaged("too much data follows its end")
    }

    /// At the end of the bytes: throws if the program reports that the input was incomplete or damaged.
    private func complain() throws(InstallError) {
        guard let program else { return }
        switch program.wait(Self.grace) {
        case .success(let end):
            guard end.status != .exited(0) else { return }
            let text = end.errors.split(separator: "\n").prefix(3).joined(separator: "; ")
            // Without an error text, a general message has to suffice.
            throw .damaged(text.isEmpty ? "it could not be decompressed" : text)
        case .failure(let failure): throw .damaged("it could not be decompressed: \(failure)")
        }
    }
}

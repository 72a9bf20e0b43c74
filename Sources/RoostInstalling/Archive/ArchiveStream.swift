import Foundation
import Glibc
import RoostHost
import RoostModel

/// An archive's bytes, uncompressed by a program of the machine that runs as an unprivileged user and is given the open
/// file and a pipe, nothing else. Nothing of the program is left once the stream is gone.
final class ArchiveStream {
    /// As long as a large archive on a slow disk may take.
    private static let longestRun = Duration.seconds(6 * 3600)
    /// How long the program may take to end behind its last byte.
    private static let grace = Duration.seconds(30)

    /// Nil: nothing has to be uncompressed.
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
        // Roost's own programs are given what they are to have, and close the rest.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        descriptor = ends[0]
        // The run closes both.
        program = ProgramRun(
            BoundedProgram(
                program: command.program, arguments: command.arguments,
                environment: ["LC_ALL": "C", "PATH": "/usr/bin:/bin"], user: user, input: file, givesInput: true,
                output: ends[1], patience: Self.longestRun, longestOutput: 64 << 10))
    }

    deinit {
        close(descriptor)
        // A reader that has seen enough leaves the program with nobody to write to.
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

    /// Reads to the end, which is near behind an archive's own.
    func drain() throws(InstallError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { buffer.deallocate() }
        for _ in 0..<64 where try read(buffer) == 0 { return }
        throw .damaged("much more follows behind its end")
    }

    /// At the end of the bytes: whether the program says that there should have been more.
    private func complain() throws(InstallError) {
        guard let program else { return }
        switch program.wait(Self.grace) {
        case .success(let end):
            guard end.status != .exited(0) else { return }
            let text = end.errors.split(separator: "\n").prefix(3).joined(separator: "; ")
            // Without its words its status has to do.
            throw .damaged(text.isEmpty ? "it could not be uncompressed" : text)
        case .failure(let failure): throw .damaged("it could not be uncompressed: \(failure)")
        }
    }
}

import Glibc

/// `roost-supervise supervise FILE` runs and watches a custom service's processes; `roost-supervise run FILE`
/// replaces itself by the file's first command. Both read a `ProgramFile`.
package enum SuperviseProgram {
    private static let longestFile = 8 << 20

    /// Returns the exit status.
    package static func main(_ arguments: [String]) -> Int32 {
        guard arguments.count == 3, ["supervise", "run"].contains(arguments[1]) else {
            return fail("usage: roost-supervise supervise|run FILE", status: 2)
        }
        let file: ProgramFile
        do {
            file = try ProgramFile(try read(arguments[2]))
        } catch {
            return fail("\(arguments[2]): \(error)", status: 2)
        }
        // Files made by the processes are accessible to the service's user alone.
        umask(0o077)
        guard chdir(file.directory) == 0 else {
            return fail("cannot enter \(file.directory): \(SystemError(errno))", status: 126)
        }
        if arguments[1] == "run" {
            guard let process = file.processes.first else { return fail("the file contains no command", status: 2) }
            return fail("\(Spawning.become(process.command, environment: file.environment))", status: 126)
        }
        do {
            try SupervisorLoop(file).run()
            return 0
        } catch {
            return fail("\(error)", status: 1)
        }
    }

    private static func read(_ path: String) throws(SystemError) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError(errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &part, part.count)
            guard count >= 0, bytes.count <= longestFile else { throw SystemError(count < 0 ? errno : EFBIG) }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += part[..<count]
        }
    }

    private static func fail(_ text: String, status: Int32) -> Int32 {
        let line = Array("roost-supervise: \(text)\n".utf8)
        // If standard error cannot be written, there is no other place for the message.
        _ = Glibc.write(STDERR_FILENO, line, line.count)
        return status
    }
}

import Foundation
import Glibc
import Testing

@testable import RoostHost

@Suite
struct BoundedProgramTests {
    /// Many threads each write a program and run it. A file that one thread writes is open for writing in the
    /// children of the other threads until their exec.
    @Test func programsThatWereJustWrittenRun() async throws {
        try await withFolder { folder in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 1...8 {
                    group.addTask {
                        for round in 1...25 {
                            let program = "\(folder)/program-\(writer)-\(round)"
                            try write("#!/bin/sh\necho \(round)\n", to: program)
                            chmod(program, 0o755)
                            let end = try await Self.bounded(program).run()
                            #expect(end.status.isSuccess && end.output == "\(round)\n", "\(end)")
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func aProgramThatStaysOpenForWritingIsNotWaitedForWithoutEnd() async throws {
        try await withFolder { folder in
            let program = "\(folder)/program"
            try write("#!/bin/sh\n", to: program)
            chmod(program, 0o755)
            let file = open(program, O_WRONLY | O_CLOEXEC)
            defer { close(file) }
            await #expect(throws: BoundedProgram.Failure.machine(errno: ETXTBSY)) {
                try await Self.bounded(program).run()
            }
        }
    }

    private static func bounded(_ program: String) -> BoundedProgram {
        BoundedProgram(
            program: program, arguments: [], environment: ["PATH": "/usr/bin:/bin"], patience: .seconds(60),
            longestOutput: 1 << 20)
    }
}

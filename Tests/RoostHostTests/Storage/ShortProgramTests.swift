import Foundation
import Testing

@testable import RoostHost

struct ShortProgramTests {
    private let shell = ShortProgram(name: "sh", package: "dash")

    @Test func tellsWhatAProgramSaid() throws {
        try shell.run(["-c", "echo fine; exit 0"], patience: .seconds(20))
        #expect(throws: HostError.programFailed("sh", said: "one; two")) {
            try shell.run(["-c", "echo one; echo two >&2; exit 3"], patience: .seconds(20))
        }
        #expect(throws: HostError.programFailed("sh", said: "status 3")) {
            try shell.run(["-c", "exit 3"], patience: .seconds(20))
        }
        #expect(throws: HostError.programFailed("sh", said: "status 137")) {
            try shell.run(["-c", "kill -9 $$"], patience: .seconds(20))
        }
    }

    /// The output is more than the pipe and the error's text hold.
    @Test func dropsWhatIsTooMuch() throws {
        let error = try #require(throws: HostError.self) {
            try shell.run(["-c", "head -c 1000000 /dev/zero | tr '\\0' x; exit 1"], patience: .seconds(20))
        }
        #expect(error == .programFailed("sh", said: String(repeating: "x", count: 2047)))
    }

    @Test func givesNoInput() throws {
        try shell.run(["-c", "! read line"], patience: .seconds(20))
    }

    /// The program and all its children are killed.
    @Test func isKilledAfterItsTime() async throws {
        try await withFolder { folder in
            let script = "sleep 1000 & echo $! > \(folder)/pid; wait"
            #expect(throws: HostError.programFailed("sh", said: "it did not finish within 1 s")) {
                try shell.run(["-c", script], patience: .seconds(1))
            }
            let pid = try #require(Int32(try read(folder + "/pid").dropLast()))
            #expect(try await eventually { kill(pid, 0) != 0 || state(of: pid) == "Z" })
        }
    }

    /// A background process that keeps the pipe open is not waited for.
    @Test func endsWithTheProgramAndNotWithItsOutput() throws {
        let before = ContinuousClock.now
        try shell.run(["-c", "setsid sleep 20 & exit 0"], patience: .seconds(15))
        #expect(ContinuousClock.now - before < .seconds(10))
    }

    @Test func tellsWhatIsMissing() {
        let program = ShortProgram(name: "no-such-program", package: "nothing")
        #expect(throws: HostError.programMissing("no-such-program", package: "nothing")) {
            try program.run([], patience: .seconds(1))
        }
    }

    private func state(of pid: Int32) -> Substring? {
        TextFile.read("/proc/\(pid)/stat")?.split(separator: ")").last?.split(separator: " ").first
    }
}

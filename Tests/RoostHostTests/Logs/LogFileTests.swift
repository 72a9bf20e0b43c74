import CHost
import Foundation
import RoostModel
import Testing

@testable import RoostHost

@Suite(.timeLimit(.minutes(2)))
struct LogFileTests {
    private func numbered(_ range: ClosedRange<Int>) -> [String] { range.map { "line \($0) of the log" } }

    /// Describes in one line where two long lists differ; an expectation of their equality would compute for hours
    /// what to print.
    private func firstDifference(_ left: [String], _ right: [String]) -> String? {
        let index = zip(left, right).enumerated().first { $1.0 != $1.1 }?.offset ?? min(left.count, right.count)
        if index == left.count && index == right.count { return nil }
        return
            "at \(index) of \(left.count) and \(right.count): \(left.dropFirst(index).prefix(2)), \(right.dropFirst(index).prefix(2))"
    }

    private func text(_ lines: [String]) -> String { lines.map { $0 + "\n" }.joined() }

    /// All parts, oldest first, and the log.
    private func everything(_ path: String, parts: Int) throws -> String {
        try (1...parts).reversed().map { n in
            FileManager.default.fileExists(atPath: "\(path).\(n)") ? try read("\(path).\(n)") : ""
        }.joined() + read(path)
    }

    /// A server writes all the time, the log rotates all the time, and a follower misses no line.
    @Test func rotationLosesNoLineOfARunningServer() async throws {
        try await withServer { server in
            let script = """
                cd \(server.folder); echo begin; until [ -e go ]; do :; done
                i=0; until [ -e stop ]; do i=$((i+1)); echo "line $i of the log"; done; echo end
                """
            let process = try server.spawn(script: script)
            let follower = LogFile.follow(server.logFile, last: 1, every: .milliseconds(1))
            #expect(await follower.first { _ in true } == "begin")
            try write("", to: server.folder + "/go")
            async let followed = follower.prefix { $0 != "end" }.reduce(into: []) { $0.append($1) }
            var rotations = 0
            while rotations < 10 {
                if try LogFile.rotate(server.logFile, over: ByteCount(bytes: 20_000), keep: 20) { rotations += 1 }
                await Task.yield()
            }
            try write("", to: server.folder + "/stop")
            _ = try await process.waitForExit()
            let lines = ["begin"] + (await followed) + ["end"]
            let written = try everything(server.logFile, parts: rotations).split(separator: "\n").map(String.init)
            #expect(firstDifference(written, ["begin"] + numbered(1...max(1, written.count - 2)) + ["end"]) == nil)
            #expect(firstDifference(lines, written) == nil)
        }
    }

    @Test(arguments: [true, false])
    func keepsSoManyParts(byCutting: Bool) async throws {
        try await withFolder { folder in
            let path = folder + "/log"
            func rotate() throws -> Bool {
                guard byCutting else {
                    return try LogFile.rotate(path, over: ByteCount(bytes: 4096), keep: 2, cut: { _, _ in false })
                }
                return try LogFile.rotate(path, over: ByteCount(bytes: 4096), keep: 2)
            }
            try write("short\n", to: path)
            #expect(try !rotate())
            for round in 1...4 {
                let file = try #require(FileHandle(forWritingAtPath: path))
                try file.seekToEnd()
                try file.write(contentsOf: Data(text(numbered(round * 1000...round * 1000 + 500)).utf8))
                try file.close()
                #expect(try rotate())
            }
            #expect(try names(in: folder) == ["log", "log.1", "log.2"])
            let kept = try everything(path, parts: 2)
            #expect(kept.hasSuffix(text(numbered(3500...3500) + numbered(4000...4500))))
            // Cutting leaves the rest of a block in the log; copying leaves an empty log.
            #expect(try read(path).isEmpty == !(byCutting && canCut(in: folder)))
        }
    }

    /// True if this file system can cut the head out of a file.
    private func canCut(in folder: String) throws -> Bool {
        try write(String(repeating: "x", count: 1 << 20), to: folder + "/trial")
        let file = try #require(FileHandle(forUpdatingAtPath: folder + "/trial"))
        return chost_collapse_head(file.fileDescriptor, 1 << 19) == 0
    }

    @Test func rotatesNoFileThatIsSomebodyElses() async throws {
        try await withFolder { folder in
            try write(String(repeating: "x", count: 100_000), to: folder + "/victim")
            try shell("cd \(folder); mkdir logs; ln victim logs/hard; ln -s ../victim logs/soft; mkfifo logs/pipe")
            #expect(throws: HostError.self) {
                _ = try LogFile.rotate(folder + "/logs/hard", over: ByteCount(bytes: 1), keep: 1)
            }
            #expect(try !LogFile.rotate(folder + "/logs/soft", over: ByteCount(bytes: 1), keep: 1))
            #expect(try !LogFile.rotate(folder + "/logs/pipe", over: ByteCount(bytes: 1), keep: 1))
            #expect(try read(folder + "/victim").count == 100_000)
            #expect(throws: HostError.self) { _ = try LogFile.tail(folder + "/logs/soft", lines: 1) }
            #expect(throws: HostError.self) { _ = try LogFile.tail(folder + "/logs/pipe", lines: 1) }
        }
    }

    @Test(arguments: [
        ("", 5, []), ("one\n", 5, ["one"]), ("one\ntwo\n", 1, ["two"]), ("one\ntwo", 2, ["one", "two"]),
        ("one\n\n", 2, ["one", ""]), ("one\ntwo\n", 0, []), ("one", 0, []), ("\n", 1, [""]),
    ])
    func tailGivesTheLastLines(content: String, lines: Int, expected: [String]) async throws {
        try await withFolder { folder in
            try write(content, to: folder + "/log")
            #expect(try LogFile.tail(folder + "/log", lines: lines) == expected)
        }
    }

    @Test func tailReachesIntoTheOlderPart() async throws {
        try await withFolder { folder in
            let path = folder + "/log"
            #expect(try LogFile.tail(path, lines: 3).isEmpty)
            try write(text(numbered(1...5000)), to: path)
            #expect(try LogFile.rotate(path, over: ByteCount(bytes: 1), keep: 1))
            for lines in [1, 10, 1000, 4000, 5000] {
                #expect(try LogFile.tail(path, lines: lines) == numbered(5001 - lines...5000))
            }
        }
    }

    @Test func tailOfAnEndlessLineIsBounded() async throws {
        try await withFolder { folder in
            try write(String(repeating: "x", count: 10 << 20), to: folder + "/log")
            let lines = try LogFile.tail(folder + "/log", lines: 10)
            #expect(lines.count == 1 && lines[0].utf8.count == 4 << 20)
        }
    }

    @Test func followsALogFromBeforeItIsThere() async throws {
        try await withFolder { folder in
            let path = folder + "/log"
            var lines = LogFile.follow(path, last: 10, every: .milliseconds(2)).makeAsyncIterator()
            let writer = Task { try write("one\ntw", to: path) }
            #expect(await lines.next() == "one")
            try await writer.value
            let file = try #require(FileHandle(forWritingAtPath: path))
            try file.seekToEnd()
            try file.write(contentsOf: Data("o\nthree\n".utf8))
            #expect(await lines.next() == "two")
            #expect(await lines.next() == "three")
            // The log is truncated by another program.
            try file.truncate(atOffset: 0)
            try file.write(contentsOf: Data("x\n".utf8))
            #expect(await lines.next() == "x")
        }
    }

    @Test func followingEndsWithItsTask() async throws {
        try await withFolder { folder in
            let task = Task { await LogFile.follow(folder + "/log").reduce(0) { count, _ in count + 1 } }
            task.cancel()
            #expect(await task.value == 0)
        }
    }
}

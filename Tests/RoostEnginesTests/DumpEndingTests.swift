import Foundation
import Glibc
import RoostHost
import RoostModel
import Testing

@testable import RoostEngines

/// The endings of the programs tell whether their output is the whole dump.
@Suite(.timeLimit(.minutes(2)))
struct DumpEndingTests {
    typealias Ending = DumpSource.Ending

    private static let (gzip, zstd, restore) = ("/usr/bin/gzip", "/usr/bin/zstd", "/usr/lib/postgresql/pg_restore")
    private static let fine = Ending.Way.ended(.exited(0))

    @Test(arguments: [
        [Ending(program: gzip, way: fine)], [Ending(program: gzip, way: fine), Ending(program: restore, way: fine)],
        [Ending(program: gzip, way: .ended(.exited(2)), errors: "decompression OK, trailing garbage ignored")],
        // Padding behind the end of an archive is not read.
        [Ending(program: gzip, way: .ended(.signalled(SIGPIPE))), Ending(program: restore, way: fine)],
    ])
    func isAllOfIt(_ endings: [Ending]) {
        #expect(Ending.failure(of: endings) == nil)
    }

    @Test(arguments: [
        (
            [Ending(program: gzip, way: .ended(.exited(1)), errors: "gzip: unexpected end of file\n")],
            "gzip ended with exit status 1: gzip: unexpected end of file"
        ),
        ([Ending(program: gzip, way: .ended(.exited(2)))], "gzip ended with exit status 2"),
        ([Ending(program: zstd, way: .ended(.signalled(SIGKILL)))], "zstd ended with signal 9"),
        // The pipe was read to its end, so no reader closed it: the signal is a failure.
        ([Ending(program: gzip, way: .ended(.signalled(SIGPIPE)))], "gzip ended with signal 13"),
        (
            [Ending(program: gzip, way: .ended(.signalled(SIGPIPE))), Ending(program: zstd, way: fine)],
            "gzip ended with signal 13"
        ),
        (
            [Ending(program: gzip, way: .ended(.signalled(SIGTERM))), Ending(program: restore, way: fine)],
            "gzip ended with signal 15"
        ),
        (
            [
                Ending(program: gzip, way: .ended(.signalled(SIGPIPE))),
                Ending(program: restore, way: .ended(.exited(1))),
            ],
            "gzip ended with signal 13"
        ),
        ([Ending(program: gzip, way: .cut("it was cancelled"))], "gzip: it was cancelled"),
        ([Ending(program: gzip, way: .ended(.unknown))], "gzip ended with ended"),
    ])
    func isNotAllOfIt(_ endings: [Ending], words: String) {
        #expect(Ending.failure(of: endings) == words)
    }

    /// A real filter is killed while it writes: the output until then looks like a whole text.
    @Test(arguments: [SIGKILL, SIGTERM, SIGPIPE])
    func aFilterThatIsKilledHalfWayIsAFailure(_ number: Int32) async throws {
        try await withPacked { source in
            let run = try await source.read { descriptor in
                var (total, isKilled) = (0, false)
                var chunk = [UInt8](repeating: 0, count: 1 << 16)
                while case let count = Glibc.read(descriptor, &chunk, chunk.count), count > 0 {
                    total += count
                    // The filter waits for room in the pipe, which holds less than the text.
                    if !isKilled, let pid = Self.writer(to: descriptor) { isKilled = kill(pid, number) == 0 }
                }
                return (total, isKilled)
            }
            #expect(run.value.1 && run.value.0 > 0 && run.value.0 < Self.length, "\(run)")
            #expect(Ending.failure(of: run.endings) == "gzip ended with signal \(number)")
        }
    }

    @Test func oneThatEndsByItselfIsWhole() async throws {
        try await withPacked { source in
            let run = try await source.read { descriptor in
                var total = 0
                var chunk = [UInt8](repeating: 0, count: 1 << 16)
                while case let count = Glibc.read(descriptor, &chunk, chunk.count), count > 0 { total += count }
                return total
            }
            #expect(run.value == Self.length && Ending.failure(of: run.endings) == nil, "\(run)")
            #expect(source.position == source.size)
        }
    }

    /// The reader stops early: the program ends, and no thread waits for it.
    @Test func aReaderThatStopsEndsTheFilter() async throws {
        try await withPacked { source in
            let run = try await source.read { descriptor in
                var chunk = [UInt8](repeating: 0, count: 16)
                return Glibc.read(descriptor, &chunk, chunk.count)
            }
            #expect(run.value == 16 && run.endings.map(\.way) == [.ended(.signalled(SIGPIPE))], "\(run)")
        }
    }

    // MARK: A packed text

    private static let length = 8 << 20

    private func withPacked(_ body: (DumpSource) async throws -> Void) async throws {
        let folder = try PrivateFolder()
        defer { folder.remove() }
        try folder.write(["dump.sql": String(repeating: "select 1;\n", count: Self.length / 10 + 1)])
        let path = "\(folder.path)/dump.sql"
        truncate(path, off_t(Self.length))
        let packing = try await ShortCommand(
            program: "/usr/bin/gzip", arguments: [path], patience: .seconds(60)
        ).run()
        try #require(packing.succeeded, "\(packing)")
        let dump = Dump(path: "\(path).gz", format: .sql, layers: [.gzip])
        let source = try await DumpSource(dump, user: nil, folder: folder.path)
        defer { source.close() }
        try await body(source)
    }

    /// The `gzip` whose output a pipe is.
    private static func writer(to descriptor: Int32) -> Int32? {
        var ours = stat()
        guard fstat(descriptor, &ours) == 0 else { return nil }
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.compactMap { Int32($0) }.first { pid in
            var output = stat()
            return pid != getpid() && stat("/proc/\(pid)/fd/1", &output) == 0 && output.st_ino == ours.st_ino
                && output.st_dev == ours.st_dev
                && (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/exe"))?.contains("gzip")
                    == true
        }
    }
}

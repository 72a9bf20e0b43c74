import Foundation
import Glibc
import RoostHost
import RoostModel
import SystemPackage

/// A dump's file, opened by Roost, and the pipeline of programs that make plain text of it.
///
/// The first program inherits the open file, so its user need not be able to reach it; and because both share one file
/// offset, Roost knows how far it has read. The programs run as the server's user, because root does not parse a file
/// that a user brought.
struct DumpSource: Sendable {
    let path: String
    /// The open file; nil for a folder that was unpacked for the program.
    private let file: FileDescriptor?
    let size: Int64
    let stages: [ShortCommand]
    /// The folder into which a dump of several files was unpacked.
    private let unpacked: String?

    /// The time that a program gets to end once its output has ended, or once its output is no longer read.
    private static let grace = Duration.seconds(30)
    /// The time limit for one load, whose programs go at the pace of the server that they feed.
    private static let longestLoad = Duration.seconds(7 * 24 * 3600)

    /// `restore`: the program that makes SQL of PostgreSQL's own formats. `folder`: a place with room for unpacking.
    init(_ dump: Dump, restore: String? = nil, user: ServerUser?, folder: String) async throws(EngineError) {
        path = dump.path
        var filters = try dump.layers.filter { $0 != .none }.map { layer throws(EngineError) in
            let words = try Self.filter(layer)
            return ShortCommand(
                program: words[0], arguments: Array(words.dropFirst()), user: user, patience: .seconds(60))
        }
        guard dump.format == .pgDirectory else {
            let opened = try Self.open(dump.path)
            (file, size, unpacked) = (opened.file, opened.size, nil)
            if let restore, dump.format == .pgCustom || dump.format == .pgTar {
                filters.append(
                    ShortCommand(program: restore, arguments: ["-f", "-"], user: user, patience: .seconds(60)))
            }
            stages = filters
            return
        }
        guard let restore else { throw .programMissing("pg_restore") }
        let tree = try await UnpackedDump.make(dump, filters, user: user, beside: folder)
        (file, size, unpacked) = (nil, tree.size, tree.folder)
        stages = [
            ShortCommand(program: restore, arguments: ["-f", "-", tree.dump], user: user, patience: .seconds(60))
        ]
    }

    static func open(_ path: String) throws(EngineError) -> (file: FileDescriptor, size: Int64) {
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec, .nonBlocking])
        } catch {
            throw .loadFailed(line: nil, statement: nil, message: "\(path) could not be opened: \(error)")
        }
        var status = stat()
        guard fstat(file.rawValue, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            try? file.close()  // Nothing was written to it.
            throw .loadFailed(line: nil, statement: nil, message: "\(path) is not a regular file")
        }
        return (file, Int64(status.st_size))
    }

    static func filter(_ layer: Dump.Compression) throws(EngineError) -> [String] {
        let words: [String] =
            switch layer {
            case .none: ["/bin/cat"]
            case .gzip: ["/usr/bin/gzip", "-dc"]
            case .zstd: ["/usr/bin/zstd", "-dcq"]
            case .xz: ["/usr/bin/xz", "-dcq"]
            case .bzip2: ["/usr/bin/bzip2", "-dcq"]
            }
        guard FileManager.default.isExecutableFile(atPath: words[0]) else { throw .programMissing(words[0]) }
        return words
    }

    /// The number of bytes read from the file.
    var position: Int64 {
        // Only a closed file has no offset. For a folder the position is unknown.
        file.map { (try? $0.seek(offset: 0, from: .current)) ?? size } ?? 0
    }

    /// Closes the file, and removes the unpacked folder.
    func close() {
        try? file?.close()  // Nothing was written to it.
        if let unpacked { UnpackedDump.remove(unpacked) }
    }

    /// Runs the programs while `body` reads the output of the last one. `body` owns the descriptor; when it returns,
    /// programs that still run are ended.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Int32) async -> Value
    ) async throws(EngineError) -> (value: Value, endings: [Ending]) {
        guard !stages.isEmpty else {
            guard let file else { throw .notReachable("\(path) has no reader") }
            return (await body(file.rawValue), [])
        }
        do { return try await run(body) } catch { throw .notReachable("\(path) could not be read: \(error)") }
    }

    private enum Part<Value: Sendable>: Sendable {
        case ending(Int, Ending)
        case value(Value)
        case graceIsOver
    }

    private func run<Value: Sendable>(
        _ body: @escaping @Sendable (Int32) async -> Value
    ) async throws -> (value: Value, endings: [Ending]) {
        let pipes = try Self.pipes(stages.count)
        let last = pipes[pipes.count - 1].readEnd
        return try await withThrowingTaskGroup(of: Part<Value>.self) { group in
            for (index, stage) in stages.enumerated() {
                let input = index == 0 ? file : pipes[index - 1].readEnd
                let program = BoundedProgram(
                    program: stage.program, arguments: stage.arguments, environment: stage.environment,
                    user: stage.user, input: input?.rawValue, givesInput: index > 0,
                    output: pipes[index].writeEnd.rawValue, patience: Self.longestLoad,
                    longestOutput: ShortCommand.longestOutput)
                group.addTask { .ending(index, await Ending(program, named: stage.program)) }
            }
            group.addTask {
                let value = await body(last.rawValue)
                // Closing the pipe ends programs that still write.
                try? last.close()
                return .value(value)
            }
            var endings: [(Int, Ending)] = []
            var value: Value?
            while value == nil || endings.count < stages.count, let part = try await group.next() {
                switch part {
                case .ending(let index, let ending): endings.append((index, ending))
                case .value(let read):
                    value = read
                    group.addTask {
                        // Cancelled once all programs have ended.
                        try? await Task.sleep(for: Self.grace)
                        return .graceIsOver
                    }
                case .graceIsOver: group.cancelAll()
                }
            }
            group.cancelAll()
            guard let value else { throw CancellationError() }
            return (value, endings.sorted { $0.0 < $1.0 }.map(\.1))
        }
    }

    private static func pipes(_ count: Int) throws -> [(readEnd: FileDescriptor, writeEnd: FileDescriptor)] {
        var pipes: [(readEnd: FileDescriptor, writeEnd: FileDescriptor)] = []
        do {
            while pipes.count < count { pipes.append(try FileDescriptor.pipe(options: [.closeOnExec])) }
        } catch {
            // No data was written to the pipes.
            for end in pipes.flatMap({ [$0.readEnd, $0.writeEnd] }) { try? end.close() }
            throw error
        }
        return pipes
    }
}

import Foundation
import Glibc
import RoostModel

/// A program that reads a dump on its standard input, decompressed on the way, and ends by itself.
struct FedCommand: Sendable {
    /// The program that reads the dump. Its own input is not used.
    let reader: ShortCommand
    let dump: Dump

    /// Called a few times a second with the bytes read from the file, and the file's size.
    typealias Progress = @Sendable (_ read: Int64, _ total: Int64) -> Void

    func run(progress: @escaping Progress = { _, _ in }) async throws(EngineError) -> ShortCommand.Outcome {
        let pipeline = try pipeline
        // Opened here, because usually the server's user may not open it.
        let input = open(dump.path, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw .notReachable("\(dump.path) cannot be read: errno \(errno)") }
        defer { close(input) }
        do {
            return try await withThrowingTaskGroup(of: ShortCommand.Outcome.self) { group in
                group.addTask { try await pipeline.run(input: input) }
                group.addTask { try await Self.tell(input, progress) }
                // The programs are killed when their task is cancelled.
                defer { group.cancelAll() }
                guard let first = try await group.next() else { throw CancellationError() }
                return first
            }
        } catch let error as EngineError {
            throw error
        } catch {
            throw .notReachable("\(reader.program) could not be run: \(error)")
        }
    }

    /// The pipeline's exit status is the reader's, or else that of the failed decompression: if decompression fails,
    /// the reader sees an ordinary end of input.
    private var pipeline: ShortCommand {
        get throws(EngineError) {
            guard !dump.layers.isEmpty else { return reader }
            let filters = try dump.layers.map { layer throws(EngineError) in
                let filter = try DumpSource.filter(layer).joined(separator: " ")
                // gzip ends with status 2 if trailing data follows a complete file, and reports it.
                return layer == .gzip ? "{ \(filter) || [ $? = 2 ]; }" : filter
            }
            return ShortCommand(
                program: "/bin/bash",
                arguments: ["-o", "pipefail", "-c", "\(filters.joined(separator: " | ")) | \"$@\"", "bash"]
                    + [reader.program] + reader.arguments,
                environment: reader.environment, user: reader.user, patience: reader.patience)
        }
    }

    /// Reports progress: the programs read through the same open file, so its offset is theirs. Ends only with its
    /// task.
    private static func tell(_ input: Int32, _ progress: Progress) async throws -> ShortCommand.Outcome {
        var status = stat()
        let total = fstat(input, &status) == 0 ? Int64(status.st_size) : 0
        while true {
            progress(Int64(lseek(input, 0, SEEK_CUR)), total)
            try await Task.sleep(for: .milliseconds(250))
        }
    }
}

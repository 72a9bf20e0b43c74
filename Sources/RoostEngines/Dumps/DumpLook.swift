import Foundation
import Glibc
import RoostModel
import SystemPackage

/// Determines a dump's kind from its file's content, through all layers of compression; the name decides nothing.
package enum DumpLook {
    private static let mostLayers = 4
    /// The user for the programs that unpack: root does not parse a file that a user brought.
    private static let nobody = ServerUser(name: "nobody", uid: 65534, gid: 65534)

    /// Throws `.loadFailed` with a message for users if the file is in none of `formats`.
    package static func dump(at path: String, formats: [Dump.Format]) async throws(EngineError) -> Dump {
        if let dump = try folder(path, formats) { return dump }
        let opened = try DumpSource.open(path)
        defer { try? opened.file.close() }  // Nothing was written to it.
        var layers: [Dump.Compression] = []
        var head = try read(opened.file, path)
        while true {
            switch DumpContent(head) {
            case .packed(let layer):
                guard layers.count < mostLayers else { throw refused(path, "compressed more than \(mostLayers) times") }
                layers.append(layer)
                head = try await unpackedHead(opened.file, path, layers)
            case .tar:
                let names = try await names(opened.file, path, layers)
                return try check(path, layers, DumpContent.archive(names), formats)
            case let content: return try check(path, layers, named(content, opened.file, layers), formats)
            }
        }
    }

    private static func check(
        _ path: String, _ layers: [Dump.Compression], _ content: DumpContent, _ formats: [Dump.Format]
    ) throws(EngineError) -> Dump {
        let format: Dump.Format
        switch content {
        case .dump(let found): format = found
        case .text: format = .sql
        case .empty: throw refused(path, layers.isEmpty ? "empty" : "empty after decompression")
        case .other(let words): throw refused(path, words)
        case .tar, .packed: throw refused(path, "compressed in an unknown format")
        }
        guard formats.contains(format) else {
            throw .loadFailed(
                line: nil, statement: nil,
                message: "\(path) is \(words(format)), which this type does not accept; it accepts "
                    + formats.map(words).joined(separator: ", "))
        }
        return Dump(path: path, format: format, layers: layers)
    }

    private static func refused(_ path: String, _ words: String) -> EngineError {
        .loadFailed(line: nil, statement: nil, message: "\(path) is \(words)")
    }

    static func words(_ format: Dump.Format) -> String {
        switch format {
        case .sql: "plain SQL"
        case .pgCustom: "a dump of pg_dump -Fc"
        case .pgTar: "a dump of pg_dump -Ft"
        case .pgDirectory: "a dump of pg_dump -Fd"
        case .rdb: "an RDB file of Redis or Valkey"
        case .mongoArchive: "an archive of mongodump"
        }
    }

    // MARK: Reading

    private static func folder(_ path: String, _ formats: [Dump.Format]) throws(EngineError) -> Dump? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: path) } catch {
            throw .loadFailed(
                line: nil, statement: nil, message: "\(path) could not be read: \(error)")
        }
        return try check(path, [], DumpContent.folder(names), formats)
    }

    private static func read(_ file: FileDescriptor, _ path: String) throws(EngineError) -> [UInt8] {
        do {
            var head = [UInt8](repeating: 0, count: DumpContent.needed)
            let count = try head.withUnsafeMutableBytes { try file.read(fromAbsoluteOffset: 0, into: $0) }
            return Array(head.prefix(count))
        } catch {
            throw .loadFailed(line: nil, statement: nil, message: "\(path) could not be read: \(error)")
        }
    }

    private static func unpackedHead(
        _ file: FileDescriptor, _ path: String, _ layers: [Dump.Compression]
    ) async throws(EngineError) -> [UInt8] {
        let result = try await run(
            file, path, try pipeline(layers) + " | head -c \(DumpContent.needed) | od -An -v -tx1")
        let head = result.output.split(whereSeparator: \.isWhitespace).compactMap { UInt8($0, radix: 16) }
        // A program failed right at the beginning: its message is reported, not an empty file.
        if head.isEmpty, let words = result.errors.split(whereSeparator: \.isNewline).last {
            throw .loadFailed(line: nil, statement: nil, message: "\(path) cannot be unpacked: \(words)")
        }
        return head
    }

    /// The first names in an archive, which are untrusted text.
    private static func names(
        _ file: FileDescriptor, _ path: String, _ layers: [Dump.Compression]
    ) async throws(EngineError) -> [String] {
        let unpacked = layers.isEmpty ? "/bin/cat" : try pipeline(layers)
        let result = try await run(file, path, unpacked + " | tar -tf - | head -n 10000")
        return result.output.split(whereSeparator: \.isNewline).map(String.init)
    }

    private static func pipeline(_ layers: [Dump.Compression]) throws(EngineError) -> String {
        try layers.map { layer throws(EngineError) in try DumpSource.filter(layer).joined(separator: " ") }
            .joined(separator: " | ")
    }

    private static func run(
        _ file: FileDescriptor, _ path: String, _ script: String
    ) async throws(EngineError) -> (output: String, errors: String) {
        let command = ShortCommand(
            program: "/bin/sh", arguments: ["-c", script], user: geteuid() == 0 ? nobody : nil, patience: .seconds(600))
        do { try file.seek(offset: 0, from: .start) } catch {
            throw .loadFailed(line: nil, statement: nil, message: "\(path) could not be read: \(error)")
        }
        let outcome = try await command.run(input: file.rawValue)
        return (outcome.output, outcome.errors)
    }

    /// Adds to a zip archive's description the name of its first file.
    private static func named(_ content: DumpContent, _ file: FileDescriptor, _ layers: [Dump.Compression])
        -> DumpContent
    {
        guard case .other(let words) = content, words.hasPrefix("a zip"), layers.isEmpty,
            // If the head is too short or unreadable, no name is known.
            let head = try? read(file, ""), head.count > 30
        else { return content }
        let length = Int(head[26]) | Int(head[27]) << 8
        let name = String(decoding: head.dropFirst(30).prefix(length), as: UTF8.self)
        guard !name.isEmpty, name.utf8.count == length, name.allSatisfy({ !$0.isNewline }) else { return content }
        return .other("a zip archive containing \(name): unpack it first (unzip), then use the file in it")
    }
}

import Crypto
import Foundation
import Glibc
import RoostModel

/// A custom service's source as a tar file, identical for identical sources, in a private folder. Both are removed
/// with this object.
final class SourceArchive: Sendable {
    let path: String
    let digest: ContentDigest
    let size: Int
    private let folder: String

    private init(folder: String, path: String, digest: ContentDigest, size: Int) {
        self.folder = folder
        self.path = path
        self.digest = digest
        self.size = size
    }

    deinit {
        unlink(path)
        unlink("\(folder)/names")
        rmdir(folder)
    }

    /// Makes the archive by the machine's own tar. Times and owners are left out, because they are not part of the
    /// source.
    static func make(of source: String, for caller: Caller) throws(Problem) -> SourceArchive {
        let tree = try SourceTree(source)
        var template = Array("\(caller.variable("TMPDIR") ?? "/tmp")/roost-source-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw failure("make a temporary folder", errno) }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let (path, names) = ("\(folder)/source.tar", "\(folder)/names")
        do {
            let list = tree.paths.map { $0 + "\0" }.joined()
            try Data(list.utf8).write(to: URL(filePath: names))
            try run(source: source, names: names, path: path, caller)
            let (digest, size) = try read(path)
            return SourceArchive(folder: folder, path: path, digest: digest, size: size)
        } catch {
            unlink(path)
            unlink(names)
            rmdir(folder)
            if let problem = error as? Problem { throw problem }
            throw Problem(.failed, "could not archive the source \(source): \(error)")
        }
    }

    private static func run(source: String, names: String, path: String, _ caller: Caller) throws {
        let tar = Program(
            arguments: [
                "tar", "--create", "--file", path, "--directory", source, "--format=gnu", "--mtime=@0", "--owner=0",
                "--group=0", "--numeric-owner", "--no-recursion", "--verbatim-files-from", "--null", "--files-from",
                names,
            ], environment: caller.environment)
        let child: pid_t
        do throws(Program.Failure) { child = try tar.start(try tar.find(), silently: true) } catch {
            throw Problem(.failed, error.message, next: ["install tar"])
        }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 && errno == EINTR {}
        guard status == 0 else {
            throw Problem(.failed, "tar could not archive \(source): a file changed or cannot be read")
        }
    }

    private static func read(_ path: String) throws -> (ContentDigest, Int) {
        var hash = SHA256()
        var size = 0
        let file = try FileHandle(forReadingFrom: URL(filePath: path))
        defer { try? file.close() }  // Read alone: nothing is lost.
        while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty {
            hash.update(data: piece)
            size += piece.count
        }
        let text = hash.finalize().hexadecimal
        guard let digest = ContentDigest(rawValue: text) else { throw failure("read \(path)", EIO) }
        return (digest, size)
    }

    private static func failure(_ step: String, _ number: Int32) -> Problem {
        Problem(.failed, "could not \(step): \(String(cString: strerror(number)))")
    }
}

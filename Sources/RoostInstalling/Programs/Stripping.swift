import Foundation
import Glibc
import RoostEngines
import RoostModel

/// Removes debug symbols from programs and libraries. binutils' `strip` writes into a copy: a program that parses
/// untrusted files never writes to the tree itself.
struct Stripping {
    let work: String
    let tree: String
    let user: ServerUser?

    private static let program = "/usr/bin/strip"

    static var isPossible: Bool { FileManager.default.isExecutableFile(atPath: program) }

    /// Returns how many files became smaller. A file that `strip` refuses stays unchanged.
    func strip(_ paths: [String], stop: StopSign) async throws(InstallError) -> Int {
        let folder = "\(work)/stripped"
        guard mkdir(folder, 0o700) == 0 else { throw TreeWriter.last("create", folder) }
        if let user, geteuid() == 0 {
            guard chown(folder, user.uid, user.gid) == 0 else { throw TreeWriter.last("change the owner of", folder) }
        }
        var count = 0
        for path in paths {
            let copy = "\(folder)/file"
            let outcome: ShortCommand.Outcome
            do throws(EngineError) {
                outcome = try await ShortCommand(
                    program: Self.program, arguments: ["--strip-debug", "-o", copy, "\(tree)/\(path)"], user: user,
                    patience: .seconds(300)
                ).run()
            } catch {
                if Task.isCancelled { throw .cancelled }
                throw .failed("\(path) could not be stripped: \(error)")
            }
            let (tree, work) = (tree, work)
            if outcome.succeeded {
                let isTaken = try await OwnThread.run(stop) { () throws(InstallError) in
                    try Self.take(copy, for: "\(tree)/\(path)", by: "\(work)/stripped.taken")
                }
                if isTaken { count += 1 }
            }
            unlink(copy)
        }
        return count
    }

    /// Replaces the file by the copy if the copy is an ELF file of this machine and smaller.
    private static func take(_ copy: String, for path: String, by taken: String) throws(InstallError) -> Bool {
        var (old, new) = (stat(), stat())
        guard lstat(path, &old) == 0, lstat(copy, &new) == 0, new.st_mode & S_IFMT == S_IFREG,
            new.st_size < old.st_size, ELFFile.read(copy)?.machine == .own
        else { return false }
        unlink(taken)
        try FileWriter.copy(copy, to: taken)
        guard chmod(taken, old.st_mode & 0o777) == 0, rename(taken, path) == 0 else {
            throw TreeWriter.last("replace", path)
        }
        return true
    }
}

import RoostHost
import RoostModel

/// The reasons why a build of an engine was not added, for its user. After each of them nothing is installed.
package enum InstallError: Error, Equatable, Sendable {
    case notThere(path: String)
    case unreadable(path: String, reason: String)
    /// Neither an archive of a known kind, nor a folder, nor a program.
    case unknownFormat(path: String)
    /// A system program that the work needs is missing.
    case programMissing(String, package: String)
    case damaged(String)
    /// An entry of an archive or a folder that no server's build needs and that could reach out of its tree.
    case refused(entry: String, TreeFault)
    case noServer(names: [String])
    case wrongArchitecture(program: String, found: String, wanted: String)
    case missingLibraries(program: String, [String])
    case notRunnable(program: String, words: String)
    case noVersion(program: String, words: String)
    case otherServer(program: String, words: String)
    case otherVersion(wanted: EngineVersion, found: EngineIdentity)
    /// The engine's code does not find its build in the prepared tree.
    case notRecognised(EngineIdentity)
    case notProven(step: String, reason: String, log: [String])
    case different(EngineIdentity)
    case noSpace(needed: ByteCount?, path: String)
    case cancelled
    case failed(String)

    package init(_ error: HostError) {
        if case .noSpace(let path) = error {
            self = .noSpace(needed: nil, path: path)
        } else {
            self = .failed("\(error)")
        }
    }
}

extension InstallError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notThere(let path): "\(path) does not exist on the daemon's machine"
        case .unreadable(let path, let reason): "cannot read \(path): \(reason)"
        case .unknownFormat(let path):
            "\(path) is not a .tar.gz, .tar.xz, .tar.zst or .tar archive, a folder or a program"
        case .programMissing(let name, let package):
            "the program '\(name)' is not installed; install it with apt-get install \(package)"
        case .damaged(let reason): "the archive is damaged: \(reason)"
        case .refused(let entry, let fault): "the archive was refused and nothing was unpacked: '\(entry)' \(fault)"
        case .noServer(let names): "it contains no server program (\(names.joined(separator: " or ")))"
        case .wrongArchitecture(let program, let found, let wanted):
            "\(program) is built for \(found), but this machine is \(wanted)"
        case .missingLibraries(let program, let names):
            "\(program) needs libraries that are neither bundled nor installed: \(names.joined(separator: ", "))"
        case .notRunnable(let program, let words): "\(program) cannot run on this machine: \(words)"
        case .noVersion(let program, let words): "\(program) does not answer --version: \(words)"
        case .otherServer(let program, let words): "\(program) is a different server; its output: \(words)"
        case .otherVersion(let wanted, let found): "it is \(found), not version \(wanted)"
        case .notRecognised(let identity):
            "\(identity) is incomplete: programs or files that Roost needs are missing"
        case .notProven(let step, let reason, let log):
            "the trial server did not \(step): \(reason)"
                + (log.isEmpty ? "" : "; its log ends:\n" + log.joined(separator: "\n"))
        case .different(let identity):
            "\(identity) is already installed with different content; remove it first: 'roost engine rm \(identity)'"
        case .noSpace(let needed, let path):
            "the disk is full: \(needed.map { "about \($0.bytes >> 20) MiB are needed" } ?? "no space left") at \(path)"
                + Self.left(at: path)
        case .cancelled: "it was cancelled"
        case .failed(let reason): reason
        }
    }

    /// Empty if the free space cannot be read.
    private static func left(at path: String) -> String {
        guard let space = try? Storage.space(at: path) else { return "" }
        return "; \(space.free.bytes >> 20) of \(space.size.bytes >> 20) MiB are free"
    }
}

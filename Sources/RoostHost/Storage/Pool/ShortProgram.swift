import CHost
import Glibc
import RoostModel

/// A system program that is run to its end for its effect.
struct ShortProgram {
    let name: String
    /// The Debian package that contains the program.
    let package: String

    static let makeXFS = ShortProgram(name: "mkfs.xfs", package: "xfsprogs")
    static let growXFS = ShortProgram(name: "xfs_growfs", package: "xfsprogs")

    /// The path of the installed program.
    func path() throws(HostError) -> String {
        for folder in ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin"] {
            let path = "\(folder)/\(name)"
            if access(path, X_OK) == 0 { return path }
        }
        throw .programMissing(name, package: package)
    }

    /// Blocks until the program has ended, or was killed because it took longer than `patience`.
    func run(_ arguments: [String], patience: Duration) throws(HostError) {
        let path = try path()
        let words = CStrings([path] + arguments)
        var output = [CChar](repeating: 0, count: 2048)
        let milliseconds = Int32(clamping: patience.components.seconds * 1000)
        let status = withExtendedLifetime(words) {
            chost_run(path, UnsafePointer(words.pointer), milliseconds, &output, output.count)
        }
        if status == 0 { return }
        if status < 0 && errno == ETIMEDOUT { throw .programFailed(name, said: "it did not finish within \(patience)") }
        if status < 0 { throw .last("run", path) }
        let bytes = output.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let text = String(decoding: bytes, as: UTF8.self).split(separator: "\n").joined(separator: "; ")
        throw .programFailed(name, said: text.isEmpty ? "status \(status)" : text)
    }
}

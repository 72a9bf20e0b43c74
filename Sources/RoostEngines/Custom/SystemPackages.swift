import Glibc
import RoostModel

/// Debian packages that custom services need. The build file's rules checked the names: no name is an option or an
/// instruction to remove.
package enum SystemPackages {
    private static let installPatience: Duration = .seconds(15 * 60)

    /// The packages that are not installed, in the order given.
    package static func missing(_ names: [String]) async throws(EngineError) -> [String] {
        guard !names.isEmpty else { return [] }
        let outcome = try await ShortCommand(
            program: "/usr/bin/dpkg-query",
            arguments: ["--show", "--showformat=${db:Status-Status} ${Package}\\n", "--"] + names,
            patience: .seconds(20)
        ).run()
        // dpkg-query ends with status 1 if it does not know a package at all, and names such packages on standard
        // error.
        let installed = installed(outcome.output)
        return names.filter { !installed.contains($0) }
    }

    static func installed(_ output: String) -> Set<String> {
        Set(
            output.split(separator: "\n").compactMap { line in
                let words = line.split(separator: " ")
                return words.count == 2 && words[0] == "installed" ? String(words[1]) : nil
            })
    }

    /// The packages that are not in the host's package lists, so that they cannot be installed; in the order given.
    package static func unknown(_ names: [String]) async throws(EngineError) -> [String] {
        guard !names.isEmpty, access(lists, X_OK) == 0 else { return [] }
        let outcome = try await ShortCommand(
            program: lists, arguments: ["policy", "--"] + names, environment: ["LC_ALL": "C", "PATH": "/usr/bin:/bin"],
            patience: .seconds(60)
        ).run()
        guard outcome.succeeded else { return [] }
        let installable = installable(outcome.output)
        return names.filter { !installable.contains($0) }
    }

    private static let lists = "/usr/bin/apt-cache"

    /// Parses the output of `apt-cache policy`: a line `NAME:`, and indented below it `Candidate: VERSION`, or
    /// `(none)`.
    static func installable(_ output: String) -> Set<String> {
        var names: Set<String> = []
        var name = ""
        for line in output.split(separator: "\n") {
            if !line.hasPrefix(" ") {
                name = line.hasSuffix(":") ? String(line.dropLast()) : ""
            } else if let version = line.firstRange(of: "Candidate: ").map({ line[$0.upperBound...] }),
                version != "(none)"
            {
                names.insert(name)
            }
        }
        return names
    }

    /// Installs packages and never removes any: if a removal would be needed, apt refuses with a message.
    package static func install(_ names: [String]) async throws(EngineError) {
        guard geteuid() == 0 else {
            throw .notOffered("only a roostd that runs as root can install system packages")
        }
        let outcome = try await ShortCommand(
            program: "/usr/bin/apt-get",
            arguments: [
                "install", "--yes", "--no-install-recommends", "--no-remove", "-o", "DPkg::Lock::Timeout=300", "--",
            ] + names,
            environment: [
                "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            ], patience: installPatience
        ).run()
        guard outcome.succeeded else {
            let words = (outcome.output + outcome.errors).split(separator: "\n").suffix(20).joined(separator: "\n")
            throw .refused(code: 1, message: "apt-get install \(outcome.ending); its output ends:\n\(words)")
        }
    }
}

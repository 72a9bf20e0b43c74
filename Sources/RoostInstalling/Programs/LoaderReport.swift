/// A loader's report on a program's libraries (`ld.so --list PROGRAM`, which maps them and runs none of their code).
/// Pure.
struct LoaderReport: Equatable {
    /// Missing libraries, by the names under which programs need them.
    let missing: [String]
    /// `GLIBC_2.38`: symbol versions that the libraries found do not have.
    let missingVersions: [String]
    /// Any other error of the loader.
    let complaint: String?

    init(output: String, errors: String, succeeded: Bool) {
        var missing: [String] = []
        var versions: [String] = []
        var others: [String] = []
        for line in (output + "\n" + errors).split(whereSeparator: \.isNewline) {
            if let match = line.firstMatch(of: /^\s*(\S+) => not found/) {
                missing.append(String(match.1))
            } else if let match = line.firstMatch(of: /(\S+): cannot open shared object file/) {
                missing.append(String(match.1))
            } else if let match = line.firstMatch(of: /version [`']([^']+)' not found/) {
                versions.append(String(match.1))
            } else if line.contains("rror") {
                others.append(String(line))
            }
        }
        self.missing = Self.unique(missing)
        missingVersions = Self.unique(versions)
        complaint =
            succeeded || !self.missing.isEmpty || !missingVersions.isEmpty
            ? nil
            : others.first ?? errors.split(whereSeparator: \.isNewline).first.map(String.init)
                ?? "no reason given"
    }

    var isComplete: Bool { missing.isEmpty && missingVersions.isEmpty && complaint == nil }

    private static func unique(_ names: [String]) -> [String] { Set(names).sorted() }
}

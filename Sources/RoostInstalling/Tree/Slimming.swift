/// Which files of a vendor's tree no running server needs. Pure. The trial afterwards proves that the rest suffices.
enum Slimming {
    enum Reason: String, CaseIterable, Sendable {
        case debugBuilds = "debug builds"
        case tests = "test suites"
        case staticLibraries = "static libraries"
        case headers = "headers"
        case documentation = "documentation"
        case buildFiles = "development files"
        case systemFiles = "system configuration"
    }

    private static let folders: [String: Reason] = [
        "mysql-test": .tests, "mariadb-test": .tests, "sql-bench": .tests, "share/mysql-test": .tests,
        "share/mysql/mysql-test": .tests, "share/mariadb/mariadb-test": .tests, "share/mysql/mysql-test-suite": .tests,
        "include": .headers, "man": .documentation, "docs": .documentation, "doc": .documentation,
        "share/man": .documentation, "share/doc": .documentation, "share/info": .documentation,
        "share/lintian": .documentation, "share/doc-base": .documentation, "share/bug": .documentation,
        "lib/debug": .debugBuilds, "lib/plugin/debug": .debugBuilds, "lib/mysql/plugin/debug": .debugBuilds,
        "lib/pkgconfig": .buildFiles, "share/pkgconfig": .buildFiles, "share/aclocal": .buildFiles,
        "lib/cmake": .buildFiles, "src": .buildFiles,
        "etc": .systemFiles, "var": .systemFiles, "lib/systemd": .systemFiles, "lib/udev": .systemFiles,
        "lib/sysusers.d": .systemFiles, "lib/tmpfiles.d": .systemFiles, "share/bash-completion": .systemFiles,
        "support-files": .systemFiles,
    ]

    private static let testPrograms: Set = [
        "mysqltest", "mysqlxtest", "mysqltest_embedded", "mysqltest_safe_process", "mysql_client_test",
        "mysql_client_test_embedded", "mysql_embedded", "mariadb-test", "mariadb-test-embedded", "mariadb-client-test",
        "mariadb-client-test-embedded", "mariadb-embedded", "mysql_ssl_rsa_setup_test",
    ]

    /// The reason for removing a file or link; nil if it stays.
    static func reason(_ path: String) -> Reason? {
        let parts = path.split(separator: "/").map(String.init)
        var folder = ""
        for part in parts.dropLast() {
            folder += folder.isEmpty ? part : "/\(part)"
            if let reason = folders[folder] { return reason }
        }
        guard let name = parts.last else { return nil }
        let isProgram = parts.count > 1 && ["bin", "sbin", "libexec"].contains(parts[parts.count - 2])
        if name.hasSuffix(".debug") || isProgram && name.hasSuffix("-debug") { return .debugBuilds }
        if isProgram, testPrograms.contains(name) || name.hasSuffix("_test") { return .tests }
        if name.hasSuffix(".a") { return .staticLibraries }
        if name.hasSuffix(".la") || name.hasSuffix(".pc") { return .buildFiles }
        return nil
    }
}

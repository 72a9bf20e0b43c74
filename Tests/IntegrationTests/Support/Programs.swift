import Foundation

/// Paths of the built programs and of the checkout.
enum Programs {
    /// The folder of `roost`, `roostd` and `roost-router`: the one that this test program was built into.
    /// `ROOST_PROGRAMS` names another, to test an installed or a release build.
    static let folder: String =
        ProcessInfo.processInfo.environment["ROOST_PROGRAMS"]
        ?? URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path

    /// The programs of an earlier commit, which `scripts/takeover` builds. Nil if there are none.
    static let older = ProcessInfo.processInfo.environment["ROOST_OLDER_PROGRAMS"]

    static let roost = "\(folder)/roost"
    static let roostd = "\(folder)/roostd"

    /// The root of the checkout.
    static let checkout: String = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// The interpreter with the clients that `scripts/setup --tests` installs.
    static let python = "\(checkout)/.build/test-clients/bin/python"

    static let isRoot = geteuid() == 0
}

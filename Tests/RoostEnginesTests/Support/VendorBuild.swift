import Foundation
import Testing

/// A newer release than this machine's packages have, unpacked with its own loader as an added engine lies in a home.
enum VendorBuild {
    private static let folder: String = {
        let checkout = URL(filePath: #filePath).pathComponents.dropLast(4).dropFirst().map { "/\($0)" }.joined()
        return "\(checkout)/.build/vendor"
    }()

    /// The tarball that `scripts/make-engine-tarball` makes; `scripts/setup --tests` calls that script.
    static func tarball(_ engine: String) -> String? {
        // Without the folder no tarball was made.
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        return names.last { $0.hasPrefix("\(engine)-") && $0.hasSuffix(".tar.zst") }.map { "\(folder)/\($0)" }
    }

    /// Runs `body` with the folder of added builds. The folder is removed afterwards.
    static func with(_ engine: String, _ body: (_ addedBuilds: String) async throws -> Void) async throws {
        let archive = try #require(Self.tarball(engine))
        let folder = "/tmp/roost-engine-\(engine)-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }  // Left behind: a folder below /tmp.
        try TestProgram.run("/bin/sh", ["-c", layOut, "sh", archive, folder, engine])
        try await body(folder)
    }

    /// Programs are started through the loader that came with them, by their own names; scripts stay as they are.
    private static let layOut = """
        set -eu
        umask 022
        version=$(basename "$1" | sed "s/^$3-\\([0-9.]*\\)-.*/\\1/")
        root=$2/$3@$version
        mkdir -p "$root"
        tar -xf "$1" -C "$root" --strip-components 1 --no-same-owner
        loader=$(ls "$root"/lib/ld-linux*.so.*)
        find "$root" -type f -path '*bin/*' | while read -r program; do
            [ "$(head -c 4 "$program" | tail -c 3)" = ELF ] || continue
            mv "$program" "$program.real"
            printf '#!/bin/sh\\nexec "%s" --argv0 "$0" --library-path "%s" "%s" "$@"\\n' \
                "$loader" "$root/lib" "$program.real" >"$program"
            chmod 755 "$program"
        done
        """
}

import Foundation
import Testing

/// A server that this machine's packages do not have, or not in this version: `scripts/setup --tests` makes its
/// tarball by `scripts/make-engine-tarball`.
struct VendorTarball: Sendable {
    static let mariadb = VendorTarball(engine: "mariadb")
    static let mysql = VendorTarball(engine: "mysql")
    static let postgresql = VendorTarball(engine: "postgresql")
    static let redis = VendorTarball(engine: "redis")
    static let valkey = VendorTarball(engine: "valkey")

    let engine: String

    private static let folder = "\(Programs.checkout)/.build/vendor"

    /// Nil if the tarball could not be made.
    var path: String? {
        // Without the folder nothing was made.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: Self.folder)) ?? []
        let own = names.filter { $0.hasPrefix("\(engine)-") && $0.hasSuffix(".tar.zst") }
        // Numeric comparison: 9.10 is newer than 9.7.
        let newest = own.max { $0.compare($1, options: .numeric) == .orderedAscending }
        return newest.map { "\(Self.folder)/\($0)" }
    }

    var isHere: Bool { path != nil }

    /// The reason why there is no tarball.
    var absence: Comment {
        let reason = try? String(contentsOfFile: "\(Self.folder)/\(engine)-tarball.error", encoding: .utf8)
        return "there is no tarball of \(engine): \(reason ?? "scripts/setup --tests makes it")"
    }
}

import Foundation
import Testing

/// A server that this machine's packages do not have, or not in this version: the tarball that `scripts/setup --tests`
/// makes of it by `scripts/make-engine-tarball`.
struct VendorTarball: Sendable {
    static let mariadb = VendorTarball(engine: "mariadb")
    static let mysql = VendorTarball(engine: "mysql")
    static let postgresql = VendorTarball(engine: "postgresql")
    static let redis = VendorTarball(engine: "redis")
    static let valkey = VendorTarball(engine: "valkey")

    let engine: String

    private static let folder = "\(Programs.checkout)/.build/vendor"

    /// Nil: it could not be made.
    var path: String? {
        // No such folder: nothing was made.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: Self.folder)) ?? []
        let own = names.filter { $0.hasPrefix("\(engine)-") && $0.hasSuffix(".tar.xz") }
        // 9.10 is newer than 9.7.
        let newest = own.max { $0.compare($1, options: .numeric) == .orderedAscending }
        return newest.map { "\(Self.folder)/\($0)" }
    }

    var isHere: Bool { path != nil }

    /// Why there is none.
    var absence: Comment {
        let reason = try? String(contentsOfFile: "\(Self.folder)/\(engine)-tarball.error", encoding: .utf8)
        return "there is no tarball of \(engine): \(reason ?? "scripts/setup --tests makes it")"
    }
}

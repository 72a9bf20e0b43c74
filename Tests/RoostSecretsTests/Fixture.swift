import Crypto
import Foundation
import Glibc
import Testing

@testable import RoostSecrets

/// A folder of its own for one test, gone afterwards.
struct Folder {
    let path: String

    static func with<Result>(_ body: (Folder) throws -> Result) throws -> Result {
        let path = FileManager.default.temporaryDirectory.appending(path: "roost-secrets-\(UUID())").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try body(Folder(path: path))
    }

    var key: String { path + "/home.key" }

    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }

    /// Writes a file with exactly this mode.
    func write(_ data: Data, _ name: String, mode: mode_t) throws {
        try data.write(to: URL(filePath: path + "/" + name))
        try #require(chmod(path + "/" + name, mode) == 0)
    }
}

extension HomeKey {
    /// A random key that belongs to no home.
    static func random() -> HomeKey { HomeKey(SymmetricKey(size: .bits256)) }
}

func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }

func mode(_ path: String) throws -> Int {
    try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
}

func isExposed(_ error: any Error) -> Bool {
    if case .exposed = error as? SecretsError { true } else { false }
}

func isMalformed(_ error: any Error) -> Bool {
    if case .malformed = error as? SecretsError { true } else { false }
}

func isUnavailable(_ error: any Error) -> Bool {
    if case .unavailable = error as? SecretsError { true } else { false }
}

func isRefused(_ error: any Error) -> Bool {
    if case .refused = error as? SecretsError { true } else { false }
}

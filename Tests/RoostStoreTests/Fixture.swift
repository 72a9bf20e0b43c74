import Foundation
import Glibc
import RoostModel
import Testing

@testable import RoostStore

/// A folder of its own for one test, gone afterwards.
struct Folder {
    let path: String

    static func with<Result>(_ body: (Folder) async throws -> Result) async throws -> Result {
        let path = FileManager.default.temporaryDirectory.appending(path: "roost-store-\(UUID())").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try await body(Folder(path: path))
    }

    var store: String { path + "/store.sqlite" }
    var copy: String { path + "/store.copy" }

    func removeStore() throws {
        for suffix in ["", "-wal", "-shm"] { try FileManager.default.removeItem(atPath: store + suffix) }
    }

    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }
}

/// The implementations that must keep the same promises.
enum Kind: String, CaseIterable, CustomTestStringConvertible {
    case sqlite, memory

    var testDescription: String { rawValue }

    func with(limits: StoreLimits = StoreLimits(), _ body: (any StateStore) async throws -> Void) async throws {
        switch self {
        case .memory: try await body(MemoryStore(limits: limits))
        case .sqlite:
            try await Folder.with { folder in
                var options = SQLiteStore.Options.small
                options.limits = limits
                let store = try SQLiteStore.open(path: folder.store, options: options)
                defer { store.close() }
                try await body(store)
            }
        }
    }
}

extension SQLiteStore.Options {
    /// Options with a ballast that costs a test nothing.
    static var small: Self {
        var options = Self()
        options.ballast = .mebibytes(1)
        return options
    }
}

extension StoreWrite {
    static func put(_ key: String, _ text: String, expecting: Int64? = nil) -> StoreWrite {
        .put(key: key, value: Data(text.utf8), expecting: expecting)
    }
}

extension StoredValue {
    init(_ key: String, _ text: String, at revision: Int64) {
        self.init(key: key, value: Data(text.utf8), revision: revision)
    }
}

extension StateStore {
    func text(_ key: String) async throws -> String? {
        try await get(key).map { String(decoding: $0.value, as: UTF8.self) }
    }
}

func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }

func overwrite(_ path: String, at offset: UInt64, with data: Data) throws {
    let file = try FileHandle(forUpdating: URL(filePath: path))
    try file.seek(toOffset: offset)
    try file.write(contentsOf: data)
    try file.close()
}

func mode(_ path: String) -> mode_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
}

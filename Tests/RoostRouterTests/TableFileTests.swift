import Foundation
import RoostModel
import Testing

@testable import RoostRouter

/// The stored table.
struct TableFileTests {
    private static let table = RoutingTable(revision: 3, routes: [.sample(port: 2001, to: 3000)])

    @Test func readsBackWhatItStored() async throws {
        try await TestHome.with { home in
            let file = TableFile(path: "\(home.path)/table.json")
            #expect(try file.load(now: .now) == .none)
            try file.store(Self.table)
            #expect(try file.load(now: .now) == .table(Self.table))
            #expect(try FileManager.default.contentsOfDirectory(atPath: home.path) == ["table.json"])
        }
    }

    @Test(arguments: ["", "{", #"{"revision":-1,"routes":[]}"#, #"{"revision":1,"routes":[{"port":0}]}"#])
    func keepsWhatItCannotReadUnderAnotherName(_ text: String) async throws {
        try await TestHome.with { home in
            let path = "\(home.path)/table.json"
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            let content = try TableFile(path: path).load(now: Date(timeIntervalSince1970: 1000))
            guard case .setAside(let name, _) = content else { throw TestFailure("\(content)") }
            #expect(name == "\(path).unreadable-1000")
            #expect(try Data(contentsOf: URL(fileURLWithPath: name)) == Data(text.utf8))
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func leavesTheTableBeforeWhenItCannotStore() async throws {
        try await TestHome.with { home in
            let file = TableFile(path: "\(home.path)/table.json")
            try file.store(Self.table)
            // A folder is in the place of the new file.
            try FileManager.default.createDirectory(atPath: "\(file.path).new", withIntermediateDirectories: false)
            #expect(throws: TableFile.Failure.notWritten(path: "\(file.path).new", step: "open", errno: EISDIR)) {
                try file.store(.empty)
            }
            #expect(try file.load(now: .now) == .table(Self.table))
        }
    }
}

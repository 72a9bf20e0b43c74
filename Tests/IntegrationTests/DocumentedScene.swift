import Foundation
import Testing

/// A sample of a page, and what its reader has before the first command.
struct DocumentedScene: Sendable, CustomTestStringConvertible {
    let page: String
    /// The beginning of a line of the block; no other block with output has such a line.
    let line: String
    /// The application whose folder the reader is in.
    var application = "ramen"
    var mounts = MountPlan.shared
    var prepare: @Sendable (inout ReaderSession) async throws -> Void = { _ in }

    var testDescription: String { "\(page), \(line)" }

    func has(_ sample: ConsoleSample) -> Bool { sample.lines.contains { $0.hasPrefix(line) } }

    func play() async throws {
        let samples = try Page(page).samples().filter(has)
        let sample = try #require(samples.first, "\(page) has no sample with the line: \(line)")
        try await withRoost(mounts: mounts) { roost in
            try await roost.withReader(of: application) { reader in
                try await prepare(&reader)
                try await reader.play(sample)
            }
        }
    }

    private static let (readme, start) = ("README.md", "docs/guides/getting-started.md")
    private static let (copies, replicas) = ("docs/guides/copies.md", "docs/guides/replicas.md")
    /// The snapshot of the guide on copies.
    private static let snapshot = "20261121-064406-3f9a"

    /// The samples on any disk.
    static let plain = [
        DocumentedScene(page: readme, line: "$ roost create ramen") { reader in
            // The build file that the README shows.
            let file = try #require(try Page(readme).blocks.first { $0.language == "yaml" })
            try reader.write(file.lines.joined(separator: "\n") + "\n", to: "roost.yml")
        },
        DocumentedScene(page: start, line: "$ mkdir shop", application: "empty"),
        DocumentedScene(page: start, line: "$ roost destroy data", application: "shop") { reader in
            try await reader.roost.push(BuildFiles.one, to: "shop")
        },
        DocumentedScene(page: copies, line: "$ roost clone tea/leaves") { reader in
            try await reader.roost.push(BuildFiles.one)
            try await reader.roost.push(BuildFiles.services("leaves: {type: mysql, memory: 192M}"), to: "tea")
            try await reader.addTemplate()
            let taken = try await reader.roost.roost("snapshot", "new", "data", "-A", "ramen").expectSuccess()
            let id = try #require(taken.lines.last)
            reader.standIns[snapshot] = id
        },
        DocumentedScene(page: copies, line: "$ roost clone ls") { reader in
            try await reader.addTemplate()
            try await reader.roost.roost("clone", "shop", "mine").expectSuccess()
            try await reader.roost.roost("clone", "shop", "kept", "--ttl", "0", "--protect").expectSuccess()
        },
        DocumentedScene(page: copies, line: "$ roost template ls") { reader in
            try await reader.roost.push(BuildFiles.one)
            try await reader.makeDump()
            try reader.write("UPDATE customers SET email = 'masked';\n", to: "mask.sql")
        },
        DocumentedScene(page: replicas, line: "$ roost scale cache:instances=2") { reader in
            try await reader.roost.push(BuildFiles.services("cache: {type: redis, memory: 64M}"))
            // The primary and the routes are changed while the replica's data is copied.
            reader.concurrentSteps = [
                "cache: settings", "cache: accounts", "cache: route", "cache: synchronous replication",
            ]
        },
    ]

    /// The samples on a disk without reflinks, or with a pool.
    static let onOwnDisk = [
        DocumentedScene(page: copies, line: "method: copy", mounts: .smallDisk(megabytes: 300)),
        DocumentedScene(page: copies, line: "$ roost snapshot rm data", mounts: .own) { reader in
            try await reader.roost.makePool()
            try await reader.roost.push(BuildFiles.one)
        },
        DocumentedScene(page: copies, line: "$ roost storage init", mounts: .own) { reader in
            try await reader.roost.push(BuildFiles.one)
            try await reader.makeDump()
            // The page's sizes are those of a server's disk.
            reader.standIns.merge(["20G": "1G", "40G": "1200M", "/var/lib/roost": reader.roost.home]) { $1 }
        },
    ]
}

extension ReaderSession {
    /// Makes the dump of which the guide on copies makes its template.
    fileprivate mutating func makeDump() async throws {
        try write("CREATE TABLE customers (email varchar(100));\n", to: "shop.sql")
        try await Command.run("/bin/gzip", ["\(folder)/shop.sql"]).expectSuccess()
        standIns["/srv/shop.sql.gz"] = "\(folder)/shop.sql.gz"
    }

    /// Makes the template of the guide on copies.
    fileprivate mutating func addTemplate() async throws {
        try await makeDump()
        try await roost.roost(
            "template", "add", "shop", "--dump", "\(folder)/shop.sql.gz", "--type", "mariadb"
        ).expectSuccess()
    }
}

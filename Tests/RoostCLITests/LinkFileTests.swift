import Foundation
import Glibc
import RoostModel
import Testing

@testable import RoostCLI

/// `.roost/link.yml` and the small files like it.
@Suite struct LinkFileTests {
    static let ramen = ApplicationName(checked: "ramen")

    static let good: [(text: String, link: LinkFile)] = [
        ("application: ramen\n", LinkFile(application: ramen)),
        (
            "# note\n---\napplication: 'ramen' # here\nurl: \"http://127.0.0.1:5080\"\r\n",
            LinkFile(application: ramen, url: "http://127.0.0.1:5080")
        ),
        ("home: /srv/r\napplication: ramen", LinkFile(application: ramen, home: "/srv/r")),
    ]

    @Test(arguments: good)
    func linesOfKeysAndValuesAreRead(text: String, link: LinkFile) throws {
        #expect(try LinkFile(text: text, path: "link.yml") == link)
    }

    static let bad: [(text: String, reason: String)] = [
        ("", "'application' is missing"),
        ("application: ramen\ntoken: x", "link.yml:2: unknown key 'token'; known keys: application, home, url"),
        ("application: ramen\napplication: shop", "link.yml:2: 'application' is given twice"),
        ("application: Ramen", "'Ramen' is not a valid application name"),
        ("application:", "link.yml:1: 'application' has no value"),
        ("application: [ramen]", "link.yml:1: expected 'key: value'"),
        ("application:\n  name: ramen", "link.yml:2: expected 'key: value'"),
        ("- application: ramen", "link.yml:1: expected 'key: value'"),
        ("application: &a ramen", "link.yml:1: expected 'key: value'"),
        ("application: \"ramen", "link.yml:1: expected 'key: value'"),
        ("application: ramen\nhome: srv", "'home' must be an absolute path"),
        ("application ramen", "link.yml:1: expected 'key: value'"),
    ]

    @Test(arguments: bad)
    func anythingElseIsAnErrorThatNamesTheLine(text: String, reason: String) {
        #expect { try LinkFile(text: text, path: "link.yml") } throws: { error in
            let problem = error as? Problem
            return problem?.code == .usage && problem?.message.contains(reason) == true
        }
    }

    @Test func aPipeInTheirPlaceIsNotWaitedFor() async throws {
        try await withScene { scene in
            try FileManager.default.createDirectory(
                atPath: "\(scene.folder)/.roost", withIntermediateDirectories: true)
            try #require(mkfifo("\(scene.folder)/\(LinkFile.name)", 0o600) == 0)
            #expect { try LinkFile.find(from: scene.folder, for: geteuid()) } throws: { error in
                (error as? Problem)?.message.contains("is a pipe") == true
            }
            try #require(mkfifo("\(scene.folder)/.gitignore", 0o600) == 0)
            #expect { try LinkFile(application: Self.ramen).write(in: scene.folder) } throws: { error in
                (error as? Problem)?.message.contains(".gitignore is a pipe") == true
            }
            try #require(mkfifo("\(scene.folder)/mask.sql", 0o600) == 0)
            #expect(throws: PlainFile.Failure.notRegular(kind: "a pipe")) {
                try PlainFile.text("\(scene.folder)/mask.sql", atMost: 10)
            }
        }
    }

    @Test func whatIsWrittenIsFoundFromBelow() async throws {
        try await withScene { scene in
            let link = LinkFile(application: Self.ramen, url: "http://127.0.0.1:5080", home: "/srv/r")
            try link.write(in: scene.folder)
            try scene.write("", to: "a/b/file")
            let found = try #require(try LinkFile.find(from: "\(scene.folder)/a/b", for: geteuid()))
            #expect(found.file == link && found.isOwn)
            #expect(found.isIn(scene.folder) && !found.isIn("\(scene.folder)/a"))
            #expect(try LinkFile.find(from: "\(scene.folder)/a", for: geteuid() + 1)?.isOwn == (geteuid() == 0))
        }
    }

    static let ignoreFiles: [(before: String?, after: String)] = [
        (nil, ".roost/\n"), ("build\n", "build\n.roost/\n"), ("build", "build\n.roost/\n"), ("/.roost\n", "/.roost\n"),
        ("", ".roost/\n"),
    ]

    @Test(arguments: ignoreFiles)
    func theLinkStaysOutOfVersionControl(before: String?, after: String) async throws {
        try await withScene { scene in
            if let before { try scene.write(before, to: ".gitignore") }
            try LinkFile(application: Self.ramen).write(in: scene.folder)
            try LinkFile(application: Self.ramen).write(in: scene.folder)
            #expect(try scene.read(".gitignore") == after)
        }
    }

    @Test func theMachinesFileIsReadForItsScalarsAlone() throws {
        let text =
            "home: /srv/roost\nlisten: 127.0.0.1:5080\nlater:\n  - nested\n  - url: http://nested\nport_list:\n- 1\n"
        #expect(try MachineFile(text: text) == MachineFile(home: "/srv/roost"))
    }
}

import Foundation
import Glibc
import RoostModel
import Testing

@testable import RoostCLI

/// The file that `push` takes, and the display of its errors.
@Suite struct BuildFileTests {
    @Test(arguments: ["roost.yml", "dotcloud.yml"])
    func theFolderHasOneBuildFile(name: String) async throws {
        try await withScene { scene in
            try scene.write("services: {}\n", to: "app/\(name)")
            let expected = BuildFile(name: name, text: "services: {}\n")
            #expect(try BuildFile.read("app", in: scene.folder) == expected)
            #expect(try BuildFile.read("app/\(name)", in: scene.folder) == expected)
            #expect(try BuildFile.read("\(scene.folder)/app", in: "/") == expected)
        }
    }

    @Test func noBuildFileAndTwoAreErrors() async throws {
        try await withScene { scene in
            let isRefused = { (error: any Error) in (error as? Problem)?.code == .buildFileInvalid }
            #expect { try BuildFile.read(".", in: scene.folder) } throws: { isRefused($0) }
            try scene.write("", to: "roost.yml")
            try scene.write("", to: "dotcloud.yml")
            #expect { try BuildFile.read(".", in: scene.folder) } throws: { isRefused($0) }
            #expect(try BuildFile.read("dotcloud.yml", in: scene.folder).name == "dotcloud.yml")
        }
    }

    @Test func whatIsTooLargeOrNoTextIsNotSent() async throws {
        try await withScene { scene in
            try scene.write(String(repeating: "#", count: BuildFile.largest + 1), to: "large.yml")
            try Data([0xff, 0xfe, 0x00]).write(to: URL(filePath: "\(scene.folder)/bytes.yml"))
            for name in ["large.yml", "bytes.yml", "missing.yml"] {
                #expect(throws: Problem.self) { try BuildFile.read(name, in: scene.folder) }
            }
        }
    }

    /// A file that is not regular would keep the command waiting, or fill memory.
    @Test func whatIsNoRegularFileIsNotOpened() async throws {
        try await withScene { scene in
            try #require(mkfifo("\(scene.folder)/pipe.yml", 0o600) == 0)
            try scene.write("services: {}\n", to: "real.yml")
            try scene.write("", to: "folder/roost.yml/file")
            let files = FileManager.default
            for (link, target) in [("null.yml", "/dev/zero"), ("p.yml", "pipe.yml"), ("good.yml", "real.yml")] {
                try files.createSymbolicLink(atPath: "\(scene.folder)/\(link)", withDestinationPath: target)
            }
            for (path, kind) in [
                ("pipe.yml", "a pipe"), ("p.yml", "a pipe"), ("null.yml", "a device"), ("folder", "a folder"),
                ("/dev/tty", "a device"),
            ] {
                #expect { try BuildFile.read(path, in: scene.folder) } throws: { error in
                    let message = (error as? Problem)?.message ?? ""
                    // Without a terminal /dev/tty cannot even be opened.
                    return message.contains("\(kind); it must be a regular file") || path == "/dev/tty"
                }
            }
            #expect(try BuildFile.read("good.yml", in: scene.folder).text == "services: {}\n")
        }
    }

    static let text = "services:\n  data:\n\tmemory: 12Q\n"

    static let excerpts: [(line: Int, key: String, shown: String)] = [
        (3, "services.data.memory", "  3 |     memory: 12Q\n    |     ^^^^^^\n"),
        (2, "services.data.engine", "  2 |   data:\n    |   ^^^^^\n"),
        (1, "", "  1 | services:\n    | ^^^^^^^^^\n"),
        (9, "services.data", ""),
    ]

    @Test(arguments: excerpts)
    func anErrorShowsItsLineWithTheKeyMarked(line: Int, key: String, shown: String) {
        let diagnostic = Diagnostic(file: "roost.yml", line: line, key: key, message: "no")
        #expect(BuildFileExcerpt(Self.text).text(diagnostic, .plain) == shown)
    }
}

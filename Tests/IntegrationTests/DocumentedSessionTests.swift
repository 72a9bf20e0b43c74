import Foundation
import Testing

/// The sample outputs of the README and of the guides are what the commands print: each block is played against real
/// servers, in a home of its own.
@Suite
struct DocumentedSessionTests {
    static let pages = [
        "README.md", "docs/guides/getting-started.md", "docs/guides/copies.md", "docs/guides/replicas.md",
    ]

    @Test(arguments: DocumentedScene.plain)
    func aSampleIsWhatTheCommandsPrint(_ scene: DocumentedScene) async throws { try await scene.play() }

    @Test(
        .enabled(if: Programs.isRoot, "a disk is mounted, which needs root"), arguments: DocumentedScene.onOwnDisk)
    func aSampleOfAnotherDiskIsWhatTheCommandsPrint(_ scene: DocumentedScene) async throws { try await scene.play() }

    /// A sample without a scene would be checked by nothing.
    @Test(arguments: pages)
    func everySampleOfAPageHasAScene(page: String) throws {
        let samples = try Page(page).samples()
        #expect(!samples.isEmpty)
        for sample in samples {
            let scenes = (DocumentedScene.plain + DocumentedScene.onOwnDisk).filter {
                $0.page == page && $0.has(sample)
            }
            #expect(scenes.count == 1, "\(sample.steps[0].place): \(scenes)")
        }
    }

    static let comparisons: [(sample: [String], printed: [String], isMatch: Bool)] = [
        (
            ["▸ a: start 53 ms  ▸ a: open 7 ms", "▸ a: route 9 ms"],
            ["▸ a: start 1.2 s  ▸ a: open 1 min  ▸ a: route 0 ms"], true
        ),
        (["▸ a: start 53 ms  ▸ a: open 7 ms"], ["▸ a: open 7 ms  ▸ a: start 53 ms"], false),
        (["▸ a: start 53 ms  ▸ a: open 7 ms"], ["▸ a: start 53 ms"], false),
        (["NAME  SIZE", "a     300M"], ["NAME       SIZE", "a           12K"], true),
        (["NAME  SIZE", "a     300M"], ["NAME       SIZE", "b           12K"], false),
        (["+ a:  memory 512M  cpus 1"], ["+ a:  memory 256M  cpus 1"], false),
        (["…", "b", "…"], ["a", "b"], true), (["…", "b", "…"], ["a", "c"], false), (["a"], ["a", "b"], false),
        (["a", "b"], ["a"], false), (["url root:…@h/a"], ["url root:pw@h/a"], true),
        (["url root:…@h/a"], ["url root:pw@h/b"], false), (["    pid: 7"], ["    pid: 81"], true),
        (["    pid: 7"], ["pid: 81"], false), (["a  in 23h"], ["a  in 24h"], true),
        (["a  in 23h"], ["a  in 23d"], false),
    ]

    @Test(arguments: comparisons.indices)
    func differencesAreFoundExceptThoseOfEachRun(index: Int) {
        let (sample, printed, isMatch) = Self.comparisons[index]
        #expect(SampleText(sample).matches(SampleText(printed)) == isMatch)
    }

    @Test func concurrentStepsAreNotCompared() {
        let sample = SampleText(["▸ a: settings 1 ms  ▸ a: copy 2 ms  ▸ a: start 3 ms"], concurrent: ["a: settings"])
        let text = { (steps: String...) in SampleText(steps.map { "▸ a: \($0) 9 ms" }, concurrent: ["a: settings"]) }
        #expect(sample.matches(text("copy", "settings", "settings", "start")))
        #expect(sample.matches(text("copy", "start")))
        #expect(!sample.matches(text("settings", "start", "copy")))
    }

    @Test func aTerminalShowsWhatIsLeftAfterBackspaces() {
        let live =
            "▸ a 1 ms  ▸ b …" + String(repeating: "\u{8}", count: 5) + "     " + String(repeating: "\u{8}", count: 5)
        #expect(TerminalShell.rendered("\(live)▸ b 2 ms  \nc\r\nd") == ["▸ a 1 ms  ▸ b 2 ms", "c", "d"])
    }
}

import RoostBuildFile
import RoostModel
import Testing

/// Random files: cut, doubled and shuffled pieces of right and wrong files. A seed makes each run the same.
struct FuzzTests {
    private static let pieces = [
        "services:\n", "  data:\n", "    type: mysql\n", "type", ": ", "- ", "? ", "{", "}", "[", "]", ",", "&a ", "*a",
        "!!str ", "!x ", "|\n", ">-\n", "\"", "'", "#", "\n", "\r\n", "\r", "\t", "  ", "---\n", "...\n", "%YAML 1.1\n",
        "<<: ", "~", "null", "\\u0041", "\u{FEFF}", "\u{85}", "\u{2028}", "\u{10FFFE}", "\u{10FFFF}", "\u{E000}", "é",
        "🐓", "\u{0}", "\u{7}", "config: {a: b}\n", "memory: 1G\n", "databases: [a]\n", "version: 10.11\n", "0", "-1",
    ]

    @Test(arguments: 1...8)
    func noTextCrashesTheReaderOrPassesWithoutAVerdict(_ seed: UInt64) {
        var random = SplitMix(state: seed)
        let seeds = WrongFile.all.map(\.text).filter { $0.unicodeScalars.count < 400 }
        for _ in 0..<400 {
            var scalars = Array((seeds.randomElement(using: &random) ?? "").unicodeScalars)
            for _ in 0..<Int.random(in: 1...8, using: &random) { mutate(&scalars, using: &random) }
            let text = String(String.UnicodeScalarView(scalars))
            switch BuildFileReader.read(text, fileName: "roost.yml", rules: TypeRule.samples) {
            case .success(let file):
                #expect(!file.services.isEmpty, "read without services: \(text.debugDescription)")
            case .failure(let error):
                let lines = error.diagnostics.map(\.line)
                #expect(!lines.isEmpty, "refused without a reason: \(text.debugDescription)")
                #expect(lines == lines.sorted() && lines.allSatisfy { $0 >= 1 }, "\(text.debugDescription)")
                #expect(!error.diagnostics.contains { $0.description.contains(where: \.isNewline) })
            }
        }
    }

    private func mutate(_ scalars: inout [Unicode.Scalar], using random: inout SplitMix) {
        let place = Int.random(in: 0...scalars.count, using: &random)
        let end = min(scalars.count, place + Int.random(in: 0...12, using: &random))
        switch Int.random(in: 0..<4, using: &random) {
        case 0: scalars.removeSubrange(place..<end)
        case 1: scalars.insert(contentsOf: scalars[place..<end], at: place)
        case 2: scalars.replaceSubrange(place..<end, with: scalars[place..<end].shuffled(using: &random))
        default: scalars.insert(contentsOf: (Self.pieces.randomElement(using: &random) ?? "").unicodeScalars, at: place)
        }
    }
}

/// A small generator that gives the same numbers for the same seed everywhere.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

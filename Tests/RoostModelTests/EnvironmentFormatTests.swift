import Foundation
import RoostModel
import Testing

/// Texts of environment variables.
struct EnvironmentFormatTests {
    private static let plain = [
        (name: "B_URL", value: "mysql://root:pw@127.0.0.1:21000/b"), (name: "A_PORT", value: "21000"),
    ]

    @Test(
        arguments: [
            (.json, "{\n  \"A_PORT\": \"21000\",\n  \"B_URL\": \"mysql://root:pw@127.0.0.1:21000/b\"\n}\n"),
            (.dotenv, "A_PORT=21000\nB_URL=mysql://root:pw@127.0.0.1:21000/b\n"),
            (.shell, "export A_PORT='21000'\nexport B_URL='mysql://root:pw@127.0.0.1:21000/b'\n"),
            (.yaml, "A_PORT: \"21000\"\nB_URL: \"mysql://root:pw@127.0.0.1:21000/b\"\n"),
        ] as [(EnvironmentFormat, String)])
    func variablesAreInTheOrderOfTheirNames(_ format: EnvironmentFormat, _ text: String) {
        #expect(format.render(Self.plain) == text)
        #expect(format.render(Dictionary(uniqueKeysWithValues: Self.plain.map { ($0.name, $0.value) })) == text)
    }

    @Test(
        arguments: [
            (.json, "{}\n"), (.dotenv, ""), (.shell, ""), (.yaml, "{}\n"),
        ] as [(EnvironmentFormat, String)])
    func noVariablesAreAnEmptyDocument(_ format: EnvironmentFormat, _ text: String) {
        #expect(format.render([:]) == text)
    }

    @Test(
        arguments: [
            ("", "''"), ("plain", "'plain'"), ("a b", "'a b'"), ("$HOME `id` \"x\" \\", "'$HOME `id` \"x\" \\'"),
            ("it's", #"'it'\''s'"#), ("'", #"''\'''"#), ("a\nb", "'a\nb'"), ("!x", "'!x'"),
        ])
    func aShellTakesEveryValueAsItIs(_ value: String, _ quoted: String) {
        #expect(EnvironmentFormat.shell.render([(name: "A", value: value)]) == "export A=\(quoted)\n")
    }

    @Test(
        arguments: [
            ("", ""), ("mysql://root:pw@[::1]:1/d", "'mysql://root:pw@[::1]:1/d'"),
            ("x?sslmode=require", "x?sslmode=require"),
            ("a b", "'a b'"), ("a#b", "'a#b'"), ("$HOME", "'$HOME'"), ("say \"x\"", "'say \"x\"'"),
            ("it's", "\"it's\""),
            ("it's $5 \\ \"x\"", #""it's \$5 \\ \"x\"""#), ("a\nb", #""a\nb""#), ("a\r\nb", #""a\r\nb""#), ("é", "'é'"),
        ])
    func aDotenvValueIsQuotedOnlyWhereItMustBe(_ value: String, _ quoted: String) {
        #expect(EnvironmentFormat.dotenv.render([(name: "A", value: value)]) == "A=\(quoted)\n")
    }

    @Test(arguments: [
        "", "no", "0123", "a: b", "\"\\", "a\nb\t", "\u{0}\u{1F}\u{7F}\u{85}\u{2028}", "é🐓", "null", "{}",
    ])
    func jsonIsReadBackAndYAMLHasTheSameStrings(_ value: String) throws {
        let json = EnvironmentFormat.json.render([(name: "A", value: value)])
        #expect(try JSON.decode([String: String].self, from: Data(json.utf8)) == ["A": value])
        let yaml = EnvironmentFormat.yaml.render([(name: "A", value: value)])
        #expect(json == "{\n  \"A\": \(yaml.dropFirst(3).dropLast())\n}\n")
    }
}

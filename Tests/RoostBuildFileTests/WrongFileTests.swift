@testable import RoostBuildFile
import RoostModel
import Testing

/// Files that are refused, with the expected errors and their number.
struct WrongFileTests {
    @Test(arguments: WrongFile.all)
    func everyErrorIsReportedWithLineAndKey(_ file: WrongFile) {
        #expect(errors(of: file.text) == file.errors)
    }

    @Test func anErrorNamesItsFile() {
        let result = BuildFileReader.read("mysql", fileName: "dotcloud.yml", rules: TypeRule.samples)
        let expected = Diagnostic(
            file: "dotcloud.yml", line: 1, key: "",
            message: "expected services by name, such as data: {type: mysql}; found text")
        #expect(result == .failure(BuildFileInvalid(diagnostics: [expected])))
    }

    /// Keys given twice are found by line and column in the text itself.
    @Test(arguments: ["\n", "\r\n", "\r"], ["", "\u{FEFF}"])
    func linesAreCountedWhateverTheyEndWith(_ end: String, _ start: String) {
        let lines = [
            "# é 🐓", "services:", "  data:", "    type: mysql", "    'memory': 1G", #"    "memory": 1G"#,
            "    memory: 64M",
            "    cpus: 0",
        ]
        let expected = [
            "6: services.data.memory: is given twice; first on line 5",
            "7: services.data.memory: is given twice; first on line 5",
            "8: services.data.cpus: expected a number of cores from 0.01 to 1024, such as 0.5 or 2; found '0'",
        ]
        #expect(errors(of: start + lines.joined(separator: end)) == expected)
    }

    @Test func aFileOfMoreThanAMegabyteIsRefusedUnread() {
        let text = "# " + String(repeating: "x", count: 1 << 20)
        #expect(errors(of: text) == ["1: the file has 1048578 bytes; the limit is 1048576"])
    }

    @Test func onlyTheFirstHundredErrorsAreReported() {
        let keys = (1...150).map { "    key\($0): x\n" }.joined()
        let errors = errors(of: "services:\n  data:\n    type: mysql\n" + keys)
        #expect(errors.count == 101)
        #expect(errors.last == "104: and 50 more errors")
    }

    @Test func manyKeysGivenTwiceEndTheReading() {
        let keys = (1...20).map { "    key\($0): x\n    key\($0): y\n" }.joined()
        #expect(errors(of: "services:\n  data:\n" + keys) == ["1: more than 10 keys are given twice"])
    }

    @Test func moreServicesThanAMachineHoldsAreRefused() {
        let services = (1...501).map { "  s\($0): {type: mysql}\n" }.joined()
        #expect(errors(of: "services:\n" + services) == ["1: services: 501 services; the limit is 500 per file"])
    }

    @Test func moreSettingsOrDatabasesThanAServerTakesAreRefused() {
        let settings = (1...1001).map { "      s\($0): 1\n" }.joined()
        let databases = (1...1001).map { "      - d\($0)\n" }.joined()
        let text = "services:\n  data:\n    type: mysql\n    config:\n\(settings)    databases:\n\(databases)"
        #expect(
            errors(of: text) == [
                "4: services.data.config: 1001 settings; the limit is 1000",
                "1006: services.data.databases: 1001 databases; the limit is 1000",
            ])
    }

    /// A reader that expands all aliases takes ten billion steps, once to hash the key and once to walk the value.
    @Test func aBombOfAliasesIsRefusedAtOnce() {
        let levels = (1...10).map {
            "a\($0): &a\($0) [\(repeatElement("*a\($0 - 1)", count: 10).joined(separator: ", "))]\n"
        }
        let text = "a0: &a0 [x]\n" + levels.joined() + "? *a10\n: {type: mysql}\n? *a10\n: {type: mysql}\n"
        let errors = errors(of: text)
        #expect(errors.first == "1: a0: anchors are not supported; write out the value where it is used")
        #expect(errors.count == Findings.most + 1)
    }

    @Test func theProblemHoldsTheDiagnostics() throws {
        let result = BuildFileReader.read("", fileName: "roost.yml", rules: TypeRule.samples)
        guard case .failure(let error) = result else { return #expect(Bool(false), "an empty file was read") }
        #expect(error.problem.code == .buildFileInvalid)
        #expect(error.problem.message == "roost.yml has 1 error; nothing was changed")
        #expect(error.problem.diagnostics == error.diagnostics)
    }
}

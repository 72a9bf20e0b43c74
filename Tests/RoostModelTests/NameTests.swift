import Foundation
import RoostModel
import Testing

/// Names that become parts of paths, variables and SQL.
struct NameTests {
    @Test(arguments: ["a", "data", "data_2", "a_", "abcdefghijklmnop"])
    func takesServiceNames(_ text: String) throws {
        #expect(try ServiceName(text).rawValue == text)
        #expect(ServiceName(rawValue: text) != nil)
    }

    @Test(arguments: [
        "", "A", "Data", "2nd", "_a", "-a", "a-b", "a.b", "a/b", "..", "a b", " a", "a\n", "a\u{0}",
        "abcdefghijklmnopq",
        "é", "da\u{20DD}ta", "e\u{301}", "ａ", "а",
    ])
    func refusesServiceNames(_ text: String) {
        #expect(throws: InvalidName.self) { try ServiceName(text) }
        #expect(ServiceName(rawValue: text) == nil)
    }

    @Test func theLongestApplicationNameHas31Letters() {
        let longest = String(repeating: "a", count: 31)
        #expect(ApplicationName(rawValue: longest) != nil)
        #expect(ApplicationName(rawValue: longest + "a") == nil)
        #expect(ApplicationName(rawValue: "my-shop_2") != nil)
        #expect(ApplicationName(rawValue: "-shop") == nil)
    }

    @Test func aRefusalSaysWhatIsAllowed() {
        let error = #expect(throws: InvalidName.self) { try ServiceName("My") }
        #expect(
            error?.description
                == "'My' is not a valid service name: use 1 to 16 of a-z, 0-9 and _, starting with a letter")
    }

    @Test func aNameThatIsWrongIsNotDecoded() throws {
        #expect(throws: (any Error).self) { try JSON.decode([ServiceName].self, from: Data(#"["../x"]"#.utf8)) }
        #expect(try JSON.decode([ServiceName].self, from: Data(#"["data"]"#.utf8)).map(\.rawValue) == ["data"])
    }

    @Test func identitiesAreWrittenAsPeopleTypeThem() throws {
        let service = ServiceID(try ApplicationName("ramen"), try ServiceName("data"))
        #expect("\(service)" == "ramen/data")
        #expect("\(InstanceID(service, 2))" == "ramen/data.2")
        #expect(InstanceID(service, 2).name == "data.2")
        #expect(InstanceID(service, 2) < InstanceID(service, 10))
    }
}

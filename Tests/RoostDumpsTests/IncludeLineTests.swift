import Testing

@testable import RoostDumps

@Suite struct IncludeLineTests {
    static let variable = IncludeLine.unreadable(
        "names a file by a psql variable or command, which is not supported here")
    static let mysql: [(String, IncludeLine?)] = [
        ("source load_departments.dump ", .file("load_departments.dump", besideIt: false)),
        ("SOURCE\ta.sql\r", .file("a.sql", besideIt: false)),
        ("\\. my dishes.sql", .file("my dishes.sql", besideIt: false)),
        ("source 'a.sql'", .file("'a.sql'", besideIt: false)), ("source  ", .unreadable("names no file")),
        ("\\i a.sql", nil), ("sources a.sql", nil), ("", nil),
    ]
    static let postgresql: [(String, IncludeLine?)] = [
        ("\\i a.sql", .file("a.sql", besideIt: false)), ("\\include\ta.sql b", .file("a.sql", besideIt: false)),
        ("\\ir ../a.sql ;\r", .file("../a.sql", besideIt: true)), ("\\include_relative a", .file("a", besideIt: true)),
        ("\\i 'my ''good'' \\\\ dish.sql' x", .file("my 'good' \\ dish.sql", besideIt: false)),
        ("\\i a':b'.sql", .file("a:b.sql", besideIt: false)), ("\\i a.sql\\echo", .file("a.sql", besideIt: false)),
        ("\\i :file", variable), ("\\i `ls`", variable), ("\\ir", .unreadable("names no file")),
        ("\\i ''", .unreadable("names a file with an empty name")),
        ("\\i 'a", .unreadable("names a file with an unclosed quote")), ("\\if true", nil), ("\\connect i", nil),
        ("source a.sql", nil),
    ]

    @Test(arguments: mysql) func aLineOfTheMySQLFamilyNamesAFile(_ line: String, _ wanted: IncludeLine?) {
        #expect(IncludeLine(Array(line.utf8), .mysql) == wanted)
    }

    @Test(arguments: postgresql) func aLineOfPostgreSQLNamesAFile(_ line: String, _ wanted: IncludeLine?) {
        #expect(IncludeLine(Array(line.utf8), .postgresql) == wanted)
    }
}

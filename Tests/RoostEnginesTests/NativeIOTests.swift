import Testing

@testable import RoostEngines

/// A server of MySQL or MariaDB starts also where the machine's asynchronous I/O requests are used up.
@Suite struct NativeIOTests {
    static let rows: [(used: Int, limit: Int, config: [String: String], isLeftOff: Bool)] = [
        (0, 65_536, [:], false), (65_536, 65_536, [:], true), (60_000, 65_536, [:], true), (70_000, 65_536, [:], true),
        (65_536, 1_048_576, [:], false), (65_536, 65_536, ["innodb_use_native_aio": "ON"], false),
        (65_536, 65_536, ["innodb-use-native-aio": "1"], false), (65_536, 65_536, ["max_connections": "5"], true),
    ]

    @Test(arguments: rows)
    func isLeftOffWhereLittleIsLeft(used: Int, limit: Int, config: [String: String], isLeftOff: Bool) {
        let arguments = NativeIO.arguments(config: config, NativeIO(used: used, limit: limit))
        #expect(arguments == (isLeftOff ? ["--innodb-use-native-aio=OFF"] : []))
    }

    @Test func aKernelThatDoesNotTellChangesNothing() {
        #expect(NativeIO.arguments(config: [:], nil).isEmpty)
    }

    @Test func thisKernelTells() {
        #expect(NativeIO.current().map { $0.limit > 0 } ?? true)
    }
}

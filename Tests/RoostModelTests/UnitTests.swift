import Foundation
import RoostModel
import Testing

/// Bytes, ports and versions as people write them.
struct UnitTests {
    @Test(
        arguments: [
            ("1", 1), ("536870912", 536_870_912), ("512M", 512 << 20), ("512m", 512 << 20), ("512MB", 512 << 20),
            ("512MiB", 512 << 20), ("512mb", 512 << 20), ("1.5G", 3 << 29), ("0.5K", 512), ("2T", 2 << 40), ("7b", 7),
            ("9007199254740993", 9_007_199_254_740_993), ("9223372036854775807", .max), ("8388607T", 8_388_607 << 40),
        ] as [(String, Int64)])
    func readsBytes(_ text: String, _ bytes: Int64) {
        #expect(ByteCount(text)?.bytes == bytes)
    }

    @Test(arguments: [
        "", "M", "0", "0G", "0.0", "-1", "-1M", "+1M", "1 M", " 1M", "1M ", "1e3", "1e3M", "0x10", "1.2.3M", "1,5G",
        "1Q",
        "1MM", "9223372036854775808", "8388608T", "99999999999999999999", "nan", "inf", "٣M", "¼G", "1_000",
    ])
    func refusesBytes(_ text: String) {
        #expect(ByteCount(text) == nil)
    }

    @Test(
        arguments: [
            (1, "1"), (1000, "1000"), (1024, "1K"), (1536, "1536"), (512 << 20, "512M"), (1 << 30, "1G"),
            (3 << 29, "1536M"), (2 << 40, "2T"), (0, "0"), (.max, "9223372036854775807"),
        ] as [(Int64, String)])
    func writesTheShortestExactForm(_ bytes: Int64, _ text: String) {
        #expect(ByteCount(bytes: bytes).description == text)
        if bytes > 0 { #expect(ByteCount(text)?.bytes == bytes) }
    }

    @Test func bytesAreANumberInJSON() throws {
        #expect(String(decoding: try JSON.encode([ByteCount.gibibytes(1)]), as: UTF8.self) == "[1073741824]")
        #expect(try JSON.decode([ByteCount].self, from: Data("[1]".utf8)) == [ByteCount(bytes: 1)])
    }

    @Test func aPortIsFrom1To65535() {
        #expect(PortNumber(0) == nil)
        #expect(PortNumber(65536) == nil)
        #expect(PortNumber(-1) == nil)
        #expect(PortNumber(1)?.number == 1)
        #expect(PortNumber(65535)?.description == "65535")
        #expect(throws: (any Error).self) { try JSON.decode([PortNumber].self, from: Data("[0]".utf8)) }
    }

    @Test func aRangeOfPortsHoldsBothEnds() throws {
        let range = try #require(PortRange("20000-20002"))
        #expect(range.ports.map(\.number) == [20000, 20001, 20002])
        #expect(range.contains(try #require(PortNumber(20002))))
        #expect(!range.contains(try #require(PortNumber(20003))))
        #expect(range.description == "20000-20002")
        #expect(PortRange("5-5")?.ports.map(\.number) == [5])
    }

    @Test(arguments: ["", "5", "5-", "-5", "6-5", "0-5", "1-65536", "1-2-3", "a-b", "1--2", "1 - 2"])
    func refusesRanges(_ text: String) {
        #expect(PortRange(text) == nil)
    }
}

/// Versions and engines.
struct EngineTests {
    @Test(arguments: [
        "", ".", "10.", ".1", "10..1", "a", "10.x", "-1", "+1", "1.2.3.4.5.6", "10 .1", "٣", "99999999999999999999",
    ])
    func refusesVersions(_ text: String) {
        #expect(EngineVersion(text) == nil)
    }

    @Test func aVersionMatchesByComponent() throws {
        let version = try #require(EngineVersion("9.10.2"))
        for prefix in ["9", "9.10", "9.10.2"] { #expect(version.matches(try #require(EngineVersion(prefix)))) }
        for prefix in ["9.1", "9.10.2.1", "9.1.0", "10"] {
            #expect(!version.matches(try #require(EngineVersion(prefix))))
        }
    }

    @Test func versionsAreOrderedByNumber() throws {
        let versions = try ["9.2", "10.1", "9.10", "9", "9.2.1"].map { try #require(EngineVersion($0)) }
        #expect(versions.sorted().map(\.description) == ["9", "9.2", "9.2.1", "9.10", "10.1"])
    }

    @Test func anEngineIsWrittenWithItsVersion() throws {
        let engine = try #require(EngineIdentity("mariadb@10.11.19"))
        #expect(engine.name == "mariadb")
        #expect(engine.description == "mariadb@10.11.19")
        #expect(String(decoding: try JSON.encode([engine]), as: UTF8.self) == #"["mariadb@10.11.19"]"#)
        #expect(try JSON.decode([EngineIdentity].self, from: JSON.encode([engine])) == [engine])
    }

    @Test(arguments: ["mariadb", "@10", "mariadb@", "mariadb@x", "a@1@2", ""])
    func refusesEngines(_ text: String) {
        #expect(EngineIdentity(text) == nil)
        #expect(throws: (any Error).self) { try JSON.decode([EngineIdentity].self, from: JSON.encode([text])) }
    }
}

import Foundation
import RoostModel
import Testing

/// What is said about single members of a service.
struct MemberSettingsTests {
    @Test(
        arguments: [
            ("1s", 1), ("90s", 90), ("30m", 1800), ("1h", 3600), ("2d", 172_800), ("0s", 0), ("", nil), ("h", nil),
            ("1", nil), ("1.5h", nil), ("-1h", nil), ("1 h", nil), ("1hh", nil), ("9999999999999999999d", nil),
        ] as [(String, Int?)])
    func aDelayIsANumberWithAUnit(_ text: String, _ seconds: Int?) {
        #expect(TimeText.seconds(text) == seconds)
    }

    @Test(arguments: [1, 59, 60, 90, 3600, 5400, 86_400, 90_000, 172_800])
    func aDelayIsReadBackAsItIsWritten(_ seconds: Int) {
        #expect(TimeText.seconds(TimeText.text(seconds)) == seconds)
    }

    @Test(
        arguments: [
            (MemberSettings(), 1, nil), (MemberSettings(priority: 7), 7, nil),
            (MemberSettings(priority: 0), 0, "it is never promoted (priority: 0)"),
            (MemberSettings(delaySeconds: 3600), 0, "it stays behind on purpose (delay: 1h)"),
            (MemberSettings(priority: 0, delaySeconds: 60), 0, "it stays behind on purpose (delay: 1m)"),
            (MemberSettings(storage: .separate), 1, nil),
        ] as [(MemberSettings, Int, String?)])
    func whatStaysBehindIsNeverPromoted(_ member: MemberSettings, _ priority: Int, _ reason: String?) {
        #expect(member.effectivePriority == priority && member.isPromotable == (priority > 0))
        #expect(member.reasonAgainstPromotion == reason)
    }

    /// Documents of earlier releases lack the key, and those of services without it are as they were.
    @Test func documentsWithoutTheKeyAreReadAndWritten() throws {
        let settings = try Samples.service().settings
        let text = String(decoding: try JSON.encode(settings), as: UTF8.self)
        #expect(!text.contains("members"))
        #expect(try JSON.decode(ServiceSettings.self, from: Data(text.utf8)).members == nil)
        var told = settings
        told.members = [2: MemberSettings(delaySeconds: 60), 11: MemberSettings(priority: 0, storage: .separate)]
        #expect(try JSON.decode(ServiceSettings.self, from: try JSON.encode(told)) == told)
    }

    @Test func aMemberStaysBehindOnceItIsAReplicaAndNoVoter() throws {
        var service = try group([1: MemberSettings(delaySeconds: 60)])
        #expect(service.delay(of: 1) == 60 && service.delay(of: 0) == 0)
        service.status.synchronous = .init(voters: [1], isInForce: true, since: .distantPast)
        #expect(service.delay(of: 1) == 0, "it first stops acknowledging")
        service.status.synchronous = nil
        service.status.primary = 1
        #expect(service.delay(of: 1) == 0)
    }

    @Test(
        arguments: [
            ([:], [1: .separate], [1]), ([1: .separate], [1: .separate], []), ([0: .separate], [1: .separate], []),
            ([:], [0: .separate], []), ([1: .separate], [:], []), ([:], [1: .separate, 2: .separate], [1, 2]),
            ([:], [9: .separate], []),
        ] as [([Int: MemberSettings.Storage], [Int: MemberSettings.Storage], [Int])])
    func aReplicaGetsACopyOfItsOwnOnce(
        _ old: [Int: MemberSettings.Storage], _ new: [Int: MemberSettings.Storage], _ copied: [Int]
    ) throws {
        let service = try group(old.mapValues { MemberSettings(storage: $0) })
        var settings = service.settings
        settings.members = new.mapValues { MemberSettings(storage: $0) }
        #expect(service.fullCopies(settings) == copied)
    }

    /// A copy for another member would share blocks with a primary that is to share none.
    @Test func aCopyOfASeparatePrimaryIsAFullOne() throws {
        let service = try group([0: MemberSettings(storage: .separate)])
        #expect(service.needsFullCopy(1) && service.needsFullCopy(2))
        let other = try group([1: MemberSettings(storage: .separate)])
        #expect(other.needsFullCopy(1) && !other.needsFullCopy(2))
    }

    private func group(_ members: [Int: MemberSettings]) throws -> Service {
        var service = try Samples.service(goal: .run)
        service.spec.settings.members = members
        service.status.members = try (0...2).map {
            .init(
                index: $0, host: "local", port: try Samples.port(22000 + $0),
                internalPort: try Samples.port(30000 + $0), serverID: UInt32($0 + 1), seeded: true)
        }
        return service
    }
}

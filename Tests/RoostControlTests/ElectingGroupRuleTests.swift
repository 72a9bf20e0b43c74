import RoostControl
import RoostModel
import Testing

/// Refusals for services of several instances whose engine elects its primary.
struct ElectingGroupRuleTests {
    @Test(
        arguments: [
            (1, ServiceSettings.Exposure.network, true, nil), (3, .network, false, "expose"),
            (3, .local, true, "version"), (3, .local, false, nil),
        ] as [(Int, ServiceSettings.Exposure, Bool, String?)])
    func refusesWhatIsNotBuilt(
        _ instances: Int, _ expose: ServiceSettings.Exposure, _ isUpgraded: Bool, _ key: String?
    ) throws {
        let settings = ServiceSettings(instances: instances, memory: .mebibytes(512), expose: expose)
        let standing = try Samples.service("data")
        #expect(ElectingGroupRule.fault(standing, settings: settings, isUpgraded: isUpgraded)?.key == key)
        #expect(ElectingGroupRule.fault(nil, settings: settings, isUpgraded: isUpgraded)?.key == key)
    }
}

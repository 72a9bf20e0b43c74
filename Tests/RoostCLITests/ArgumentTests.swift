import RoostModel
import Testing

@testable import RoostCLI

/// Arguments of a command line that are parsed into more than text.
@Suite struct ArgumentTests {
    static let spans: [(text: String, duration: Duration?)] = [
        ("60s", .seconds(60)), ("90", .seconds(90)), ("1h", .seconds(3600)), ("1h30m", .seconds(5400)),
        ("250ms", .milliseconds(250)), ("1.5s", .milliseconds(1500)), ("2d", .seconds(172_800)), ("0", .zero),
        ("", nil), ("s", nil), ("5q", nil), ("-1s", nil), ("30m1h", nil), ("1s1s", nil), ("1h30", nil),
        ("1..5s", nil), ("99999999999d", nil), ("1 h", nil),
    ]

    @Test(arguments: spans)
    func lengthsOfTimeAreReadAsTyped(text: String, duration: Duration?) {
        #expect(TimeSpan(argument: text)?.duration == duration)
    }

    @Test(arguments: [("data", nil as Int?), ("data.0", 0), ("data.12", 12)])
    func aTargetIsAServiceOrAnInstance(text: String, instance: Int?) throws {
        let target = try Target(text)
        #expect(target.service?.rawValue == "data" && target.instance == instance)
    }

    static let places: [(text: String, service: String?, instance: Int?, clone: String?)] = [
        ("data", "data", nil, "data"), ("data.1", "data", 1, nil), ("shop-3f9a2c", nil, nil, "shop-3f9a2c"),
        ("clone:data", nil, nil, "data"), ("service:data", "data", nil, nil), ("service:data.0", "data", 0, nil),
        ("a_name_of_over_16_letters", nil, nil, "a_name_of_over_16_letters"),
    ]

    @Test(arguments: places)
    func aNameIsAServicesOrAClones(text: String, service: String?, instance: Int?, clone: String?) throws {
        let target = try Target(text)
        #expect(target.service?.rawValue == service && target.instance == instance)
        #expect(target.clone?.rawValue == clone)
    }

    @Test(arguments: [
        "", "Data", "data.", "data.x", "data.-1", "data.0.1", "data.99999", ".0", "clone:", "clone:X", "service:x-y",
        "shop-1.0",
    ])
    func whatNamesNoInstanceIsRefused(text: String) {
        #expect(throws: InvalidArgument.self) { try Target(text) }
    }

    @Test func changesOfOneServiceBecomeOneRequest() throws {
        let changes = try ["data:memory=1G", "cache:cpus=0.5", "data:instances=2"].map { try ScaleChange($0) }
        let requests = try ScaleChange.requests(changes, dryRun: false, yes: true)
        #expect(requests.map(\.service.rawValue) == ["data", "cache"])
        #expect(requests[0].request == ScaleRequest(instances: 2, memory: "1G", yes: true))
        #expect(requests[1].request == ScaleRequest(cpus: 0.5, yes: true))
    }

    @Test func aValueGivenTwiceIsRefused() throws {
        let changes = try ["data:memory=1G", "data:memory=2G"].map { try ScaleChange($0) }
        #expect(throws: Problem.self) { try ScaleChange.requests(changes, dryRun: false, yes: false) }
    }

    @Test(arguments: [
        "data", "data:memory", "data:memory=", "data:memory=lots", "data:cpus=-1", "data:cpus=nan", "data:instances=0",
        "data:instances=1.5", "data:disk=1G", "Data:memory=1G", ":memory=1G", "memory=1G",
    ])
    func aChangeThatMakesNoSenseIsRefused(text: String) {
        #expect(throws: InvalidArgument.self) { try ScaleChange(text) }
    }

    @Test func completionFindsTheDaemonInAnUnfinishedLine() {
        let options = LiveNames.options(in: ["roost", "info", "-A", "shop", "--home=/srv/r", "--url"])
        #expect(options.application?.rawValue == "shop" && options.home == "/srv/r" && options.url == nil)
    }

    @Test func theLongestServiceNameTakesAVariable() {
        let all = EnvironmentInfo(variables: ["X_DATA_URL": "1", "X_DATA_TWO_URL": "2", "X_DATABASE_URL": "3"])
        let services = ["data", "data_two"]
        #expect(all.only("data", of: services, prefix: "X_").variables == ["X_DATA_URL": "1"])
        #expect(all.only("data_two", of: services, prefix: "X_").variables == ["X_DATA_TWO_URL": "2"])
    }
}

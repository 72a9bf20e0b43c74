import Foundation
import RoostModel
import Testing

/// JSON shapes that other people's scripts rely on.
struct ContractTests {
    /// The example of the product's contract, with the one instance that a service may have today.
    private static let info = #"""
        {"application":"ramen","service":"data","type":"mysql","engine":"mariadb@10.11.19","state":"running",
         "endpoint":{"host":"127.0.0.1","port":21000},"read_endpoint":{"host":"127.0.0.1","port":21001},
         "user":"root","database":"data","url":null,"password":null,
         "memory_bytes":536870912,"durability":"sync","routing":"primary","epoch":3,
         "instances":[{"name":"data.0","role":"primary","state":"up","host":"local","port":22000,"pid":4242,"replication_lag_seconds":null}],
         "replication":{"status":"none","mode":null,"at_risk_seconds":0.0}}
        """#

    @Test func serviceInfoHoldsAllThatTheContractNames() throws {
        let encoded = try JSONSerialization.jsonObject(with: JSON.encode(try Samples.serviceInfo()))
        let contract = try JSONSerialization.jsonObject(with: Data(Self.info.utf8))
        let differences = missing(contract, in: encoded, at: "$")
        #expect(differences.isEmpty, "\(differences)")
    }

    @Test func serviceInfoOfTheContractIsAnAnswerOfOurs() throws {
        let info = try Samples.serviceInfo()
        #expect(try JSON.decode(ServiceInfo.self, from: JSON.encode(info)) == info)
    }

    @Test(arguments: ServiceInfo.State.allCases)
    func statesAreTheContracts(_ state: ServiceInfo.State) {
        #expect(["creating", "running", "degraded", "down", "stopped"].contains(state.rawValue))
    }

    @Test func aListIsAnObjectWithItems() throws {
        #expect(String(decoding: try JSON.encode(ItemList<UserInfo>([])), as: UTF8.self) == #"{"items":[]}"#)
    }

    @Test func anErrorHasCodeMessageAndNextSteps() throws {
        let problem = Problem(
            .serviceNotFound, "no service 'x'", next: ["roost ls"],
            diagnostics: [Diagnostic(file: "roost.yml", line: 3, key: "services.x", message: "no")])
        let data = try JSON.encode(ProblemBody(problem))
        #expect(
            String(decoding: data, as: UTF8.self)
                == #"{"error":{"code":"service_not_found","diagnostics":[{"file":"roost.yml","key":"services.x","line":3,"#
                + #""message":"no"}],"message":"no service 'x'","next_steps":["roost ls"]}}"#)
        #expect(try JSON.decode(ProblemBody.self, from: data).problem == problem)
    }

    @Test func anErrorOfANewerDaemonIsAFailure() throws {
        let text = #"{"error":{"code":"from_the_future","message":"m","next_steps":[],"diagnostics":[]}}"#
        #expect(try JSON.decode(ProblemBody.self, from: Data(text.utf8)).problem.code == .failed)
    }

    /// The contract's exit statuses 2 to 6 agree with the HTTP status of the same problem.
    @Test(arguments: ProblemCode.allCases)
    func exitAndHTTPStatusOfAProblemAgree(_ code: ProblemCode) {
        let allowed: [Int32: Set<Int>] = [
            1: [401, 403, 409, 423, 429, 500, 503, 507], 2: [400, 413], 3: [404], 4: [409], 5: [504], 6: [503],
        ]
        #expect(allowed[code.exitStatus]?.contains(code.httpStatus) == true)
        #expect(code.rawValue == code.rawValue.lowercased())
    }

    @Test(
        arguments: [
            (.usage, 2), (.buildFileInvalid, 2), (.serviceNotFound, 3), (.confirmationNeeded, 4), (.timedOut, 5),
            (.degraded, 6), (.failed, 1),
        ] as [(ProblemCode, Int32)])
    func exitStatusesAreTheContracts(_ code: ProblemCode, _ status: Int32) {
        #expect(code.exitStatus == status)
    }

    @Test func aDiagnosticNamesFileLineAndKey() {
        #expect(
            Diagnostic(file: "roost.yml", line: 3, key: "services.data.memory", message: "no").description
                == "roost.yml:3: services.data.memory: no")
        #expect(Diagnostic(file: "roost.yml", line: 1, key: "", message: "no").description == "roost.yml:1: no")
    }

    @Test func allTypesAreReadBackAsTheyWereWritten() throws {
        let service = try Samples.service()
        try roundTrip(service.spec)
        try roundTrip(service.status)
        try roundTrip(PushAnswer(changes: [Samples.change], notes: ["n"], operation: Samples.operation))
        try roundTrip(DestroyAnswer(services: ["data"], snapshots: ["data": "s1"], operation: nil))
        try roundTrip(Samples.operation)
        try roundTrip(
            EventInfo(
                id: 1, time: Samples.time, application: "ramen", service: nil, instance: nil, kind: "k", message: "m"))
        try roundTrip(
            SnapshotInfo(
                id: "s1", application: "ramen", service: "data", engine: "mariadb@10.11.19", reason: "destroy",
                method: "rename", createdAt: Samples.time, expiresAt: Samples.time, sizeBytes: .gibibytes(1)))
        try roundTrip(
            EngineInfo(engine: "e", types: ["mysql"], origin: "o", readyDirectories: 1, usedBy: ["ramen/data"]))
        try roundTrip(
            EngineInfo(
                engine: "e", types: ["mysql"], origin: "o", readyDirectories: 0, usedBy: [],
                sizeBytes: .mebibytes(79), addedAt: Samples.time))
        try roundTrip(Finding("storage", .notice, "m", fix: "f"))
        try roundTrip(UserInfo(name: "root", shown: true, password: nil))
        try roundTrip(TokenInfo(name: "ci", scope: "app:ramen", createdAt: Samples.time, token: "t"))
        try roundTrip(
            ClientOffer(
                arguments: ["mysql"], environment: ["MYSQL_HOME": "{files}"], files: ["my.cnf": "x"], path: ["/bin"]))
        try roundTrip(SignInInfo(url: "http://x/y", expiresAt: Samples.time))
    }

    @Test func namesOfVariablesStayAsTheyAre() throws {
        let info = EnvironmentInfo(variables: ["DATA_MYSQL_URL": "mysql://a/b", "camelCase": "x"])
        #expect(
            String(decoding: try JSON.encode(info), as: UTF8.self)
                == #"{"variables":{"DATA_MYSQL_URL":"mysql://a/b","camelCase":"x"}}"#)
        try roundTrip(info)
    }

    private func roundTrip<Value: Codable & Equatable>(_ value: Value) throws {
        #expect(try JSON.decode(Value.self, from: JSON.encode(value)) == value)
    }

    /// Paths of fields that are in the contract and missing from the answer, or have another kind of value there.
    private func missing(_ contract: Any, in answer: Any?, at path: String) -> [String] {
        switch (contract, answer) {
        case (let contract as [String: Any], let answer as [String: Any]):
            contract.sorted { $0.key < $1.key }.flatMap {
                missing($0.value, in: answer[$0.key], at: "\(path).\($0.key)")
            }
        case (let contract as [Any], let answer as [Any]):
            zip(contract, answer).enumerated().flatMap {
                missing($0.element.0, in: $0.element.1, at: "\(path)[\($0.offset)]")
            }
        case (let contract as NSObject, let answer as NSObject):
            contract == answer ? [] : ["\(path): \(contract) is \(answer)"]
        default:
            ["\(path) is missing"]
        }
    }
}

/// Documents that an older Roost has written.
struct OlderDocumentTests {
    @Test func settingsWithoutExtensionsAreRead() throws {
        var object = try #require(
            JSONSerialization.jsonObject(with: JSON.encode(ServiceSettings(memory: .gibibytes(1)))) as? [String: Any])
        #expect(object.removeValue(forKey: "extensions") != nil)
        let settings = try JSON.decode(ServiceSettings.self, from: JSONSerialization.data(withJSONObject: object))
        #expect(settings == ServiceSettings(memory: .gibibytes(1)))
    }
}

import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import RoostAPI
import RoostModel
import Testing

@testable import RoostServer

/// The API's description says what the routes and bodies are, no more and no less.
@Suite struct OpenAPITests {
    typealias Object = [String: Any]

    /// A schema of the description, with an example of the type that it describes.
    struct Described: Sendable, CustomTestStringConvertible {
        let schema: String
        let type: any SendableMetatype.Type
        /// Reads the example and writes it again.
        let recode: @Sendable (Data) throws -> Data
        /// The fields that a request may have.
        var fields: [String]?
        var testDescription: String { schema }

        init<Value: Codable & SendableMetatype>(_ schema: String, _ type: Value.Type) {
            self.schema = schema
            self.type = type
            recode = { try JSON.encode(try JSON.decode(type, from: $0)) }
        }

        init<Body: RoostModel.RequestBody & SendableMetatype>(request schema: String, _ type: Body.Type) {
            self.schema = schema
            self.type = type
            recode = { try JSON.encode(try JSON.request(type, from: $0)) }
            fields = Body.CodingKeys.allCases.map(\.stringValue)
        }

        /// Reads the example with another value of one field.
        func recodes(_ example: Object, _ name: String, _ value: Any) throws {
            _ = try recode(try JSONSerialization.data(withJSONObject: example.merging([name: value]) { $1 }))
        }
    }

    static let described: [Described] = [
        Described("Application", ApplicationInfo.self), Described("Service", ServiceInfo.self),
        Described("Address", ServiceInfo.Address.self), Described("Instance", ServiceInfo.Instance.self),
        Described("Replication", ServiceInfo.Replication.self),
        Described("LastComparison", ServiceInfo.Comparison.self),
        Described("ReplicationState", ReplicationInfo.self), Described("Environment", EnvironmentInfo.self),
        Described(request: "PushRequest", PushRequest.self), Described("PushAnswer", PushAnswer.self),
        Described("NeededSource", NeededSource.self), Described("Port", ServiceInfo.Port.self),
        Described("ServiceChange", ServiceChange.self), Described("FieldChange", ServiceChange.Field.self),
        Described(request: "ScaleRequest", ScaleRequest.self),
        Described(request: "PromoteRequest", PromoteRequest.self),
        Described(request: "FailoverRequest", FailoverRequest.self),
        Described(request: "RestartRequest", RestartRequest.self),
        Described(request: "ResyncRequest", ResyncRequest.self),
        Described(request: "PauseRequest", PauseRequest.self), Described("Pause", ServiceInfo.Pause.self),
        Described("Failover", FailoverInfo.self), Described("FailoverStep", FailoverInfo.Step.self),
        Described("FailoverCandidate", FailoverInfo.Candidate.self),
        Described("Promotion", PromotionInfo.self), Described("PromotionCandidate", PromotionInfo.Candidate.self),
        Described("MembersComparison", MembersComparison.self),
        Described("ComparedMember", MembersComparison.Member.self),
        Described("ComparedTable", MembersComparison.Table.self),
        Described(request: "RotateRequest", RotateRequest.self), Described("DestroyAnswer", DestroyAnswer.self),
        Described(request: "RestoreRequest", RestoreRequest.self), Described("User", UserInfo.self),
        Described(request: "UserRequest", UserRequest.self),
        Described(request: "ClientOfferRequest", ClientOfferRequest.self),
        Described("ClientOffer", ClientOffer.self), Described("Operation", OperationInfo.self),
        Described("Step", OperationInfo.Step.self), Described("RunningStep", OperationInfo.RunningStep.self),
        Described("StepOutput", OperationInfo.Output.self), Described("Event", EventInfo.self),
        Described("Snapshot", SnapshotInfo.self), Described("Engine", EngineInfo.self),
        Described(request: "EngineRequest", EngineRequest.self),
        Described("Authority", AuthorityInfo.self), Described("Host", MachineInfo.self),
        Described("Finding", Finding.self), Described("Usage", UsageInfo.self),
        Described("Token", TokenInfo.self), Described(request: "TokenRequest", TokenRequest.self),
        Described("SignIn", SignInInfo.self), Described("Problem", ProblemBody.self),
        Described("ProblemContent", ProblemBody.Content.self), Described("Diagnostic", Diagnostic.self),
        Described(request: "SnapshotRequest", SnapshotRequest.self),
        Described(request: "CloneRequest", CloneRequest.self), Described("Clone", CloneInfo.self),
        Described("CloneAnswer", CloneAnswer.self), Described(request: "ExtendRequest", ExtendRequest.self),
        Described(request: "ProtectRequest", ProtectRequest.self),
        Described(request: "TemplateRequest", TemplateRequest.self), Described("Template", TemplateInfo.self),
        Described("ReceivedDump", ReceivedDump.self), Described("TemplateAnswer", TemplateAnswer.self),
        Described(request: "PoolRequest", PoolRequest.self),
        Described("Storage", StorageInfo.self), Described("Pool", StorageInfo.Pool.self),
        Described("StorageItem", StorageInfo.Item.self),
        Described("Webhook", WebhookInfo.self), Described("WebhookTest", WebhookTest.self),
        Described("NotifySecret", NotifySecret.self),
    ]

    static func document() throws -> Object {
        let data = Data(OpenAPI.document(version: "1.2.3").utf8)
        return try #require(try JSONSerialization.jsonObject(with: data) as? Object)
    }

    static func object(_ names: String..., in document: Object) throws -> Object {
        try names.reduce(document) { object, name in try #require(object[name] as? Object, "\(name)") }
    }

    @Test func isServedAsValidJSONWithTheVersion() async throws {
        let response = try await Bench().send(.get, MachineEndpoints.openAPI.template, token: "ramen-token")
        #expect(response.headers[.contentType]?.hasPrefix("application/json") == true)
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(response.text.utf8)) as? Object)
        #expect(document["openapi"] as? String == "3.1.0")
        #expect(try Self.object("info", in: document)["version"] as? String == "1.2.3")
    }

    @Test func describesEveryRouteAndNoOther() throws {
        let paths = try Self.object("paths", in: try Self.document())
        var described: [String: Set<String>] = [:]
        for (path, item) in paths {
            let item = try #require(item as? Object)
            for (method, operation) in item where method != "parameters" {
                let all = try Self.parameters(item) + Self.parameters(try #require(operation as? Object))
                described["\(method.uppercased()) \(path)"] = Set(all)
            }
        }
        let routes = try Bench().api.routes
        let expected = routes.map { route in
            let inPath = route.path.split(separator: "/").filter { $0.hasPrefix("{") }
                .map { "path \($0.dropFirst().dropLast())" }
            return (route.name, Set(inPath + route.query.map { "query \($0)" }))
        }
        #expect(described == Dictionary(uniqueKeysWithValues: expected))
    }

    /// Every route under `/v1` is an endpoint's, and every endpoint has a route.
    @Test func theRoutesAreTheEndpoints() throws {
        let routes = try Bench().api.routes.filter { $0.path.hasPrefix("/v1") }
        let endpoints = Endpoints.all.filter { $0.template.hasPrefix("/v1") }
        #expect(
            Set(routes.map { "\($0.method.rawValue) \($0.path) \($0.query)" })
                == Set(endpoints.map { "\($0.method.rawValue) \($0.template) \($0.query)" }))
        #expect(Endpoints.all.count == Set(Endpoints.all.map { "\($0.method.rawValue) \($0.template)" }).count)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let endpoint: any AnyEndpoint
        var testDescription: String { "\(endpoint.method.rawValue) \(endpoint.template)" }
    }

    /// The schemas of an operation's body and answer are those of the endpoint's types, and its statuses those that such
    /// an answer may have.
    @Test(arguments: Endpoints.all.map(Row.init)) func operationsHaveTheTypesOfTheirEndpoints(row: Row) throws {
        let endpoint = row.endpoint
        let operation = try Self.object(
            "paths", endpoint.template, endpoint.method.rawValue.lowercased(), in: try Self.document())
        let body = operation["requestBody"]
        if endpoint.bodyType == NoBody.self {
            #expect(body == nil)
        } else if endpoint.bodyType == ByteBody.self {
            #expect(body != nil && Self.references(in: body as Any).isEmpty)
        } else {
            #expect(Self.references(in: body as Any) == [try Self.reference(to: endpoint.bodyType)])
        }
        let responses = try Self.object("responses", in: operation).filter { $0.key.hasPrefix("2") }
            .mapValues { try Self.resolved($0) }
        if endpoint.answerType == NoAnswer.self {
            #expect(Array(responses.keys) == ["204"])
        } else if endpoint.answerType != TextAnswer.self {
            let type = (endpoint.answerType as? any ListType.Type)?.itemType ?? endpoint.answerType
            #expect(Self.references(in: responses) == [try Self.reference(to: type)])
        }
        if endpoint.query.contains("wait"), endpoint.answerType != OperationInfo.self || endpoint.method != .get {
            #expect(responses["202"] != nil, "it may be waited for")
        }
    }

    /// The response, or the shared one that it refers to.
    private static func resolved(_ response: Any) throws -> Any {
        guard let name = ((response as? Object)?["$ref"] as? String)?.split(separator: "/").last else {
            return response
        }
        return try object("components", "responses", in: try document())[String(name)] as Any
    }

    private static func reference(to type: Any.Type) throws -> String {
        let described = try #require(described.first { $0.type == type }, "\(type) is not described")
        return "#/components/schemas/\(described.schema)"
    }

    /// The parameters of a path or an operation, as `query wait`.
    private static func parameters(_ object: Object) throws -> [String] {
        let components = try Self.object("components", "parameters", in: try document())
        return try (object["parameters"] as? [Object] ?? []).map { parameter in
            let name = (parameter["$ref"] as? String)?.split(separator: "/").last.map(String.init)
            let resolved = try name.map { try #require(components[$0] as? Object, "\($0)") } ?? parameter
            return "\(try #require(resolved["in"] as? String)) \(try #require(resolved["name"] as? String))"
        }
    }

    @Test func everyOperationIsCompleteAndHasANameOfItsOwn() throws {
        var names: [String] = []
        for (path, item) in try Self.object("paths", in: try Self.document()) {
            for (method, operation) in try #require(item as? Object) where method != "parameters" {
                let operation = try #require(operation as? Object)
                names.append(try #require(operation["operationId"] as? String))
                #expect(operation["summary"] is String, "\(method) \(path)")
                let responses = try #require(operation["responses"] as? Object)
                #expect(responses.keys.contains { $0.hasPrefix("2") || $0.hasPrefix("3") }, "\(method) \(path)")
                #expect((operation["requestBody"] != nil) == Self.takesBody(method, path), "\(method) \(path)")
            }
        }
        #expect(names.count == Set(names).count)
    }

    /// A number without a bound would allow what no integer of the program holds, and a request that the description
    /// allows would be refused.
    @Test func everyNumberOfARequestHasItsBounds() throws {
        let document = try Self.document()
        let components = try Self.object("components", in: document)
        let schemas = try Self.object("schemas", in: components)
        let bodies = Self.described.filter { $0.fields != nil }.map { schemas[$0.schema] as Any }
        let numbers = Self.numbers(in: [components["parameters"] as Any, document["paths"] as Any, bodies])
        #expect(numbers.count > 10)
        for number in numbers where number["minimum"] == nil || number["maximum"] == nil {
            Issue.record("no bound: \(number)")
        }
    }

    /// The schemas of numbers anywhere in a part of the description.
    private static func numbers(in part: Any) -> [Object] {
        if let list = part as? [Any] { return list.flatMap(numbers) }
        guard let object = part as? Object else { return [] }
        let types = object["type"] as? [String] ?? (object["type"] as? String).map { [$0] } ?? []
        let isNumber = !Set(types).isDisjoint(with: ["integer", "number"])
        return (isNumber ? [object] : []) + object.values.flatMap(numbers)
    }

    private static func takesBody(_ method: String, _ path: String) -> Bool {
        let bodiless = [
            "/sign-in", "/sign-out", "/reset", "/refresh", "/move", "/resume", "{clone}/restart", "/cancel", "/verify",
            "/notify/test",
        ]
        return switch method {
        case "post": path == "/sign-in" || !bodiless.contains { path.hasSuffix($0) }
        case "put": path.contains("/sources/") || path.contains("{clone}") || path.contains("{template}")
        default: false
        }
    }

    @Test func everyReferenceLeadsSomewhereAndEverySchemaIsUsed() throws {
        let document = try Self.document()
        let references = Self.references(in: document)
        for reference in references {
            let names = reference.split(separator: "/").dropFirst().map(String.init)
            let target = try names.reduce(document as Any) { found, name in
                try #require((found as? Object)?[name], "\(reference)")
            }
            #expect(target is Object)
        }
        let schemas = try Self.object("components", "schemas", in: document).keys
        // A size is a text, not an object.
        #expect(Set(schemas) == Set(Self.described.map(\.schema) + ["Size"]))
        for schema in schemas { #expect(references.contains("#/components/schemas/\(schema)"), "\(schema)") }
    }

    private static func references(in value: Any) -> Set<String> {
        switch value {
        case let object as Object:
            object.reduce(into: []) { found, pair in
                if pair.key == "$ref", let text = pair.value as? String { found.insert(text) }
                found.formUnion(references(in: pair.value))
            }
        case let list as [Any]: list.reduce(into: []) { $0.formUnion(references(in: $1)) }
        default: []
        }
    }

    @Test(arguments: described)
    func schemasNameTheFieldsThatAreReadAndWritten(_ described: Described) throws {
        let schema = try Self.object("components", "schemas", described.schema, in: try Self.document())
        let properties = Set(try Self.object("properties", in: schema).keys)
        let required = Set(schema["required"] as? [String] ?? [])
        let example = try #require(schema["example"])
        let data = try JSONSerialization.data(withJSONObject: example)
        let written = try #require(
            try JSONSerialization.jsonObject(with: try described.recode(data)) as? Object)
        if let fields = described.fields {
            let known = fields.map { $0.replacing(/[A-Z]/) { "_" + $0.output.lowercased() } }
            #expect(properties == Set(known))
            #expect(required.isSubset(of: properties))
            #expect(schema["additionalProperties"] as? Bool == false)
        } else {
            #expect(properties == Set(written.keys))
            #expect(required == properties)
            #expect(NSDictionary(dictionary: written) == NSDictionary(dictionary: example as? Object ?? [:]))
        }
    }

    @Test(arguments: described.filter { $0.fields != nil })
    func fieldsThatAreNotRequiredMayBeLeftOut(_ described: Described) throws {
        let schema = try Self.object("components", "schemas", described.schema, in: try Self.document())
        let required = schema["required"] as? [String] ?? []
        let example = try #require(schema["example"] as? Object).filter { required.contains($0.key) }
        #expect(throws: Never.self) { try described.recode(try JSONSerialization.data(withJSONObject: example)) }
        for name in required {
            let data = try JSONSerialization.data(withJSONObject: example.filter { $0.key != name })
            #expect(throws: Problem.self) { try described.recode(data) }
        }
    }

    /// A value outside a bound that the document states is refused by the code, and one at the bound is taken.
    @Test(arguments: described.filter { $0.fields != nil })
    func boundsAreThoseOfTheCode(_ described: Described) throws {
        let schema = try Self.object("components", "schemas", described.schema, in: try Self.document())
        let example = try #require(schema["example"] as? Object)
        for (name, property) in try Self.object("properties", in: schema) {
            let property = try #require(property as? Object)
            let choices = (property["anyOf"] as? [Object] ?? []) + [property]
            for (bound, step) in [("minimum", -1.0), ("maximum", 1.0)] {
                guard let limit = choices.compactMap({ $0[bound] as? Double }).first else { continue }
                try described.recodes(example, name, limit)
                #expect(throws: Problem.self, "\(name): \(limit + step)") {
                    try described.recodes(example, name, limit + step)
                }
            }
            if (property["$ref"] as? String)?.hasSuffix("/Size") == true {
                try described.recodes(example, name, "1.5G")
                #expect(throws: Problem.self, "\(name)") { try described.recodes(example, name, "much") }
            }
        }
    }

    @Test func numbersInRequestsHaveALowerBound() throws {
        for described in Self.described where described.fields != nil {
            let schema = try Self.object("components", "schemas", described.schema, in: try Self.document())
            for (name, property) in try Self.object("properties", in: schema) {
                let property = try #require(property as? Object)
                let types = property["type"] as? [String] ?? [property["type"] as? String ?? ""]
                guard types.contains("number") || types.contains("integer") else { continue }
                #expect(property["minimum"] != nil, "\(described.schema).\(name)")
            }
        }
    }

    @Test(arguments: [("post", CloneEndpoints.list.template), ("put", "\(CloneEndpoints.list.template)/{clone}")])
    func aTemplateThatIsNotReadyIsAStatusOfItsOwn(method: String, path: String) throws {
        let responses = try Self.object("paths", path, method, "responses", in: try Self.document())
        #expect(responses["\(ProblemCode.notReadyYet.httpStatus)"] != nil)
    }

    @Test func theCodesOfProblemsAreThose() throws {
        let content = try Self.object(
            "components", "schemas", "ProblemContent", "properties", "code", in: try Self.document())
        #expect(content["enum"] as? [String] == ProblemCode.allCases.map(\.rawValue))
    }
}

/// A list, whose items the document describes.
private protocol ListType {
    static var itemType: Any.Type { get }
}

extension ItemList: ListType {
    static var itemType: Any.Type { Item.self }
}

import Hummingbird
import RoostAPI
import RoostModel

/// A handler's answer, of the type that its endpoint names.
struct Reply<Answer: Sendable>: Sendable {
    let response: Response

    /// For answers that are no single document: streams.
    init(_ response: Response) { self.response = response }
}

extension Reply where Answer: Encodable {
    static func json(
        _ value: Answer, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) throws -> Reply {
        Reply(try .json(value, status: status, headers: headers))
    }

    /// 202 with the operation's address while the operation runs; 200 when it has ended or there is none.
    static func work(_ value: Answer, _ operation: OperationInfo?) throws -> Reply {
        guard let operation, operation.state == .running else { return try .json(value) }
        return try .json(
            value, status: .accepted,
            headers: [.location: OperationEndpoints.show.path(OperationPath(operation.id))])
    }
}

extension Reply {
    static func list<Item: Codable & Sendable>(_ items: [Item]) throws -> Reply where Answer == ItemList<Item> {
        try .json(ItemList(items))
    }
}

extension Reply where Answer == NoAnswer {
    static var done: Reply { Reply(Response(status: .noContent)) }
}

extension Reply where Answer == TextAnswer {
    static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> Reply {
        Reply(.text(text, type: type))
    }
}

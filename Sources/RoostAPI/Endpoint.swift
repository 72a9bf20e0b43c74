import RoostModel

/// One call of the HTTP API: its method, its path, the query items that it takes, and the types of the values in its
/// path, of its body and of its answer. The server binds a handler to it, the client calls it, and the OpenAPI document
/// is tested against it.
package struct Endpoint<Path: EndpointPath, Body: Sendable, Answer: Sendable>: Sendable {
    package let method: EndpointMethod
    /// The path with its parameters in braces: `/v1/applications/{application}/services/{service}/scale`.
    package let template: String
    /// Names of the query items.
    package let query: [String]
    private let suffix: String

    /// `suffix`: the path's part after what `Path` gives.
    package init(_ method: EndpointMethod, _ suffix: String = "", query: [String] = []) {
        self.method = method
        self.suffix = suffix
        self.query = query
        template = Path.template + suffix
    }

    /// The path with values in the places of its parameters, escaped.
    package func path(_ values: Path) -> String {
        var rest = values.values[...]
        let parts = Path.template.split(separator: "/", omittingEmptySubsequences: false).map { part in
            part.hasPrefix("{") ? rest.removeFirst().percentEncoded : String(part)
        }
        return parts.joined(separator: "/") + suffix
    }
}

package enum EndpointMethod: String, Sendable {
    case get = "GET"
    case put = "PUT"
    case post = "POST"
    case delete = "DELETE"
}

/// An endpoint without its types, for lists of all of them.
package protocol AnyEndpoint: Sendable {
    var method: EndpointMethod { get }
    var template: String { get }
    var query: [String] { get }
    var bodyType: Any.Type { get }
    var answerType: Any.Type { get }
}

extension Endpoint: AnyEndpoint {
    package var bodyType: Any.Type { Body.self }
    package var answerType: Any.Type { Answer.self }
}

// MARK: Bodies and answers that are no JSON

/// No body is sent.
package enum NoBody: Sendable {}

/// A body of bytes: a dump, or a source.
package enum ByteBody: Sendable {}

/// 204: there is nothing to tell.
package enum NoAnswer: Sendable {}

/// Plain text, or a stream of lines or events that may have no end.
package enum TextAnswer: Sendable {}

/// Every call of the API.
package enum Endpoints {
    package static let all: [any AnyEndpoint] =
        ApplicationEndpoints.declared + ServiceEndpoints.declared + SnapshotEndpoints.declared
        + CloneEndpoints.declared + TemplateEndpoints.declared + MachineEndpoints.declared
        + OperationEndpoints.declared + TokenEndpoints.declared
}

import RoostModel

/// An endpoint is one call of the HTTP API: its method, its path, the query items that it takes, and the types of the
/// values in its path, of its body and of its answer. The server binds a handler to it, the client calls it, and the
/// OpenAPI document is tested against it.
package struct Endpoint<Path: EndpointPath, Body: Sendable, Answer: Sendable>: Sendable {
    package let method: EndpointMethod
    /// The path with its parameters in braces: `/v1/applications/{application}/services/{service}/scale`.
    package let template: String
    /// Names of the query items.
    package let query: [String]
    private let suffix: String

    /// `suffix`: the end of the path, after the template of `Path`, such as `/scale`.
    package init(_ method: EndpointMethod, _ suffix: String = "", query: [String] = []) {
        self.method = method
        self.suffix = suffix
        self.query = query
        template = Path.template + suffix
    }

    /// The path with the values, percent-encoded, in place of its parameters.
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

// MARK: Bodies and answers that are not JSON

/// The `Body` of a request without a body.
package enum NoBody: Sendable {}

/// A body of bytes: a dump, or the source of a custom service.
package enum ByteBody: Sendable {}

/// The `Answer` of a response without a body (status 204).
package enum NoAnswer: Sendable {}

/// Plain text, or a stream of lines or events that may have no end.
package enum TextAnswer: Sendable {}

/// All endpoints, for the tests that compare them with the OpenAPI document.
package enum Endpoints {
    package static let all: [any AnyEndpoint] =
        ApplicationEndpoints.declared + ServiceEndpoints.declared + SnapshotEndpoints.declared
        + CloneEndpoints.declared + TemplateEndpoints.declared + MachineEndpoints.declared
        + OperationEndpoints.declared + TokenEndpoints.declared + NotifyEndpoints.declared
}

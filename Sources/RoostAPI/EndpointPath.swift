import RoostModel

/// The values in an endpoint's path.
package protocol EndpointPath: Sendable {
    /// The path's beginning, with its parameters in braces.
    static var template: String { get }
    /// The values of the parameters, in their order. Not escaped.
    var values: [String] { get }
}

/// A path without parameters.
package struct NoParameters: EndpointPath {
    package static let template = ""

    package init() {}

    package var values: [String] { [] }
}

extension ApplicationName: EndpointPath {
    package static let template = "/v1/applications/{application}"

    package var values: [String] { [rawValue] }
}

/// The source of a custom service, by its digest.
package struct SourcePath: EndpointPath {
    package static let template = "\(ApplicationName.template)/sources/{digest}"

    package let application: ApplicationName
    package let digest: ContentDigest

    package init(_ application: ApplicationName, _ digest: ContentDigest) {
        self.application = application
        self.digest = digest
    }

    package var values: [String] { [application.rawValue, digest.rawValue] }
}

extension ServiceID: EndpointPath {
    package static let template = "\(ApplicationName.template)/services/{service}"

    package var values: [String] { [application.rawValue, service.rawValue] }
}

extension InstanceID: EndpointPath {
    package static let template = "\(ApplicationName.template)/instances/{instance}"

    package var values: [String] { [service.application.rawValue, name] }
}

/// A user of a service, by a name as somebody typed it.
package struct UserPath: EndpointPath {
    package static let template = "\(ServiceID.template)/users/{user}"

    package let service: ServiceID
    package let user: String

    package init(_ service: ServiceID, _ user: String) {
        self.service = service
        self.user = user
    }

    package var values: [String] { service.values + [user] }
}

/// A snapshot of a service, by an id as somebody typed it.
package struct SnapshotPath: EndpointPath {
    package static let template = "\(ServiceID.template)/snapshots/{snapshot}"

    package let service: ServiceID
    package let snapshot: String

    package init(_ service: ServiceID, _ snapshot: String) {
        self.service = service
        self.snapshot = snapshot
    }

    package var values: [String] { service.values + [snapshot] }
}

/// A clone, by a name as somebody typed it.
package struct ClonePath: EndpointPath {
    package static let template = "/v1/clones/{clone}"

    package let clone: String

    package init(_ clone: String) { self.clone = clone }

    package var values: [String] { [clone] }
}

/// A snapshot of a clone.
package struct CloneSnapshotPath: EndpointPath {
    package static let template = "\(ClonePath.template)/snapshots/{snapshot}"

    package let clone: String
    package let snapshot: String

    package init(_ clone: String, _ snapshot: String) {
        self.clone = clone
        self.snapshot = snapshot
    }

    package var values: [String] { [clone, snapshot] }
}

/// A template, by a name as somebody typed it.
package struct TemplatePath: EndpointPath {
    package static let template = "/v1/templates/{template}"

    package let name: String

    package init(_ name: String) { self.name = name }

    package var values: [String] { [name] }
}

/// An operation, by its id.
package struct OperationPath: EndpointPath {
    package static let template = "/v1/operations/{operation}"

    package let id: String

    package init(_ id: String) { self.id = id }

    package var values: [String] { [id] }
}

/// A release of an engine, as `mariadb@10.11.19`.
package struct EnginePath: EndpointPath {
    package static let template = "/v1/engines/{engine}"

    package let engine: String

    package init(_ engine: String) { self.engine = engine }

    package var values: [String] { [engine] }
}

/// A token, by its name.
package struct TokenPath: EndpointPath {
    package static let template = "/v1/tokens/{token}"

    package let token: String

    package init(_ token: String) { self.token = token }

    package var values: [String] { [token] }
}

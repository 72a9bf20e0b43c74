import Foundation
import RoostModel

/// Builds and finishes a version of a template, with a server of its own. The result is also stored in
/// `template.json`.
package struct BuildTemplate: AgentJob, Equatable {
    package typealias Result = TemplateVersion
    package static let name = "build template"

    package let template: Template
    /// Id of the version to be made.
    package let version: String
    package let source: Source
    /// A service of the application `.builds` that no document knows of.
    package let order: SealedOrder
    /// When the build began, which may have been before its work here.
    package let began: Date

    package enum Source: Codable, Equatable, Sendable {
        /// An absolute path.
        case dump(path: String)
        case snapshot(ServiceID, id: String)
    }

    package init(_ template: Template, version: String, source: Source, _ order: SealedOrder, began: Date) {
        self.template = template
        self.version = version
        self.source = source
        self.order = order
        self.began = began
    }
}

package struct ListTemplateVersions: AgentCall, Equatable {
    package typealias Answer = [TemplateRecord]
    package static let name = "template versions"

    package init() {}
}

package struct RemoveTemplateVersion: AgentJob, Equatable {
    package typealias Result = Done
    package static let name = "remove template version"

    package let template: TemplateName
    package let version: String

    package init(_ template: TemplateName, version: String) {
        self.template = template
        self.version = version
    }
}

/// Notes whether a template's versions are to be removed, for a template that only its files tell of.
package struct MarkTemplate: AgentCall, Equatable {
    package typealias Answer = Done
    package static let name = "mark template"

    package let template: TemplateName
    package let isRemoved: Bool

    package init(_ template: TemplateName, isRemoved: Bool) {
        self.template = template
        self.isRemoved = isRemoved
    }
}

package struct IsTemplateRemoved: AgentCall, Equatable {
    package typealias Answer = Bool
    package static let name = "is template removed"

    package let template: TemplateName

    package init(_ template: TemplateName) { self.template = template }
}

import Foundation

/// Templates: data that clones are made of, and the dumps that they are built from.
package protocol TemplatesAPI: Sendable {
    /// Stores an uploaded dump for a template. `next` gives the pieces, nil at the end.
    func storeDump(_ next: @Sendable () async throws -> Data?) async throws(Problem) -> ReceivedDump
    func list() async throws(Problem) -> [TemplateInfo]
    func find(_ name: TemplateName) async throws(Problem) -> TemplateInfo
    /// Idempotent; a build begins if there is none of this source yet.
    func add(_ name: TemplateName, _ request: TemplateRequest) async throws(Problem) -> TemplateAnswer
    func refresh(_ name: TemplateName) async throws(Problem) -> OperationInfo
    /// `confirm` must be its name.
    func remove(_ name: TemplateName, confirm: String?, dryRun: Bool) async throws(Problem) -> TemplateInfo
}

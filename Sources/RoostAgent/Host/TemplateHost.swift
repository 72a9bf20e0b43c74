import Foundation
import RoostEngines
import RoostModel

/// What the builds of templates ask of a machine, step by step.
package protocol TemplateHost: Sendable {
    /// Puts the data that a template begins with at the build's place: a fresh directory, a dump's own files, or a copy of
    /// a snapshot. Returns whether the dump is still to be loaded.
    func beginBuild(_ start: BuildStart, _ order: InstanceOrder) async throws(HostFailure) -> Bool
    func load(
        _ dump: Dump, _ order: InstanceOrder, progress: @escaping @Sendable (LoadProgress) -> Void
    ) async throws(HostFailure) -> LoadReport
    func run(script: String, _ order: InstanceOrder) async throws(HostFailure)
    /// Keeps a dump that is sent. `next` gives its pieces, nil at the end.
    func storeDump(_ next: @Sendable () async throws -> Data?) async throws(Problem) -> ReceivedDump
    /// Removes dumps that were sent and that nothing is made of, but none of the last day.
    func removeReceivedDumps(except kept: Set<String>) async throws(HostFailure)
    func filledDatabases(_ order: InstanceOrder) async throws(HostFailure) -> [String]
    /// Whether its server holds anything of people's.
    func holdsData(_ order: InstanceOrder) async throws(HostFailure) -> Bool
    func finalise(_ order: InstanceOrder) async throws(HostFailure)
    /// Throws unless its server ended by itself, and in order: what was killed is no template.
    func stopBuild(_ order: InstanceOrder) async throws(HostFailure)
    /// Makes the data of a cleanly stopped build a version of the template. The order of the files on the disk is made anew,
    /// so that a copy by reflinks always costs little. Returns its size and how it was copied.
    func seal(
        _ order: InstanceOrder, as version: TemplatePaths
    ) async throws(HostFailure) -> (size: ByteCount, method: String)
    /// The last file of a version; from then on it is one.
    func finish(_ record: TemplateRecord) async throws(HostFailure)
    func removeTemplate(_ name: TemplateName, version: String) async throws(HostFailure)
    /// Notes that a template's versions are to go, or are not.
    func markRemoved(_ name: TemplateName) async throws(HostFailure)
    func unmarkRemoved(_ name: TemplateName) async throws(HostFailure)
    func isMarkedRemoved(_ name: TemplateName) async -> Bool
    func templateVersions() async throws(HostFailure) -> [TemplateRecord]
    /// Ends what is left of a build, and removes it.
    func endBuild(_ order: InstanceOrder) async
    /// The same for builds of a daemon that died, and removes versions that nothing names.
    func sweepBuildsOfTemplates(keeping known: [TemplateName: Set<String>]) async
}

/// What a template's build begins with.
package enum BuildStart: Equatable, Sendable {
    case dump(Dump)
    case snapshot(ServiceID, id: String)
}

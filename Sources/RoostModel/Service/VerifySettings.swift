/// The schedule on which the members of a service are compared, from `verify:` of the build file.
package struct VerifySettings: Codable, Equatable, Sendable {
    /// In seconds: an hour to 30 days. A comparison reads whole databases.
    package static let everyRange = 3600...2_592_000

    /// Time from the end of a comparison to the next one. Nil: none by schedule.
    package var everySeconds: Int?

    package init(everySeconds: Int? = nil) { self.everySeconds = everySeconds }
}

/// How an application or a service is destroyed.
package struct DestroyOptions: Equatable, Sendable {
    /// Name of the destroyed object, typed again.
    package let confirm: String?
    /// Keep a last snapshot for 7 days.
    package let keep: Bool
    package let dryRun: Bool

    package init(confirm: String?, keep: Bool, dryRun: Bool) {
        self.confirm = confirm
        self.keep = keep
        self.dryRun = dryRun
    }
}

/// How environment variables are named.
package struct EnvironmentView: Equatable, Sendable {
    package enum Style: String, Codable, Sendable, CaseIterable { case roost, cloud66 }
    /// Put before every name: `DOTCLOUD_`.
    package let prefix: String
    package let style: Style

    package init(prefix: String = "", style: Style = .roost) {
        self.prefix = prefix
        self.style = style
    }
}

import RoostModel

/// The context of a command: caller, settings, daemon, and output.
package struct Session: Sendable {
    package let caller: Caller
    package let settings: Settings
    package let client: RoostClient
    package let output: Output

    package init(_ options: Options, caller: Caller, output: Output, folder: String? = nil)
        throws(Problem)
    {
        self.caller = caller
        self.output = output
        settings = try Settings.resolve(Settings.Sources(options, caller: caller, folder: folder))
        client = RoostClient(settings.daemon, token: settings.token)
    }

    /// The application that the command is for: `-A`, else the folder's.
    package func application() throws(Problem) -> ApplicationName {
        if let application = settings.application { return application }
        throw Problem(
            .usage, "no application given, and this folder is not linked to one",
            next: ["roost create NAME", "roost connect NAME", "or add -A NAME"])
    }

    package func service(_ name: ServiceName) throws(Problem) -> ServiceID {
        ServiceID(try application(), name)
    }
}

import RoostModel

extension MySQL {
    /// Copies the data with the engine's clone plugin, which copies pages while they change, and the redo log with
    /// them ("The Clone Plugin", "Cloning Data Locally" in its manual). The plugin is loaded only for the duration of
    /// the copy. Nil if the build does not have the plugin.
    package func backUp(
        _ plan: ServerPlan, to target: String, build: EngineBuild, user: ServerUser?
    ) async throws(EngineError) -> String? {
        let result: Result<Bool, ClientFault>
        do {
            result = try await AdministrationThreads.run { () throws(ClientFault) -> Bool in
                let connection = try ServerConnection(plan.address, .copying)
                guard let wasLoaded = try connection.loadClonePlugin() else { return false }
                let outcome: Result<Void, ClientFault>
                do throws(ClientFault) {
                    try connection.run("CLONE LOCAL DATA DIRECTORY = \(SQLText.literal(target))")
                    outcome = .success(())
                } catch { outcome = .failure(error) }
                // A plugin that stays loaded does no harm; the copy's result matters more.
                if !wasLoaded { _ = try? connection.run("UNINSTALL PLUGIN clone") }
                try outcome.get()
                return true
            }
        } catch { throw .notReachable("the call was cancelled") }
        let isMade: Bool
        do throws(ClientFault) { isMade = try result.get() } catch { throw error.engineError }
        guard isMade else { return nil }
        try CopiedFiles.carry([Self.versionNote] + Self.keys, from: plan.folders.data, to: target, owner: user)
        return "clone plugin"
    }

    /// The keys for passwords in transit, which a replica has in common with its primary.
    private static let keys = ["private_key.pem", "public_key.pem"]
}

extension ServerConnection.Patience {
    /// For a statement that reads and writes all of the data.
    fileprivate static let copying = Self(connect: 5, answer: 6 * 3600)
}

extension ServerConnection {
    /// Loads the plugin. Returns whether it was loaded before; nil if the build does not have it.
    fileprivate func loadClonePlugin() throws(ClientFault) -> Bool? {
        let standing = try run(
            "SELECT 1 FROM information_schema.PLUGINS WHERE PLUGIN_NAME = 'clone' AND PLUGIN_STATUS = 'ACTIVE'")
        if !standing.isEmpty { return true }
        do throws(ClientFault) {
            try run("INSTALL PLUGIN clone SONAME 'mysql_clone.so'")
            return false
        } catch {
            // ER_CANT_OPEN_LIBRARY: the plugin's file does not exist.
            if error.code == 1126 { return nil }
            throw error
        }
    }
}

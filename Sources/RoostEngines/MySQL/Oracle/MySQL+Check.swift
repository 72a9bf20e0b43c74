import RoostModel

extension MySQL {
    package func check(
        config: [String: String], memory: ByteCount, build: EngineBuild
    ) async throws(EngineError) {
        // A service of type mysql may run on MariaDB, which needs less memory: the build file alone does not tell.
        guard memory >= family.minimumMemory else {
            throw .configRefused([
                "memory \(memory) is too little for \(build.identity); write at least \(family.minimumMemory)"
            ])
        }
        guard !config.isEmpty else { return }
        let refusals = MySQLSettingRules.refusals(config, memory: memory, hasZone: TimeZones.exist)
        guard refusals.isEmpty else { throw .configRefused(refusals) }
        guard let server = build.programs["mysqld"] else { throw .programMissing("mysqld") }
        let names = Set(config.keys.map(SettingText.normalised))
        let check = ConfigurationCheck(
            program: server, launch: { launch($0, build: build) },
            // The server refuses to run as root without `--user=root`, even if it only reads.
            arguments: ["--validate-config", "--log-error-verbosity=2", "--user=root"],
            applicationUser: family.applicationUser, complaint: { MySQLSettingRules.complaint($0, about: names) })
        try await check.run(config, memory: memory)
    }
}

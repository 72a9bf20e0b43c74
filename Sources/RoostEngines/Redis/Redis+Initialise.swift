import RoostModel

extension Redis {
    /// The server creates its files at the first start; a fresh directory only records the server that it is for.
    package func initialise(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError) {
        do {
            try RedisData(folder: directory).note(build.identity.version, flavour)
        } catch {
            throw .initialisationFailed("\(error)")
        }
    }
}

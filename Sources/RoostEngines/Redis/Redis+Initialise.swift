import RoostModel

extension Redis {
    /// The server makes its files by itself at the first start; a fresh directory says only for which server it is.
    package func initialise(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError) {
        do {
            try RedisData(folder: directory).note(build.identity.version, flavour)
        } catch {
            throw .initialisationFailed("\(error)")
        }
    }
}

/// Extensions that a build may have.
package protocol Extensions: Engine {
    /// Whether the build has these extensions. Throws `.extensionsRefused`.
    func check(extensions: [String], build: EngineBuild) throws(EngineError)
}

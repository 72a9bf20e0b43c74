/// Clones for scripts that were written for myaas.
package protocol MyaasAPI: Sendable {
    /// Makes a clone with a given password, and a port that may be open to the network.
    func make(_ name: CloneName, _ request: CloneRequest, _ terms: MyaasTerms) async throws(Problem) -> CloneAnswer
    /// The label of each clone that came through the myaas listener, by the clone's name.
    func labels() async throws(Problem) -> [String: String]
}

/// Services: their state, their end, and clients for them.
package protocol ServicesAPI: Sendable {
    func find(_ id: ServiceID, showPassword: Bool) async throws(Problem) -> ServiceInfo
    func destroy(_ id: ServiceID, _ options: DestroyOptions) async throws(Problem) -> DestroyAnswer
    /// The newest failovers and planned switchovers, newest first.
    func failovers(of id: ServiceID, limit: Int) async throws(Problem) -> [FailoverInfo]
    func client(for id: ServiceID, _ request: ClientOfferRequest) async throws(Problem) -> ClientOffer
}

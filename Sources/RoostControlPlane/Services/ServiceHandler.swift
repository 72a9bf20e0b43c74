import RoostAgentProtocol
import RoostModel

/// Carries out the API's calls on services.
struct ServiceHandler: ServicesAPI {
    let records: Records
    let descriptions: Descriptions
    let destruction: Destruction
    let offers: ClientOffers

    func find(_ id: ServiceID, showPassword: Bool) async throws(Problem) -> ServiceInfo {
        try descriptions.service(try await records.findService(id).value, showPassword: showPassword)
    }

    func destroy(_ id: ServiceID, _ options: DestroyOptions) async throws(Problem) -> DestroyAnswer {
        try await destruction.destroy(id, options)
    }

    func failovers(of id: ServiceID, limit: Int) async throws(Problem) -> [FailoverInfo] {
        let history = try await records.failovers(of: try await records.findService(id).value).value
        return history.items.prefix(max(0, limit)).map { item in
            var item = item
            item.isGivenUp = nil
            return item
        }
    }

    func client(for id: ServiceID, _ request: ClientOfferRequest) async throws(Problem) -> ClientOffer {
        let service = try await records.findService(id).value
        let order = try SealedOrder.of(
            service, in: try await records.findApplication(id.application).value, index: request.instance)
        return try await offers.offer(order, request)
    }
}

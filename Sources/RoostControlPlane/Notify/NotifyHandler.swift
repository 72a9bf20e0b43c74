import Foundation
import RoostModel

/// Carries out the API's calls on webhooks.
struct NotifyHandler: NotificationsAPI {
    let book: NotifyBook
    let notifier: Notifier
    let deliverer: NotifyDeliverer

    func webhooks(of owner: NotifyOwner) async throws(Problem) -> [WebhookInfo] {
        let states = try await book.records.notifyState(of: owner).value.addresses
        var infos: [WebhookInfo] = []
        for address in try await addresses(of: owner) {
            let state = states.first { $0.address == address } ?? NotifyState.Address(address)
            infos.append(
                WebhookInfo(
                    service: address.service?.rawValue, url: address.url.text, lastSuccess: state.lastSuccess,
                    lastError: state.lastError, lastErrorAt: state.lastErrorAt,
                    waiting: await notifier.waiting(for: NotifyTarget(owner: owner, address: address)),
                    dropped: state.dropped))
        }
        return infos
    }

    func testWebhooks(of owner: NotifyOwner, service: ServiceName?) async throws(Problem) -> [WebhookTest] {
        if let service, case .application(let name) = owner {
            _ = try await book.records.findService(ServiceID(name, service))
        }
        let targets = try await addresses(of: owner).filter { service == nil || $0.service == service }
            .map { NotifyTarget(owner: owner, address: $0) }
        guard !targets.isEmpty else { throw Self.noAddress(of: owner, service) }
        let now = Date()
        let id = TimedID.make(now)
        let tests = await withTaskGroup(of: (place: Int, test: WebhookTest).self) { group in
            for (place, target) in targets.enumerated() {
                group.addTask { (place, await test(target, Notice(testOf: target, id: id, at: now))) }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        return tests.sorted { $0.place < $1.place }.map(\.test)
    }

    func notifySecret(of owner: NotifyOwner) async throws(Problem) -> NotifySecret {
        NotifySecret(secret: try await book.secret(of: owner))
    }

    private func test(_ target: NotifyTarget, _ notice: Notice) async -> WebhookTest {
        let reply: WebhookReply
        do throws(Problem) { reply = try await deliverer.send(notice, to: target) } catch {
            reply = WebhookReply(failure: error.message)
        }
        return WebhookTest(
            service: target.address.service?.rawValue, url: target.address.url.text, reply: reply)
    }

    private func addresses(of owner: NotifyOwner) async throws(Problem) -> [NotifyAddress] {
        if case .application(let name) = owner { _ = try await book.records.findApplication(name) }
        return try await book.addresses(of: owner)
    }

    private static func noAddress(of owner: NotifyOwner, _ service: ServiceName?) -> Problem {
        switch owner {
        case .application(let name):
            Problem(
                .notFound,
                service.map { "service '\($0)' of application '\(name)' has no address for notifications" }
                    ?? "no service of application '\(name)' has an address for notifications",
                next: ["write 'notify: {url: https://…}' at a service in the build file, then push"])
        case .daemon:
            Problem(
                .notFound, "roostd has no address for notifications",
                next: ["start roostd with --notify URL, or set ROOST_NOTIFY"])
        }
    }
}

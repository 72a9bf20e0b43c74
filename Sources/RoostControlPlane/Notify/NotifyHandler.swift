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
        for url in try await urls(of: owner) {
            let state = states.first { $0.url == url } ?? NotifyState.Address(url: url)
            infos.append(
                WebhookInfo(
                    url: url.text, lastSuccess: state.lastSuccess, lastError: state.lastError,
                    lastErrorAt: state.lastErrorAt,
                    waiting: await notifier.waiting(for: NotifyTarget(owner: owner, url: url)),
                    dropped: state.dropped))
        }
        return infos
    }

    func testWebhooks(of owner: NotifyOwner) async throws(Problem) -> [WebhookTest] {
        let urls = try await urls(of: owner)
        guard !urls.isEmpty else { throw Self.noAddress(of: owner) }
        let now = Date()
        let notice = Notice(testOf: owner, id: TimedID.make(now), at: now)
        let tests = await withTaskGroup(of: (place: Int, test: WebhookTest).self) { group in
            for (place, url) in urls.enumerated() {
                group.addTask { (place, await test(NotifyTarget(owner: owner, url: url), notice)) }
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
        return WebhookTest(url: target.url.text, reply: reply)
    }

    private func urls(of owner: NotifyOwner) async throws(Problem) -> [WebhookURL] {
        if case .application(let name) = owner { _ = try await book.records.findApplication(name) }
        return try await book.urls(of: owner)
    }

    private static func noAddress(of owner: NotifyOwner) -> Problem {
        switch owner {
        case .application(let name):
            Problem(
                .notFound, "application '\(name)' has no address for notifications",
                next: ["write 'notify: https://…' beside 'services:' in the build file, then push"])
        case .daemon:
            Problem(
                .notFound, "roostd has no address for notifications",
                next: ["start roostd with --notify URL, or set ROOST_NOTIFY"])
        }
    }
}

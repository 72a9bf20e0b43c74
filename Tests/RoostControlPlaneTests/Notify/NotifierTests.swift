import Foundation
import Logging
import RoostModel
import RoostSecrets
import RoostStore
import Synchronization
import Testing

@testable import RoostControlPlane

/// Events on their way to webhooks, over a store in memory and a sender that answers as the test says.
@Suite struct NotifierTests {
    private static let ramen = ApplicationName(checked: "ramen")
    private static let data = ServiceID(ramen, ServiceName(checked: "data"))
    private static let cache = ServiceID(ramen, ServiceName(checked: "cache"))
    private static let gone = ServiceID(ramen, ServiceName(checked: "gone"))

    @Test func aFailedDeliveryIsRepeatedUnchangedAndInOrder() async throws {
        try await withNotifyBench { bench in
            try await bench.set(["http://ops/"])
            bench.sender.answer { $0 < 2 ? WebhookReply(status: 503) : WebhookReply(status: 204) }
            let posts = try await bench.run(posts: 4) { events in
                await events.add("failover", "data.1 took over", service: Self.data, failover: Self.failover)
                await events.add("service_changed", "not sent", service: Self.data)
                await events.add("synchronous_lost", "alone", service: Self.data)
            }
            let notices = try posts.map { try JSON.decode(Notice.self, from: Data($0.body.utf8)) }
            #expect(notices.map(\.kind) == ["failover", "failover", "failover", "synchronous_lost"])
            #expect(Set(posts.prefix(3).map(\.body)).count == 1, "the same body, and so the same id")
            #expect(notices[0].failover == Self.failover && notices[3].failover == nil)
            #expect(notices[0].application == "ramen" && notices[0].service == "data")
            #expect(bench.pauses.times == [.seconds(1), .seconds(2)])
            let secret = try await bench.book.secret(of: .application(Self.ramen))
            for post in posts {
                let seconds = try #require(Double(post.signature.dropFirst(2).prefix { $0 != "," }))
                #expect(
                    post.signature
                        == WebhookSignature.header(
                            secret: secret, body: post.body, at: Date(timeIntervalSince1970: seconds)))
            }
            try await bench.eventuallyEmpty()
            let state = try #require(
                try await bench.records.notifyState(of: .application(Self.ramen)).value.addresses.first)
            #expect(state.lastSuccess != nil && state.lastError?.contains("503") == true && state.dropped == 0)
        }
    }

    @Test func aReceiverThatNeverAnswersDelaysNoOther() async throws {
        try await withNotifyBench { bench in
            try await bench.set(["http://slow/", "http://ops/"])
            bench.sender.hang(at: "http://slow/")
            let posts = try await bench.run(posts: 3) { events in
                await events.add("resync", "one", service: Self.data)
                await events.add("resynchronised", "two", service: Self.data)
            }
            #expect(posts.filter { $0.url.text == "http://ops/" }.count == 2)
            #expect(try await bench.records.notifyQueue().count >= 2, "those for the slow one wait in the store")
        }
    }

    @Test func whatWaitsIsDeliveredByTheNextDaemon() async throws {
        try await withNotifyBench { bench in
            try await bench.set(["http://ops/"])
            bench.sender.hang(at: "http://ops/")
            let first = try await bench.run(posts: 1) { events in
                await events.add("primary", "another", service: Self.data)
            }
            #expect(try await bench.records.notifyQueue().count == 1)
            bench.sender.answer { _ in WebhookReply(status: 200) }
            let second = try await bench.run(posts: 1) { _ in }
            #expect(first.map(\.body) == second.map(\.body))
            try await bench.eventuallyEmpty()
        }
    }

    @Test func anAddressThatWasRemovedGetsNothingMore() async throws {
        try await withNotifyBench { bench in
            try await bench.set(["http://old/"])
            bench.sender.hang(at: "http://old/")
            _ = try await bench.run(posts: 1) { events in await events.add("primary", "one", service: Self.data) }
            try await bench.set(["http://new/"])
            bench.sender.answer { _ in WebhookReply(status: 200) }
            let posts = try await bench.run(posts: 1) { events in await events.add("primary", "two", service: Self.data)
            }
            #expect(posts.map(\.url.text) == ["http://new/"])
            try await bench.eventuallyEmpty()
        }
    }

    @Test func theDaemonsAddressGetsEventsOfTheMachineAndOfApplications() async throws {
        try await withNotifyBench(daemonURLs: ["http://all/"]) { bench in
            try await bench.set(["http://ops/"])
            let posts = try await bench.run(posts: 3) { events in
                await events.add("home_away", "gone")
                await events.add("primary", "another", service: Self.data)
            }
            let sent = try posts.map {
                "\($0.url.origin) \(try JSON.decode(Notice.self, from: Data($0.body.utf8)).kind)"
            }
            #expect(sent.sorted() == ["http://all home_away", "http://all primary", "http://ops primary"])
        }
    }

    @Test func eventsOfAServiceGoToItsOwnAddresses() async throws {
        try await withNotifyBench { bench in
            try await bench.set(["http://ops/", "http://both/"])
            try await bench.set(["http://cache/", "http://both/"], of: Self.cache)
            let posts = try await bench.run(posts: 4) { events in
                await events.add("primary", "of data", service: Self.data)
                await events.add("primary", "of cache", service: Self.cache)
                await events.add("primary", "of a service that is gone", service: Self.gone)
                await events.add("home_away", "of the machine")
            }
            let sent = try posts.map {
                "\($0.url.origin) \(try JSON.decode(Notice.self, from: Data($0.body.utf8)).message)"
            }
            #expect(
                sent.sorted() == [
                    "http://both of cache", "http://both of data", "http://cache of cache", "http://ops of data",
                ])
            try await bench.eventuallyEmpty()
            let infos = try await bench.handler.webhooks(of: .application(Self.ramen))
            #expect(
                infos.map { "\($0.service ?? "-") \($0.url)" } == [
                    "data http://ops/", "data http://both/", "cache http://cache/", "cache http://both/",
                ], "in the order of the build file")
            #expect(infos.allSatisfy { $0.lastSuccess != nil })
        }
    }

    /// Two services may have the same address: one of them that gives it up gets nothing more sent there.
    @Test func anAddressIsTakenBackForOneService() async throws {
        try await withNotifyBench { bench in
            for id in [Self.data, Self.cache] { try await bench.set(["http://ops/"], of: id) }
            bench.sender.hang(at: "http://ops/")
            _ = try await bench.run(posts: 2) { events in
                for id in [Self.data, Self.cache] { await events.add("primary", "\(id)", service: id) }
            }
            try await bench.set([])
            bench.sender.answer { _ in WebhookReply(status: 200) }
            let posts = try await bench.run(posts: 1) { _ in }
            try await bench.eventuallyEmpty()
            #expect(try posts.map { try JSON.decode(Notice.self, from: Data($0.body.utf8)).service } == ["cache"])
        }
    }

    @Test func aTestTellsWhatTheReceiverAnswered() async throws {
        try await withNotifyBench { bench in
            let refusal = await #expect(throws: Problem.self) {
                try await bench.handler.testWebhooks(of: .application(Self.ramen), service: nil)
            }
            #expect(refusal?.code == .notFound)
            try await bench.set(["http://ops/", "http://other/"])
            bench.sender.answer { _ in WebhookReply(status: 301) }
            try await bench.set(["http://cache/"], of: Self.cache)
            let tests = try await bench.handler.testWebhooks(of: .application(Self.ramen), service: nil)
            #expect(tests.map(\.url) == ["http://ops/", "http://other/", "http://cache/"])
            #expect(tests.map(\.service) == ["data", "data", "cache"])
            #expect(tests.allSatisfy { !$0.accepted && $0.status == 301 && $0.answer.contains("redirects") })
            #expect(try await bench.records.notifyQueue().isEmpty, "a test is not repeated")
            let one = try await bench.handler.testWebhooks(of: .application(Self.ramen), service: Self.cache.service)
            #expect(one.map(\.url) == ["http://cache/"])
            let unknown = await #expect(throws: Problem.self) {
                try await bench.handler.testWebhooks(of: .application(Self.ramen), service: Self.gone.service)
            }
            #expect(unknown?.code == .serviceNotFound)
            try await bench.set([], of: Self.cache)
            let none = await #expect(throws: Problem.self) {
                try await bench.handler.testWebhooks(of: .application(Self.ramen), service: Self.cache.service)
            }
            #expect(none?.code == .notFound)
        }
    }

    @Test func theSecretIsSealedStaysAndBelongsToOneApplication() async throws {
        try await withNotifyBench(daemonURLs: ["http://all/"]) { bench in
            let secret = try await bench.handler.notifySecret(of: .application(Self.ramen)).secret
            #expect(secret.count >= 22)
            #expect(try await bench.handler.notifySecret(of: .application(Self.ramen)).secret == secret)
            #expect(try await bench.handler.notifySecret(of: .daemon).secret != secret)
            let stored = try await bench.records.store.list(Records.Kind.notify.prefix)
            #expect(!stored.contains { String(decoding: $0.value, as: UTF8.self).contains(secret) })
            #expect(try await bench.records.hasNotifySecrets())
            // An application that is created again does not get the secret of the earlier one.
            try await bench.createApplication(again: true)
            #expect(try await bench.handler.notifySecret(of: .application(Self.ramen)).secret != secret)
        }
    }

    private static var failover: FailoverInfo {
        FailoverInfo(
            id: 2, cause: .primaryEnded, from: "data.0", to: "data.1", began: Date(timeIntervalSince1970: 1_764_576_000)
        )
    }
}

/// Answers as the test says, and notes every request.
private final class FakeSender: WebhookSender {
    private struct State {
        var posts: [WebhookPost] = []
        var answer: @Sendable (Int) -> WebhookReply = { _ in WebhookReply(status: 200) }
        var silent: Set<String> = []
    }

    private let state = Mutex(State())
    let stream: AsyncStream<WebhookPost>
    private let arrived: AsyncStream<WebhookPost>.Continuation

    init() { (stream, arrived) = AsyncStream.makeStream() }

    /// Answers requests by their number, from 0.
    func answer(_ answer: @escaping @Sendable (Int) -> WebhookReply) {
        state.withLock {
            $0.answer = answer
            $0.silent = []
            $0.posts = []
        }
    }

    /// Requests to this address get no answer until they are cancelled.
    func hang(at url: String) { state.withLock { _ = $0.silent.insert(url) } }

    func send(_ post: WebhookPost) async -> WebhookReply {
        let (reply, hangs) = state.withLock { state in
            defer { state.posts.append(post) }
            return (state.answer(state.posts.count), state.silent.contains(post.url.text))
        }
        arrived.yield(post)
        guard hangs else { return reply }
        // Ends with its task: nothing is waited for.
        try? await Task.sleep(for: .seconds(3600))
        return WebhookReply(failure: "cancelled")
    }
}

private struct NotifyBench {
    let records = Records(store: MemoryStore())
    let sender = FakeSender()
    let pauses = PauseList()
    let book: NotifyBook

    final class PauseList: Sendable {
        private let list = Mutex<[Duration]>([])
        var times: [Duration] { list.withLock { $0 } }
        func add(_ time: Duration) { list.withLock { $0.append(time) } }
    }

    init(key: HomeKey, daemonURLs: [WebhookURL]) async throws {
        book = NotifyBook(records: records, key: key, daemonURLs: daemonURLs)
        try await createApplication(again: false)
        for name in ["data", "cache"] {
            let id = ServiceID(ApplicationName(checked: "ramen"), ServiceName(checked: name))
            try await records.commit(Records.creation(of: Service.sample(id, key: key)))
        }
    }

    var handler: NotifyHandler {
        let notifier = makeNotifier()
        return NotifyHandler(book: book, notifier: notifier, deliverer: notifier.deliverer)
    }

    private func makeNotifier() -> Notifier {
        Notifier(
            book: book, sender: sender, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            pause: { [pauses] time in pauses.add(time) })
    }

    func createApplication(again: Bool) async throws {
        var application = Application(
            name: ApplicationName(checked: "ramen"), user: ServerUser(name: "roost01", uid: 1, gid: 1),
            createdAt: Date(timeIntervalSince1970: again ? 2000 : 1000))
        application.order = [ServiceName(checked: "data"), ServiceName(checked: "cache")]
        try await records.commit([Records.put(application, at: Records.key(application.name), expecting: nil)])
    }

    /// Sets the addresses of a service.
    func set(_ urls: [String], of service: ServiceID? = nil) async throws {
        let id = service ?? ServiceID(ApplicationName(checked: "ramen"), ServiceName(checked: "data"))
        let urls = try urls.map { try WebhookURL($0) }
        try await records.updateSpec(id) {
            var spec = $0.spec
            spec.settings.notify = urls.isEmpty ? nil : urls
            return spec
        }
    }

    /// Runs a daemon's notifier until so many requests were made since its start, and ends it. Returns the requests.
    func run(posts count: Int, _ body: @escaping @Sendable (EventLog) async -> Void) async throws -> [WebhookPost] {
        let notifier = makeNotifier()
        try await notifier.load()
        let events = EventLog(records: records, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) {
            notifier.take($0, $1)
        }
        let running = Task { try await notifier.run() }  // Cancelled and awaited below.
        await body(events)
        var posts: [WebhookPost] = []
        for await post in sender.stream {
            posts.append(post)
            if posts.count == count { break }
        }
        // The last request was made; what follows from its answer is stored before the notifier ends, or by the next.
        try await settled(posts, notifier)
        running.cancel()
        try await running.value
        return posts
    }

    /// All targets that may have the address, set or not.
    private static func targets(_ url: WebhookURL) -> [NotifyTarget] {
        [NotifyTarget(owner: .daemon, address: NotifyAddress(service: nil, url: url))]
            + ["data", "cache"].map {
                NotifyTarget(
                    owner: .application(ApplicationName(checked: "ramen")),
                    address: NotifyAddress(service: ServiceName(checked: $0), url: url))
            }
    }

    /// Waits until no target has anything left that the sender answers.
    private func settled(_ posts: [WebhookPost], _ notifier: Notifier) async throws {
        for _ in 0..<2000 {
            var waiting = 0
            for url in Set(posts.map(\.url)) where !sender.isSilent(url) {
                for target in Self.targets(url) { waiting += await notifier.waiting(for: target) }
            }
            if waiting == 0 { return }
            await Task.yield()
        }
    }

    /// Waits until the store holds no delivery.
    func eventuallyEmpty() async throws {
        for _ in 0..<2000 {
            if try await records.notifyQueue().isEmpty { return }
            await Task.yield()
        }
        Issue.record("deliveries are left in the store: \(try await records.notifyQueue())")
    }
}

extension FakeSender {
    func isSilent(_ url: WebhookURL) -> Bool { state.withLock { $0.silent.contains(url.text) } }
}

/// Runs `body` with a key in a folder of its own.
private func withNotifyBench(daemonURLs: [String] = [], _ body: (NotifyBench) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "roost-\(UUID())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }  // A leftover disturbs no test.
    let key = try HomeKey.loadOrMake(path: "\(folder)/key")
    try await body(try await NotifyBench(key: key, daemonURLs: try daemonURLs.map { try WebhookURL($0) }))
}

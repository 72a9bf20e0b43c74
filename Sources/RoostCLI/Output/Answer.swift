import RoostModel

/// All data that commands print. The JSON form and the text form of each answer are defined only here.
package enum Answer: Sendable {
    /// The subject of `info` and `status`.
    package enum Subject: Sendable {
        case application(ApplicationInfo)
        case service(ServiceInfo)

        package var services: [ServiceInfo] {
            switch self {
            case .application(let application): application.services
            case .service(let service): [service]
            }
        }

        fileprivate var document: any Encodable & Sendable {
            switch self {
            case .application(let application): application
            case .service(let service): service
            }
        }
    }

    case applications([ApplicationInfo])
    case info(Subject)
    case status(Subject)
    case url(ServiceInfo)
    /// The variables, and their text in the requested format.
    case environment(EnvironmentInfo, text: String)
    case changes(PushAnswer)
    case changesOfMany([PushAnswer])
    case destruction(DestroyAnswer, keep: Bool)
    case operation(OperationInfo)
    case operations([OperationInfo])
    /// The operation with its steps.
    case operationShown(OperationInfo)
    case replication(ReplicationInfo)
    /// The operation that compared the members of a service.
    case comparison(OperationInfo)
    /// The dry run of a change of the primary.
    case promotion(OperationInfo)
    case failovers([FailoverInfo])
    case failover(FailoverInfo)
    case users([UserInfo])
    case user(UserInfo)
    case snapshots([SnapshotInfo])
    case snapshotTaken(OperationInfo)
    case clones([CloneInfo])
    case clone(CloneInfo)
    case cloneMade(CloneAnswer)
    case templates([TemplateInfo])
    case templateAdded(TemplateAnswer)
    case storage(StorageInfo)
    case events([EventInfo])
    case event(EventInfo)
    case logs([LogLine])
    case log(LogLine)
    case usage([UsageInfo])
    case engines([EngineInfo])
    case engineAdded(OperationInfo)
    case machines([MachineInfo])
    case authority(AuthorityInfo)
    case findings([Finding])
    case tokens([TokenInfo])
    case token(TokenInfo)
    case signIn(SignInInfo)
    case webhooks([WebhookInfo])
    case webhookTests([WebhookTest])
    case notifySecret(NotifySecret)

    package var document: any Encodable & Sendable {
        switch self {
        case .applications(let items): ItemList(items)
        case .info(let subject), .status(let subject): subject.document
        case .url(let service): service
        case .environment(let environment, _): environment
        case .changes(let changes): changes
        case .changesOfMany(let items): ItemList(items)
        case .destruction(let destruction, _): destruction
        case .operation(let operation), .operationShown(let operation), .comparison(let operation),
            .promotion(let operation):
            operation
        case .operations(let items): ItemList(items)
        case .replication(let info): info
        case .failovers(let items): ItemList(items)
        case .failover(let item): item
        case .users(let items): ItemList(items)
        case .user(let user): user
        case .snapshots(let items): ItemList(items)
        case .snapshotTaken(let operation): operation
        case .clones(let items): ItemList(items)
        case .clone(let clone): clone
        case .cloneMade(let answer): answer.clone
        case .templates(let items): ItemList(items)
        case .templateAdded(let answer): answer.template
        case .storage(let storage): storage
        case .events(let items): ItemList(items)
        case .event(let event): event
        case .logs(let items): ItemList(items)
        case .log(let line): line
        case .usage(let items): ItemList(items)
        case .engines(let items): ItemList(items)
        case .engineAdded(let operation): operation
        case .machines(let items): ItemList(items)
        case .authority(let authority): authority
        case .findings(let items): ItemList(items)
        case .tokens(let items): ItemList(items)
        case .token(let token): token
        case .signIn(let signIn): signIn
        case .webhooks(let items): ItemList(items)
        case .webhookTests(let items): ItemList(items)
        case .notifySecret(let secret): secret
        }
    }

    /// The human-readable text (also for `$(…)`): whole lines.
    package func text(_ style: Style) -> String {
        switch self {
        case .applications(let items): Tables.applications(items).text(style)
        case .info(let subject):
            subject.services.map { InfoLayout($0).text(style) }.joined(separator: "\n")
        case .status(let subject): Tables.status(subject.services).text(style)
        case .url(let service): (service.url ?? "") + "\n"
        case .environment(_, let text): text
        case .changes(let changes): ChangeText.lines(changes, style)
        case .changesOfMany(let items): items.map { ChangeText.lines($0, style) }.joined()
        case .destruction(let destruction, let keep): ChangeText.lines(destruction, keep: keep)
        case .operation(let operation):
            "\(operation.kind) \(operation.id): \(operation.state.rawValue)\n"
        case .operations(let items): OperationTables.list(items).text(style)
        case .operationShown(let operation): OperationTables.text(operation, style)
        case .replication(let info): Tables.replication(info, style)
        case .comparison(let operation): operation.comparison.map { OperationTables.text($0, style) } ?? ""
        case .promotion(let operation): operation.promotion.map { OperationTables.text($0, style) } ?? ""
        case .failovers(let items): FailoverTables.list(items).text(style)
        case .failover(let item): FailoverTables.text(item, style)
        case .users(let items): Tables.users(items).text(style)
        case .user(let user): user.password.map { "\($0)\n" } ?? ""
        case .snapshots(let items): Tables.snapshots(items).text(style)
        case .snapshotTaken(let operation): operation.result.map { "\($0)\n" } ?? ""
        case .clones(let items): CopyTables.clones(items).text(style)
        case .clone(let clone): CloneLayout(clone).text(style)
        // Only the address, for `$(roost clone shop)`.
        case .cloneMade(let answer): answer.clone.url.map { "\($0)\n" } ?? ""
        case .templates(let items): CopyTables.templates(items).text(style)
        case .templateAdded(let answer): CopyTables.templates([answer.template]).text(style)
        case .storage(let storage): CopyTables.storage(storage, style)
        case .events(let items): items.map { Tables.line($0, style) }.joined()
        case .event(let event): Tables.line(event, style)
        case .logs(let items): items.map(\.text).joined()
        case .log(let line): line.text
        case .usage(let items): Tables.usage(items).text(style)
        case .engines(let items): Tables.engines(items).text(style)
        case .engineAdded(let operation): operation.result.map { "\($0)\n" } ?? ""
        case .machines(let items): Tables.machines(items).text(style)
        case .authority(let authority): authority.certificate
        case .findings(let items): Tables.findings(items, style)
        case .tokens(let items): Tables.tokens(items).text(style)
        case .token(let token): token.token.map { "\($0)\n" } ?? ""
        case .signIn(let signIn): signIn.url + "\n"
        case .webhooks(let items): NotifyTables.webhooks(items).text(style)
        case .webhookTests(let items): NotifyTables.tests(items).text(style)
        case .notifySecret(let secret): secret.secret + "\n"
        }
    }
}

/// A line of an instance's log.
package struct LogLine: Codable, Equatable, Sendable {
    package let instance: String
    package let line: String
    /// Whether the instance's name precedes the line, because several instances are shown.
    private let isPrefixed: Bool

    package init(instance: String, line: String, isPrefixed: Bool) {
        self.instance = instance
        self.line = line
        self.isPrefixed = isPrefixed
    }

    private enum CodingKeys: String, CodingKey { case instance, line }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        instance = try container.decode(String.self, forKey: .instance)
        line = try container.decode(String.self, forKey: .line)
        isPrefixed = false
    }

    var text: String { (isPrefixed ? "\(instance) | " : "") + line.printable + "\n" }
}

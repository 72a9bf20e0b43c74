/// Limits of the running servers of one token and of one application. 0 means no limit.
package struct Quotas: Equatable, Sendable {
    /// Clones requested with one token. Callers at the socket have no such limit.
    package let clonesPerToken: Int
    /// Services of an application, with the clones of their data.
    package let serversPerApplication: Int

    package init(clonesPerToken: Int = 50, serversPerApplication: Int = 100) {
        self.clonesPerToken = clonesPerToken
        self.serversPerApplication = serversPerApplication
    }

    /// Why one more clone is too many; nil if it is allowed. Pure.
    package func refusal(cloneBy token: String?, of application: ApplicationName?, standing: [Service]) -> Problem? {
        let own = standing.filter { token != nil && $0.clone?.token == token && $0.clone?.name != nil }
        if let token, clonesPerToken > 0, own.count >= clonesPerToken {
            return Problem(
                .quotaExceeded, "the token '\(token)' has \(own.count) clones; its limit is \(clonesPerToken)",
                next: [
                    "roost clone ls", "roost clone rm NAME",
                    "or raise the limit: roostd --clones-per-token",
                ])
        }
        return application.flatMap { refusal(adding: 1, to: $0, standing: standing) }
    }

    /// Why so many more servers of an application are too many; nil if they are allowed. Pure.
    package func refusal(adding count: Int, to application: ApplicationName, standing: [Service]) -> Problem? {
        let own = standing.filter { service in
            service.id.application == application
                || service.clone?.name != nil && service.clone?.origin.application == application
        }
        guard serversPerApplication > 0, count > 0, own.count + count > serversPerApplication else { return nil }
        return Problem(
            .quotaExceeded,
            "application '\(application)' has \(own.count) servers, including clones of its services; its limit is "
                + "\(serversPerApplication)",
            next: [
                "roost clone ls", "roost clone rm NAME",
                "roost destroy SERVICE -A \(application)", "or raise the limit: roostd --servers-per-application",
            ])
    }
}

import Foundation
import RoostAgentProtocol
import RoostModel

/// The agent's answers about templates: builds, and versions on its disks.
struct TemplateAnswers: Sendable {
    let templates: TemplateStore
    let server: TemplateServer
    let secrets: HomeSecrets
    let boards: AgentBoards

    func register(in calls: inout CallTable) {
        let (templates, server, secrets) = (templates, server, secrets)
        calls.on(job: BuildTemplate.self, at: boards.jobs) { job, log in
            let order = try secrets.open(job.order)
            return try await TemplateBuild(server: server, templates: templates, job: job, order: order, log: log).run()
        }
        calls.on(ListTemplateVersions.self) { _ in try await templates.versions() }
        calls.on(job: RemoveTemplateVersion.self, at: boards.jobs) { job, _ in
            try await templates.remove(job.template, version: job.version)
            return Done()
        }
        calls.on(MarkTemplate.self) { call in
            if call.isRemoved {
                try await templates.markRemoved(call.template)
            } else {
                try await templates.unmarkRemoved(call.template)
            }
            return Done()
        }
        calls.on(IsTemplateRemoved.self) { call in await templates.isMarkedRemoved(call.template) }
    }
}

import Foundation
import RoostAgentProtocol
import RoostModel

extension MachineAnswers {
    func onTemplates(_ calls: inout CallTable) {
        let host = host
        calls.on(job: BuildTemplate.self, at: boards.jobs) { [self] job, log in
            try await TemplateBuild(host: host, job: job, order: try open(job.order), log: log).run()
        }
        calls.on(ListTemplateVersions.self) { _ in try await host.templateVersions() }
        calls.on(job: RemoveTemplateVersion.self, at: boards.jobs) { job, _ in
            try await host.removeTemplate(job.template, version: job.version)
            return Done()
        }
        calls.on(MarkTemplate.self) { call in
            if call.isRemoved {
                try await host.markRemoved(call.template)
            } else {
                try await host.unmarkRemoved(call.template)
            }
            return Done()
        }
        calls.on(IsTemplateRemoved.self) { call in await host.isMarkedRemoved(call.template) }
    }
}

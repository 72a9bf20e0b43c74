import RoostModel

/// The source of a clone.
enum CloneSource: Sendable {
    case template(Template)
    case service(Service, Application)

    var text: String {
        switch self {
        case .template(let template): "\(template.name)"
        case .service(let service, _): "\(service.id)"
        }
    }
}

/// Finds the sources that requests for clones and templates name.
struct CloneSources: Sendable {
    let records: Records

    /// Finds the source: a template's name, else a service's name in the request's application, else
    /// `application/service`.
    func find(_ request: CloneRequest) async throws(Problem) -> CloneSource {
        if request.at == nil, let name = TemplateName(rawValue: request.source),
            let template = try await records.template(name)
        {
            return .template(template.value)
        }
        let parts = request.source.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let words = parts.count == 1 ? [request.application ?? "", parts[0]] : parts
        guard words.count == 2, let application = ApplicationName(rawValue: words[0]),
            let service = ServiceName(rawValue: words[1])
        else { throw await unknownSource(request.source) }
        let id = ServiceID(application, service)
        guard let found = try await records.service(id), let owner = try await records.application(application) else {
            throw await unknownSource(request.source)
        }
        return .service(found.value, owner.value)
    }

    private func unknownSource(_ text: String) async -> Problem {
        // Templates that cannot be read are not suggested.
        let known = ((try? await records.templates()) ?? []).map { "\($0.value.name)" }
        return Problem(
            .sourceNotFound,
            "there is no template or service '\(text)'"
                + (known.isEmpty ? "" : "; available templates: \(known.joined(separator: ", "))"),
            next: ["roost template ls", "or name a service: APPLICATION/SERVICE"])
    }
}

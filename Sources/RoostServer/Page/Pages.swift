import HTTPTypes
import Hummingbird
import Mustache
import RoostModel

/// The HTML pages, rendered on the server. Without JavaScript only the live updates are missing.
struct Pages: Sendable {
    private let overviewTemplate: MustacheTemplate
    private let signInTemplate: MustacheTemplate

    init() throws {
        MustacheContentTypes.register(ScalarHTML(), named: ScalarHTML.name)
        overviewTemplate = try MustacheTemplate(string: ScalarHTML.pragma + PageText.overview)
        signInTemplate = try MustacheTemplate(string: ScalarHTML.pragma + PageText.signIn)
    }

    func overview(_ overview: Overview) -> Response {
        page(overviewTemplate.render(overview), status: .ok)
    }

    func signIn(message: String?, status: HTTPResponse.Status) -> Response {
        page(signInTemplate.render(SignInView(messages: message.map { [$0] } ?? [])), status: status)
    }

    /// A page that redirects to the overview by itself.
    func leadOn() -> Response { page(PageText.leadOn, status: .ok) }

    private func page(_ html: String, status: HTTPResponse.Status) -> Response {
        .text(
            html, type: "text/html; charset=utf-8", status: status,
            headers: [
                .contentSecurityPolicy: Self.policy, .frameOptions: "DENY", .referrerPolicy: Self.referrerPolicy,
            ])
    }

    /// Content security policy: nothing inline, no resources of other sites, no embedding in frames.
    private static let policy = [
        "default-src 'none'", "style-src 'self'", "script-src 'self'", "img-src 'self'", "connect-src 'self'",
        "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
    ].joined(separator: "; ")

    /// With `no-referrer`, browsers would withhold the origin of the sign-in form as well.
    static let referrerPolicy = "same-origin"

    /// The content of the sign-in page.
    private struct SignInView {
        let messages: [String]
    }
}

/// Escapes by Unicode scalar. The library's own escaping compares characters: a quotation mark with a combining mark
/// behind it is a single other character and stays unescaped, though a browser ends an attribute there.
struct ScalarHTML: MustacheContentType {
    static let name = "ROOST_HTML"
    static let pragma = "{{% CONTENT_TYPE: \(name)}}"

    func escapeText(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { escaped, scalar in
            switch scalar {
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "&": escaped += "&amp;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
    }
}

/// The assets that the pages load.
enum PageAsset: String, CaseIterable, Sendable {
    case style = "roost.css"
    case script = "roost.js"
    case icon = "roost.svg"

    var path: String { "/assets/\(rawValue)" }

    var response: Response {
        let (text, type) =
            switch self {
            case .style: (PageText.style, "text/css; charset=utf-8")
            case .script: (PageText.script, "text/javascript; charset=utf-8")
            case .icon: (PageText.icon, "image/svg+xml")
            }
        // The asset is revalidated each time: a newer daemon must not meet an older script.
        return .text(text, type: type, headers: [.cacheControl: "no-cache"])
    }
}

/// The pages' texts; each is in a file of its own.
enum PageText {}

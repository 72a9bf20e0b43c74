import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import RoostAPI
import RoostModel
import Synchronization
import Testing

@testable import RoostServer

/// The page: what it shows, who gets in, and that nothing foreign becomes part of it.
@Suite struct PageTests {
    static let hostile = #"<script>alert("x")</script>' onload='y"#

    /// Signs in with a fresh code and returns the cookie as a browser would send it.
    static func cookie(_ bench: Bench) async throws -> String {
        let info = try await bench.send(.post, TokenEndpoints.signIn.template).decoded(SignInInfo.self)
        let response = try await bench.send(.get, try path(of: info.url), at: .network)
        return String(try #require(response.headers[.setCookie]).prefix { $0 != ";" })
    }

    static func path(of url: String) throws -> String {
        let parts = try #require(URLComponents(string: url))
        return parts.path + "?" + (parts.query ?? "")
    }

    @Test func aOneTimeAddressOpensThePageOnce() async throws {
        let bench = try Bench()
        let made = try await bench.send(.post, TokenEndpoints.signIn.template)
        #expect(made.status == .created)
        let info = try made.decoded(SignInInfo.self)
        #expect(info.url == "http://127.0.0.1:5080/sign-in?code=code-1")
        let first = try await bench.send(.get, try Self.path(of: info.url), at: .network)
        #expect(first.status == .seeOther)
        #expect(first.headers[.location] == "/")
        let cookie = try #require(first.headers[.setCookie])
        #expect(cookie.hasPrefix("roost_session_5080="))
        for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"] { #expect(cookie.contains(part)) }
        let page = try await bench.send(
            .get, "/", headers: [.cookie: String(cookie.prefix { $0 != ";" })], at: .network)
        #expect(page.status == .ok)
        #expect(page.text.contains("127.0.0.1:21000"))
        let again = try await bench.send(.get, try Self.path(of: info.url), at: .network)
        #expect(again.status == .unauthorized)
        #expect(again.headers[.setCookie] == nil)
        #expect(again.text.contains("already used"))
    }

    @Test func lookingAtTheAddressWithHeadDoesNotUseIt() async throws {
        let bench = try Bench()
        let info = try await bench.send(.post, TokenEndpoints.signIn.template).decoded(SignInInfo.self)
        let path = try Self.path(of: info.url)
        #expect(try await bench.send(.head, path, at: .network).status == .methodNotAllowed)
        #expect(try await bench.send(.get, path, at: .network).status == .seeOther)
    }

    @Test func anAddressOpenedFromAnotherSiteLeadsOnByItself() async throws {
        let bench = try Bench()
        let info = try await bench.send(.post, TokenEndpoints.signIn.template).decoded(SignInInfo.self)
        let response = try await bench.send(
            .get, try Self.path(of: info.url), headers: [.fetchSite: "cross-site"], at: .network)
        #expect(response.status == .ok)
        #expect(response.headers[.setCookie] != nil)
        #expect(response.text.contains(#"<meta http-equiv="refresh" content="0; url=/">"#))
    }

    @Test func withoutSessionThereIsTheWayInAndNothingElse() async throws {
        for headers in [[:], [.cookie: "roost_session_5080=0123456789abcdef"]] as [HTTPFields] {
            let response = try await Bench().send(.get, "/", headers: headers, at: .network)
            #expect(response.status == .unauthorized)
            #expect(response.text.contains("roost open"))
            #expect(!response.text.contains("ramen"))
        }
    }

    @Test func theCookieOpensThePageAndNotTheAPI() async throws {
        let bench = try Bench()
        let cookie = try await Self.cookie(bench)
        for path in [
            ApplicationEndpoints.list.template, TokenEndpoints.list.template, MachineEndpoints.metrics.template,
        ] {
            let response = try await bench.send(.get, path, headers: [.cookie: cookie], at: .network)
            #expect(response.status == .unauthorized)
        }
        let change = try await bench.send(
            .delete, "/v1/applications/ramen?confirm=ramen", headers: [.cookie: cookie], at: .network)
        #expect(change.status == .unauthorized)
        #expect(bench.platform.calls.isEmpty)
    }

    @Test func aTokenOpensThePageAsFarAsItReaches() async throws {
        let bench = try Bench()
        let response = try await bench.send(.post, "/sign-in", body: "token=ramen-token+", at: .network)
        #expect(response.status == .seeOther)
        let cookie = String(try #require(response.headers[.setCookie]).prefix { $0 != ";" })
        let page = try await bench.send(.get, "/", headers: [.cookie: cookie], at: .network)
        #expect(page.text.contains("ramen") && !page.text.contains("leaves"))
        bench.platform.state.withLock { $0.tokens["ramen-token"] = nil }
        #expect(try await bench.send(.get, "/", headers: [.cookie: cookie], at: .network).status == .unauthorized)
    }

    @Test func aWrongTokenIsRefusedAndNotShown() async throws {
        let response = try await Bench().send(.post, "/sign-in", body: "token=%3Cb%3E", at: .network)
        #expect(response.status == .unauthorized)
        #expect(response.text.contains("invalid"))
        #expect(!response.text.contains("<b>"))
    }

    @Test(arguments: ["/sign-in", "/sign-out"])
    func otherSitesCannotSendTheForms(path: String) async throws {
        let response = try await Bench().send(
            .post, path, body: "token=admin-token", headers: [.fetchSite: "cross-site"], at: .network)
        #expect(response.status == .forbidden)
        #expect(response.headers[.setCookie] == nil)
    }

    @Test func signingOutEndsTheSession() async throws {
        let bench = try Bench()
        let cookie = try await Self.cookie(bench)
        let response = try await bench.send(.post, "/sign-out", headers: [.cookie: cookie], at: .network)
        #expect(response.status == .seeOther)
        #expect(response.headers[.setCookie]?.contains("Max-Age=0") == true)
        #expect(try await bench.send(.get, "/", headers: [.cookie: cookie], at: .network).status == .unauthorized)
    }

    @Test func sessionsEndByThemselvesAndAreBounded() {
        let sessions = PageSessions()
        let start = ContinuousClock.now
        let first = sessions.open(.code(.admin), now: start)
        #expect(first.utf8.count == 64)
        #expect(sessions.grant(first, now: start + .seconds(12 * 3600 - 1)) == .code(.admin))
        #expect(sessions.grant(first, now: start + .seconds(12 * 3600)) == nil)
        let later = (0..<PageSessions.limit).map { sessions.open(.code(.read), now: start + .seconds($0 + 1)) }
        #expect(sessions.grant(first, now: start) == nil)
        #expect(Set(later).count == PageSessions.limit)
        #expect(later.allSatisfy { sessions.grant($0, now: start + .seconds(300)) == .code(.read) })
    }

    @Test func theSignInAddressKeepsTheNameThatTheCallerUsed() async throws {
        let bench = try Bench()
        let response = try await bench.send(.post, TokenEndpoints.signIn.template, token: "admin-token")
        #expect(try response.decoded(SignInInfo.self).url.hasPrefix("http://localhost/sign-in?code="))
    }

    @Test(arguments: [
        ("0.0.0.0", "http://127.0.0.1:5080/"), ("::", "http://[::1]:5080/"), ("::1", "http://[::1]:5080/"),
        ("10.0.0.7", "http://10.0.0.7:5080/"),
    ])
    func theSignInAddressCanBeOpened(host: String, start: String) async throws {
        let bench = try Bench(listen: (host, 5080))
        #expect(
            try await bench.send(.post, TokenEndpoints.signIn.template).decoded(SignInInfo.self).url.hasPrefix(start))
    }

    @Test func withoutTCPThereIsNoPageToOpen() async throws {
        let response = try await Bench(listen: nil).send(.post, TokenEndpoints.signIn.template)
        #expect(try response.problem().code == .serviceUnavailable)
        #expect(try response.problem().nextSteps == ["start roostd with --listen 127.0.0.1:5080"])
    }

    @Test func everyPageForbidsScriptsOfOthersAndFrames() async throws {
        let bench = try Bench()
        for (path, entrance) in [("/", Entrance.local), ("/", .network), ("/sign-in?code=x", .network)] {
            let response = try await bench.send(.get, path, at: entrance)
            let policy = response.headers[.contentSecurityPolicy] ?? ""
            #expect(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"))
            #expect(!policy.contains("unsafe"))
            #expect(response.headers[.frameOptions] == "DENY")
            #expect(response.headers[.referrerPolicy] == "same-origin")
            #expect(response.headers[.xContentTypeOptions] == "nosniff")
            #expect(response.headers[.cacheControl] == "no-store")
            // The policy would stop inline styles and handlers; the page has none in the first place.
            #expect(!response.text.contains("style=") && !response.text.contains("onclick"))
        }
    }

    @Test(arguments: [
        "/assets/roost.css": "text/css", "/assets/roost.js": "text/javascript", "/assets/roost.svg": "image/svg+xml",
    ])
    func theAssetsAreServedToEverybody(path: String, type: String) async throws {
        let response = try await Bench().send(.get, path, at: .network)
        #expect(response.status == .ok)
        #expect(response.headers[.contentType]?.hasPrefix(type) == true)
    }

    @Test(arguments: [hostile, "\"\u{338} onload=alert(1) x=\"\u{338}", "<\u{338}img src=x>"])
    func whatPeopleNamedIsShownAsText(text: String) async throws {
        let bench = try Bench()
        bench.platform.state.withLock { state in
            state.machineName = text
            var service = Samples.service("ramen", "data", state: .down, problems: [text], reason: text)
            service.engine = text
            service.database = text
            service.endpoint = .init(host: text, port: Samples.port(21000))
            state.applications["ramen"] = Samples.application(text, services: [service])
        }
        bench.platform.report(text, application: text, message: text)
        let page = try await bench.send(.get, "/").text
        #expect(!page.contains(text))
        let scalars = Array(page.unicodeScalars)
        for (index, scalar) in scalars.enumerated() where scalar == "\u{338}" {
            #expect(scalars[index - 1] == ";", "a mark behind something unescaped")
        }
        #expect(page.components(separatedBy: "<script").count == 2)
        #expect(
            page.components(separatedBy: "onload=").count == page.components(separatedBy: "alert(").count
                || !text.contains("338"))
    }

    @Test func theServicesAndTheirTroublesAreShown() async throws {
        let bench = try Bench()
        bench.platform.state.withLock { state in
            let service = Samples.service(
                "ramen", "data", state: .degraded, problems: ["port 21000 is taken by another program"],
                reason: "the disk is full")
            state.applications["ramen"] = Samples.application("ramen", services: [service])
        }
        bench.platform.report("instance_exited", application: "ramen", message: "killed by signal 9")
        let page = try await bench.send(.get, "/").text
        for text in [
            "ramen/data needs attention", "mariadb@10.11.19", #"<span class="badge degraded">degraded</span>"#,
            "port 21000 is taken by another program", "the disk is full", "190 MiB of 512 MiB", "3 connections",
            "instance exited", "killed by signal 9", "20 GiB of 24 GiB memory available", "Roost 1.2.3",
        ] {
            #expect(page.contains(text), "\(text)")
        }
        #expect(!page.contains("service-secret"))
    }

    @Test func anEmptyPlatformTellsHowToBegin() async throws {
        let bench = try Bench()
        bench.platform.state.withLock { $0.applications = [:] }
        let page = try await bench.send(.get, "/").text
        #expect(page.contains("roost create ramen"))
        #expect(page.contains("No services yet"))
    }

    @Test(arguments: [
        (0, "0 bytes"), (1023, "1023 bytes"), (1024, "1 KiB"), (1536, "1.5 KiB"), (512 << 20, "512 MiB"),
        (1_610_612_736, "1.5 GiB"), (5 << 40, "5 TiB"), (5000 << 40, "5000 TiB"),
    ])
    func sizesAreReadable(bytes: Int64, text: String) {
        #expect(ByteCount(bytes: bytes).readable == text)
    }
}

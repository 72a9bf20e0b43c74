import RoostModel
import Testing

@testable import RoostCLI

/// Next steps lead to the daemon and the application that the failed command spoke of.
@Suite struct NextStepTests {
    static let rows: [(step: String, arguments: [String], expected: String)] = [
        ("roost info data", ["-A", "ramen", "info", "dat"], "roost info data -A ramen"),
        ("roost info data", ["info", "dat", "--home", "/srv/a b"], "roost info data --home '/srv/a b'"),
        ("roost logs data -A tea", ["-A", "ramen", "info"], "roost logs data -A tea"),
        ("roost ls", ["-A", "ramen", "info"], "roost ls"),
        ("roost engine ls", ["push", "--url", "http://h:1", "-A", "ramen"], "roost engine ls --url http://h:1"),
        ("roost run data -- mysql -e 1", ["run", "dat", "-A", "ramen"], "roost run data -A ramen -- mysql -e 1"),
        ("roost destroy data  # removes it", ["-A", "ramen", "scale"], "roost destroy data -A ramen  # removes it"),
        ("roost events --all -n 20", ["-A", "ramen", "clone"], "roost events --all -n 20"),
        ("free some space", ["-A", "ramen", "push"], "free some space"),
        ("roost info data", ["info", "dat"], "roost info data"),
    ]

    @Test(arguments: rows)
    func whatTheCallerSaidByFlagsIsSaidAgain(step: String, arguments: [String], expected: String) {
        let problem = Problem(.failed, "no", next: [step]).followable(by: LiveNames.options(in: arguments))
        #expect(problem.nextSteps == [expected])
    }

    @Test func ofAFailedBuildOfATemplateEverythingsEventsAreNamed() async throws {
        let operation = OperationInfo(
            id: "op1", kind: "template_build", application: nil, service: nil, state: .failed, steps: [],
            error: "line 3: no such table", startedAt: Samples.time, endedAt: Samples.time)
        let answer = TemplateAnswer(template: Samples.template(failure: "no"), operation: operation)
        try await withDaemon(["PUT /v1/templates/shop": { _ in try .json(answer, status: 202) }]) { scene, _ in
            let outcome = await scene.roost("template", "add", "shop", "--dump", "/srv/shop.sql", "--type", "mariadb")
            #expect(outcome.status == 1)
            #expect(
                outcome.errors.contains("roost template ls\n") && outcome.errors.contains("roost events --all -n 20"))
        }
    }

    @Test func eventsOfEverythingAreAskedForWithoutAnApplication() async throws {
        try await withDaemon(["GET /v1/events": { _ in try .json(ItemList([EventInfo]())) }]) { scene, daemon in
            #expect(await scene.roost("events", "--all", "-A", "ramen").status == 0)
            #expect(daemon.requests.map(\.target) == ["/v1/events?limit=50"])
        }
    }
}

import Testing

@testable import RoostControlPlane

@Suite struct RouterSilenceTests {
    private enum Look { case answer, miss }

    /// Rows: looks at the router, and the note that follows each look.
    @Test(
        arguments: [
            ([.answer, .answer], [nil, nil]),
            // The pause of a whole machine is not the router's fault.
            ([.miss, .answer, .miss, .answer], [nil, nil, nil, nil]),
            ([.miss, .miss], [nil, .silent]),
            // Silence is told once, however long it lasts.
            ([.miss, .miss, .miss, .miss, .answer, .answer], [nil, .silent, nil, nil, .answersAgain, nil]),
            ([.miss, .miss, .answer, .miss, .miss], [nil, .silent, .answersAgain, nil, .silent]),
        ] as [([Look], [RouterSilence.Note?])])
    private func silenceIsToldOnceAndSoIsItsEnd(_ looks: [Look], _ notes: [RouterSilence.Note?]) {
        var silence = RouterSilence()
        #expect(looks.map { $0 == .answer ? silence.hear() : silence.miss() } == notes)
    }

    @Test func theWayOutNamesTheProcess() {
        let text = RouterSilence.text(pid: 42, log: "/home/router.log")
        #expect(text.contains("'kill -CONT 42'") && text.contains("/home/router.log"))
        #expect(!RouterSilence.text(pid: nil, log: "x").contains("kill"))
    }
}

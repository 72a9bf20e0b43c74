import NIOCore
import RoostModel
import RoostRouter
import Testing

/// The error that a PostgreSQL client gets when it cannot be served.
struct PostgreSQLFarewellTests {
    static let error = PostgreSQLErrorResponse(.stopped, of: "ramen/data").bytes
    static let encryption = message(80_877_103)
    static let gss = message(80_877_104)
    static let cancel = message(80_877_102, body: [0, 0, 0, 1, 0, 0, 0, 2])
    static let start = message(196_608, body: Array("user\0postgres\0\0".utf8))

    static let seeds = Array(UInt64(0)..<200)

    static func message(_ code: UInt32, body: [UInt8] = []) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeInteger(UInt32(8 + body.count))
        bytes.writeInteger(code)
        bytes.writeBytes(body)
        return bytes
    }

    static func answer(_ text: String, then error: ByteBuffer = ByteBuffer()) -> ByteBuffer {
        var bytes = ByteBuffer(string: text)
        bytes.writeImmutableBuffer(error)
        return bytes
    }

    static let dialogues: [(name: String, heard: [ByteBuffer], steps: [PostgreSQLFarewell.Step])] = [
        ("a client without TLS", [start], [.end(error)]),
        ("a client that asks for TLS", [encryption, start], [.listen(reply: answer("N")), .end(error)]),
        (
            "a client that asks for GSSAPI, then for TLS", [gss, encryption, start],
            [.listen(reply: answer("N")), .listen(reply: answer("N")), .end(error)]
        ),
        (
            "one that asks again and again", [gss, gss, gss],
            [.listen(reply: answer("N")), .listen(reply: answer("N")), .end(nil)]
        ),
        ("one that does not wait for the answer", [joined(encryption, start)], [.end(answer("N", then: error))]),
        ("a request to cancel", [cancel], [.end(nil)]),
        ("the beginning of TLS", [ByteBuffer(bytes: [0x16, 3, 1, 2, 0, 1, 0, 1])], [.end(nil)]),
        ("an old protocol", [message(131_072)], [.end(nil)]),
        ("a message that is too short", [ByteBuffer(bytes: [0, 0, 0, 4])], [.end(nil)]),
        ("a message that is too long", [ByteBuffer(bytes: [0, 0, 0x27, 0x11])], [.end(nil)]),
        ("a long question", [message(80_877_103, body: [0])], [.end(nil)]),
        ("silence", [ByteBuffer()], [.listen(reply: nil)]),
    ]

    static func joined(_ first: ByteBuffer, _ second: ByteBuffer) -> ByteBuffer {
        var all = first
        all.writeImmutableBuffer(second)
        return all
    }

    @Test(arguments: dialogues)
    func endsWithAnErrorThatTheClientCanShow(
        _ name: String, heard: [ByteBuffer], steps: [PostgreSQLFarewell.Step]
    ) {
        var farewell = PostgreSQLFarewell(Self.error)
        #expect(heard.map { farewell.hear($0) } == steps, "\(name)")
    }

    @Test func piecesOfAMessageArePutTogether() {
        var farewell = PostgreSQLFarewell(Self.error)
        let all = Self.joined(Self.encryption, Self.start)
        var answers = ByteBuffer()
        for (index, byte) in all.readableBytesView.enumerated() {
            switch farewell.hear(ByteBuffer(bytes: [byte])) {
            case .listen(let reply):
                #expect(index < all.readableBytes - 1)
                if let reply { answers.writeImmutableBuffer(reply) }
            case .end(let last):
                #expect(index == all.readableBytes - 1)
                answers.writeImmutableBuffer(last ?? ByteBuffer())
            }
        }
        #expect(answers == Self.answer("N", then: Self.error))
    }

    @Test(arguments: seeds) func noiseIsBounded(_ seed: UInt64) {
        var noise = Noise(seed: seed)
        var farewell = PostgreSQLFarewell(Self.error)
        var heard = 0
        while true {
            // Now and then the noise contains a client's real message, so that it gets further.
            let piece =
                switch Int.random(in: 0..<8, using: &noise) {
                case 0: Self.encryption
                case 1: ByteBuffer(bytes: [0, 0, 0x20, 0, 0, 3, 0, 0])
                default:
                    ByteBuffer(
                        bytes: (0..<Int.random(in: 1..<40, using: &noise)).map { _ in
                            UInt8.random(in: 0...255, using: &noise)
                        })
                }
            heard += piece.readableBytes
            if case .end = farewell.hear(piece) { return }
            guard heard <= PostgreSQLFarewell.longestMessage + 100 else {
                Issue.record("it listens without an end")
                return
            }
        }
    }

    @Test(arguments: [
        (Refusal.stopped, "57P03"), (.waited(.seconds(1)), "57P03"), (.silent(.seconds(1)), "57P03"),
        (.removed, "57P01"), (.tooManyWaiting(2), "53300"), (.tooManyConnections(2), "53300"),
    ])
    func theStateSaysWhetherToTryAgain(_ refusal: Refusal, _ state: String) throws {
        let response = PostgreSQLErrorResponse(refusal, of: "ramen/data")
        let error = try #require(PostgreSQLClientError(response.bytes))
        #expect(error == PostgreSQLClientError(severity: "FATAL", state: state, message: response.message))
    }

    @Test func aLongMessageIsCut() throws {
        let response = PostgreSQLErrorResponse(.stopped, of: String(repeating: "x", count: 70_000))
        #expect(try #require(PostgreSQLClientError(response.bytes)).message.utf8.count == 500)
    }
}

/// The same error through a router.
@Suite(.timeLimit(.minutes(1))) struct PostgreSQLRefusalTests {
    private let name = "ramen/data"

    @Test func aClientOfAStoppedServiceIsToldSo() async throws {
        try await TestRouter.with { router in
            let route = Route.sample(wire: "postgresql", port: FreePort.take(), to: FreePort.take(), gate: .closed)
            try await router.serve([route], revision: 1)
            try await TestClient.connect(to: route.port).converse { input, output in
                var reader = Reader(input)
                try await output.write(PostgreSQLFarewellTests.encryption)
                try await reader.expect("N")
                try await output.write(PostgreSQLFarewellTests.start)
                let error = PostgreSQLClientError(try await reader.rest())
                #expect(
                    error
                        == PostgreSQLClientError(
                            severity: "FATAL", state: "57P03", message: "roost: ramen/data is stopped"))
            }
            try await router.wait(for: name) { $0.openConnections == 0 && $0.refusedConnections == 1 }
        }
    }

    @Test func aClientThatSaysNothingIsLetGo() async throws {
        var policy = SessionMachine.Policy()
        policy.farewellPatience = .milliseconds(50)
        try await TestRouter.with(sessions: policy) { router in
            let route = Route.sample(wire: "postgresql", port: FreePort.take(), to: FreePort.take(), gate: .closed)
            try await router.serve([route], revision: 1)
            #expect(try await TestClient.listen(to: route.port).readableBytes == 0)
            try await router.wait(for: name) { $0.openConnections == 0 }
        }
    }
}

/// Reads an error as client libraries do: E, the length, fields that end with a zero, a zero.
struct PostgreSQLClientError: Equatable {
    let severity: String
    let state: String
    let message: String

    init(severity: String, state: String, message: String) {
        self.severity = severity
        self.state = state
        self.message = message
    }

    init?(_ response: ByteBuffer) {
        var response = response
        guard response.readString(length: 1) == "E", let length = response.readInteger(as: UInt32.self),
            Int(length) == response.readableBytes + 4
        else { return nil }
        var fields: [String: String] = [:]
        while let field = response.readString(length: 1), field != "\0" {
            guard let text = response.readNullTerminatedString() else { return nil }
            fields[field] = text
        }
        guard response.readableBytes == 0, let severity = fields["S"], severity == fields["V"],
            let state = fields["C"], let message = fields["M"]
        else { return nil }
        self.init(severity: severity, state: state, message: message)
    }
}

/// Repeatable noise: splitmix64.
private struct Noise: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

import NIOCore
import RoostRouter
import Testing

/// The error line that a Redis client reads instead of its first answer.
struct RedisErrorLineTests {
    @Test func isOneLineThatNamesTheServiceAndTheReason() {
        let line = Wire.redis.refusal(.waited(.seconds(10)), of: "ramen/cache")
        #expect(
            line.map { String(buffer: $0) }
                == "-ERR roost: ramen/cache is not accepting connections (waited 10 s)\r\n")
    }

    @Test(arguments: ["a\r\nb", "a\nb"])
    func aLineBreakInANameBeginsNoOtherAnswer(_ route: String) {
        let line = String(buffer: RedisErrorLine(.stopped, of: route).bytes)
        #expect(line.filter(\.isNewline).count == 1 && line.hasSuffix("\r\n"))
    }

    @Test func theClientSpeaksFirst() {
        #expect(Wire(name: "redis") == .redis)
        #expect(!Wire.redis.serverSpeaksFirst)
    }
}

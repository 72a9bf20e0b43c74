import Glibc
import NIOCore
import NIOPosix

/// Socket options of the relay. TCP_NODELAY is NIO's default on both sides.
enum Tuning {
    /// A peer that vanished without closing is noticed after about two minutes.
    enum KeepAlive {
        static let idleSeconds = 60
        static let intervalSeconds = 15
        static let probes = 4
    }

    /// Small buffers while a connection exchanges small messages, as most connections always do, and 64 KiB for bulk
    /// data.
    static var receive: AdaptiveRecvByteBufferAllocator {
        AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 4096, maximum: 65536)
    }

    /// A single read, then a check whether the other end took the bytes: so at most one buffer waits.
    static let readsAtATime: UInt = 1

    static func keepAlive(_ name: CInt) -> ChannelOptions.Types.SocketOption {
        ChannelOptions.Types.SocketOption(level: .tcp, name: .init(rawValue: name))
    }
}

extension ClientBootstrap {
    /// Options for connections to servers.
    func tuned() -> Self {
        channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.recvAllocator, value: Tuning.receive)
            .channelOption(.maxMessagesPerRead, value: Tuning.readsAtATime)
            .channelOption(.autoRead, value: false)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(Tuning.keepAlive(TCP_KEEPIDLE), value: Tuning.KeepAlive.idleSeconds)
            .channelOption(Tuning.keepAlive(TCP_KEEPINTVL), value: Tuning.KeepAlive.intervalSeconds)
            .channelOption(Tuning.keepAlive(TCP_KEEPCNT), value: Tuning.KeepAlive.probes)
    }
}

extension ServerBootstrap {
    /// Options for clients' connections. Keep-alive is inherited from the listening socket.
    func tuned() -> Self {
        childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.recvAllocator, value: Tuning.receive)
            .childChannelOption(.maxMessagesPerRead, value: Tuning.readsAtATime)
            .childChannelOption(.autoRead, value: false)
    }
}

import Glibc
import NIOCore
import NIOPosix

/// How sockets of the relay are set. TCP_NODELAY is NIO's default on both sides.
enum Tuning {
    /// A peer that vanished without a word is noticed after about two minutes.
    enum KeepAlive {
        static let idleSeconds = 60
        static let intervalSeconds = 15
        static let probes = 4
    }

    /// Small while a connection talks in small messages, as most do all their life, and 64 KiB for bulk.
    static var receive: AdaptiveRecvByteBufferAllocator {
        AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 4096, maximum: 65536)
    }

    /// One read between two looks at whether the other end took it: so no more than one buffer ever waits.
    static let readsAtATime: UInt = 1

    static func keepAlive(_ name: CInt) -> ChannelOptions.Types.SocketOption {
        ChannelOptions.Types.SocketOption(level: .tcp, name: .init(rawValue: name))
    }
}

extension ClientBootstrap {
    /// For the way to the server.
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
    /// For the way to the client. Keep-alive is inherited from the listening socket.
    func tuned() -> Self {
        childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.recvAllocator, value: Tuning.receive)
            .childChannelOption(.maxMessagesPerRead, value: Tuning.readsAtATime)
            .childChannelOption(.autoRead, value: false)
    }
}

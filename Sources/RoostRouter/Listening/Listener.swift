import Logging
import NIOCore
import NIOPosix
import RoostModel

/// The listening sockets of one route. A socket that cannot be opened is retried by `open`, and does not affect the
/// other addresses. Used by the data plane from one task.
final class Listener {
    private let addresses: [ListenAddress]
    private let bootstrap: ServerBootstrap
    private let logger: Logger
    private var channels: [ListenAddress: any Channel] = [:]
    private var failures: [ListenAddress: String] = [:]

    init(_ route: Route, for live: LiveRoute, on group: any EventLoopGroup, logger: Logger) {
        addresses = route.listenAddresses
        var logger = logger
        logger[metadataKey: "route"] = "\(route.name)"
        self.logger = logger
        bootstrap = ServerBootstrap(group: group)
            .tuned()
            .childChannelInitializer { [logger] channel in
                channel.eventLoop.makeCompletedFuture { try Session.accept(channel, for: live, logger: logger) }
            }
    }

    /// The addresses that cannot be listened on, with reasons; nil if there are none.
    var error: String? {
        let texts = addresses.compactMap { address in failures[address].map { "\(address): \($0)" } }
        return texts.isEmpty ? nil : texts.joined(separator: "; ")
    }

    /// Opens the missing sockets, from `inherited` sockets where possible.
    func open(inherited: inout [ListenAddress: CInt]) async {
        for address in addresses where channels[address] == nil {
            let wasFailing = failures[address]
            do {
                let socket = try inherited.removeValue(forKey: address) ?? ListeningSocket.open(address)
                channels[address] = try await listen(on: socket)
                failures[address] = nil
                if wasFailing != nil { logger.notice("Now listening", metadata: ["address": "\(address)"]) }
            } catch ListeningSocket.Failure.addressUnavailable where address.isIPv6 {
                // A machine without IPv6 is served over IPv4 alone.
                failures[address] = nil
            } catch {
                failures[address] = "\(error)"
                guard wasFailing != "\(error)" else { continue }  // Said once, not every second.
                logger.error("Cannot listen", metadata: ["address": "\(address)", "reason": "\(error)"])
            }
        }
    }

    private func listen(on socket: CInt) async throws -> any Channel {
        // From here on NIO closes the socket, also if this call fails.
        let channel = try await bootstrap.withBoundSocket(socket).get()
        do {
            // NIO has set its own backlog of 128; connections of a larger burst would wait for the clients' retries.
            try ListeningSocket.listen(socket)
        } catch {
            await close(channel)
            throw error
        }
        return channel
    }

    /// Stops accepting, for good.
    func pause() async {
        for channel in channels.values {
            // Setting the option fails only if the socket is closed already.
            try? await channel.setOption(.autoRead, value: false).get()
        }
    }

    /// Returns once the ports are free.
    func close() async {
        for channel in channels.values { await close(channel) }
        channels = [:]
        failures = [:]
    }

    private func close(_ channel: any Channel) async {
        // Closing fails only if the socket is closed already.
        try? await channel.close()
    }

    /// Copies of the open sockets, which the caller closes.
    func copySockets() async throws -> [(address: ListenAddress, socket: CInt)] {
        var copies: [(address: ListenAddress, socket: CInt)] = []
        for (address, channel) in channels {
            copies.append((address, try await channel.copySocket()))
        }
        return copies
    }
}

import NIOCore

/// Splits a stream into lines without their ends. `ByteToMessageHandler` limits a line's length.
struct LineDecoder: ByteToMessageDecoder {
    typealias InboundOut = ByteBuffer

    static let longestLine = 16 << 20

    /// Number of bytes searched already, so that a long line in many pieces is searched once.
    private var searched = 0

    mutating func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) -> DecodingState {
        let view = buffer.readableBytesView.dropFirst(searched)
        guard let end = view.firstIndex(of: UInt8(ascii: "\n")) else {
            searched = buffer.readableBytes
            return .needMoreData
        }
        searched = 0
        guard let line = buffer.readSlice(length: end - buffer.readerIndex) else { return .needMoreData }
        buffer.moveReaderIndex(forwardBy: 1)
        context.fireChannelRead(NIOAny(line))
        return .continue
    }

    /// Drops an incomplete last line, which is no request.
    mutating func decodeLast(context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool) -> DecodingState {
        let state = decode(context: context, buffer: &buffer)
        if state == .needMoreData { buffer.clear() }
        return state
    }
}

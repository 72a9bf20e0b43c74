import Foundation
import Testing

@testable import RoostCLI

/// Server-sent events and lines, from pieces of any size.
@Suite struct EventStreamTests {
    typealias Message = EventStreamParser.Message

    static let streams: [(text: String, messages: [Message])] = [
        ("data: one\n\n", [Message(data: "one")]),
        ("id: 7\r\nevent: log\r\ndata: one\r\n\r\n", [Message(event: "log", id: "7", data: "one")]),
        ("data: one\ndata:two\ndata\n\n", [Message(data: "one\ntwo\n")]),
        (": sign of life\n\nid: 9\n\n", []),
        ("retry: 2000\n\ndata: a\n\ndata: b\n\n", [Message(data: "a"), Message(data: "b")]),
        ("data: {\"a\":\"b: c\"}\n\n", [Message(data: "{\"a\":\"b: c\"}")]),
        ("data: unfinished\n", []),
    ]

    @Test(arguments: streams)
    func messagesEndAtAnEmptyLine(text: String, messages: [Message]) {
        var parser = EventStreamParser()
        #expect(parser.feed(Data(text.utf8)) == messages)
    }

    @Test(arguments: streams)
    func piecesOfOneByteGiveTheSameMessages(text: String, messages: [Message]) {
        var parser = EventStreamParser()
        #expect(text.utf8.flatMap { parser.feed(Data([$0])) } == messages)
    }

    @Test func theLastLineNeedsNoEnd() {
        var splitter = LineSplitter()
        #expect(splitter.feed(Data("one\r\ntw".utf8)) == ["one"])
        #expect(splitter.feed(Data("o\n\nthree".utf8)) == ["two", ""])
        #expect(splitter.finish() == "three")
        #expect(splitter.finish() == nil)
    }

    @Test func aLineWithoutEndComesInPartsOfBoundedSize() {
        var splitter = LineSplitter()
        let lines = splitter.feed(Data(repeating: 0x61, count: LineSplitter.longest + 1))
        #expect(lines.map(\.utf8.count) == [LineSplitter.longest + 1])
        #expect(splitter.finish() == nil)
    }
}

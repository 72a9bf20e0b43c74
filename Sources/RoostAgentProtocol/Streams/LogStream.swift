import Foundation
import RoostModel
import RoostTasks
import Synchronization

/// Opens an instance's log, from its last lines on.
package struct OpenLog: AgentCall, Equatable {
    package typealias Answer = Done
    package static let name = "open log"

    package let id: String
    package let instance: InstanceID
    package let lines: Int
    /// Whether the log goes on with lines that are written later.
    package let follow: Bool
}

/// Takes the next lines. Waits for some, for some seconds at most.
package struct ReadLog: AgentCall, Equatable {
    package static let name = "read log"

    package let id: String
    /// Number of the read, from 1. A repeated number gets the same answer, as the first may have been lost.
    package let number: Int
    /// Limit of lines in the answer: the reader has room for so many.
    package let most: Int

    package struct Answer: Codable, Equatable, Sendable {
        package let lines: [String]
        /// Whether no further line will come.
        package let isOver: Bool
    }
}

package struct CloseLog: AgentCall, Equatable {
    package typealias Answer = Done
    package static let name = "close log"

    package let id: String
}

extension Agent {
    /// An instance's log. Lines are fetched as they are read: a reader that pauses holds a bounded number of them.
    package func log(of instance: InstanceID, lines: Int, follow: Bool) async throws(Problem) -> AsyncStream<String> {
        let id = UUID().uuidString
        _ = try await call(OpenLog(id: id, instance: instance, lines: lines, follow: follow))
        let reader = LogReader(agent: self, id: id)
        return AsyncStream {
            await reader.next()
        } onCancel: {
            Task { await reader.close() }  // Ends with the agent's answer.
        }
    }
}

/// Fetches lines when the earlier ones were read.
private actor LogReader {
    private static let most = 500

    private let agent: any Agent
    private let id: String
    private var lines: ArraySlice<String> = []
    private var number = 0
    private var isOver = false

    init(agent: any Agent, id: String) {
        self.agent = agent
        self.id = id
    }

    /// Closes the agent's log when the stream is no longer read.
    deinit {
        guard !isOver else { return }
        Task { [agent, id] in _ = try? await agent.call(CloseLog(id: id)) }  // Ends with the agent's answer.
    }

    func next() async -> String? {
        while lines.isEmpty, !isOver, !Task.isCancelled {
            number += 1
            do throws(Problem) {
                let answer = try await agent.call(ReadLog(id: id, number: number, most: Self.most))
                lines = answer.lines[...]
                isOver = answer.isOver
            } catch {
                // The agent was restarted: the stream ends, as it does when roostd is restarted.
                isOver = true
            }
            if isOver { await close() }
        }
        return lines.popFirst()
    }

    func close() async {
        // An agent that does not know the log has closed it already.
        _ = try? await agent.call(CloseLog(id: id))
    }
}

/// Logs that are being read at an agent, by id.
package final class LogBoard: Sendable {
    /// The longest time that an answer waits for lines.
    private static let patience: Duration = .seconds(20)
    /// Time after which a log that is not read is closed. Checked when another log is opened.
    private static let unread: Duration = .seconds(120)
    private static let held = 500

    private struct Log: Sendable {
        let lines: BoundedQueue<String>
        let pump: Task<Void, Never>
        var given: (number: Int, answer: ReadLog.Answer)?
        var touched = ContinuousClock.now
    }

    private let logs = Mutex<[String: Log]>([:])

    package init() {}

    package func open(_ id: String, _ lines: AsyncStream<String>) {
        let stale = logs.withLock { logs in
            let stale = logs.filter { $0.value.touched.duration(to: .now) > Self.unread }.map(\.key)
            guard logs[id] == nil else { return stale }
            let queue = BoundedQueue<String>(most: Self.held)
            let pump = Task {  // Cancelled by `close`.
                for await line in lines {
                    guard await queue.put(line) else { break }
                }
                queue.close()
            }
            logs[id] = Log(lines: queue, pump: pump)
            return stale
        }
        for id in stale { close(id) }
    }

    package func read(_ call: ReadLog) async throws -> ReadLog.Answer {
        guard let log = logs.withLock({ $0[call.id] }) else {
            throw Problem(.notFound, "the agent has no open log \(call.id)", next: ["try again"])
        }
        if let given = log.given, given.number == call.number { return given.answer }
        let (lines, isOver) = await log.lines.take(call.most, within: Self.patience)
        let answer = ReadLog.Answer(lines: lines, isOver: isOver)
        logs.withLock { logs in
            logs[call.id]?.given = (call.number, answer)
            logs[call.id]?.touched = .now
        }
        return answer
    }

    package func close(_ id: String) {
        let log = logs.withLock { $0.removeValue(forKey: id) }
        log?.pump.cancel()
        log?.lines.close()
    }
}

extension CallTable {
    package mutating func onLogs(
        of board: LogBoard, _ lines: @escaping @Sendable (OpenLog) async throws -> AsyncStream<String>
    ) {
        on(OpenLog.self) { call in
            board.open(call.id, try await lines(call))
            return Done()
        }
        on(ReadLog.self) { call in try await board.read(call) }
        on(CloseLog.self) { call in
            board.close(call.id)
            return Done()
        }
    }
}

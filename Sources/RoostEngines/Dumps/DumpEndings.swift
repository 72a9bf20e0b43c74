import Glibc
import RoostHost
import RoostModel

extension DumpSource {
    /// The end of one program of a dump's pipeline.
    struct Ending: Sendable {
        enum Way: Equatable, Sendable {
            case ended(ExitStatus)
            /// The program did not run, or was ended before it ended by itself; the sentence says which.
            case cut(String)
        }

        let program: String
        let way: Way
        var errors = ""
    }
}

extension DumpSource.Ending {
    /// Runs the program to its end.
    init(_ bounded: BoundedProgram, named program: String) async {
        do throws(BoundedProgram.Failure) {
            let end = try await bounded.run()
            self.init(program: program, way: .ended(end.status), errors: end.errors)
        } catch { self.init(program: program, way: .cut("\(error)")) }
    }

    private var name: Substring { program.split(separator: "/").last ?? "a program" }

    /// `gzip: stdin: decompression OK, trailing garbage ignored`, with status 2: all of the text was read.
    var isWarning: Bool {
        guard case .ended(.exited(2)) = way, name == "gzip" else { return false }
        return errors.contains("trailing garbage ignored")
    }

    private var isWhole: Bool { way == .ended(.exited(0)) || isWarning }

    /// The reason why the text that was read to its end is not the whole dump; nil if it is. The end of the text alone
    /// does not show that a program failed.
    static func failure(of endings: [Self]) -> String? {
        for (index, ending) in endings.enumerated() where !ending.isWhole {
            let reader = endings.dropFirst(index + 1).first
            // pg_restore knows the end of an archive, and leaves the padding behind it unread.
            if ending.way == .ended(.signalled(SIGPIPE)), let reader, reader.name == "pg_restore", reader.isWhole {
                continue
            }
            return ending.fault
        }
        return nil
    }

    private var fault: String {
        switch way {
        case .cut(let reason): return "\(name): \(reason)"
        case .ended(let status):
            let words = errors.split(whereSeparator: \.isNewline).suffix(5).joined(separator: "; ")
            return "\(name) ended with \(ShortCommand.Outcome.words(status))" + (words.isEmpty ? "" : ": \(words)")
        }
    }
}

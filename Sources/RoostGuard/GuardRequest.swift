/// The guard's command line, parsed.
struct GuardRequest: Equatable {
    enum Target: Equatable {
        /// The folder of a control group: v1's freezer, or v2.
        case group(String)
        case processes([Int32])
    }

    let deadline: Duration
    let target: Target

    static let usage = "usage: roost-guard --deadline-ms N (--freezer FOLDER | --pids PID,PID,…)"

    /// Nil if the arguments are invalid: the guard never freezes on a guess.
    init?(arguments: [String]) {
        guard arguments.count == 4, arguments[0] == "--deadline-ms", let milliseconds = Int(arguments[1]),
            (1...600_000).contains(milliseconds)
        else { return nil }
        deadline = .milliseconds(milliseconds)
        switch arguments[2] {
        case "--freezer" where arguments[3].hasPrefix("/"): target = .group(arguments[3])
        case "--pids":
            let texts = arguments[3].split(separator: ",", omittingEmptySubsequences: false)
            let pids = texts.compactMap { Int32($0) }.filter { $0 > 1 }
            guard pids.count == texts.count else { return nil }
            target = .processes(pids)
        default: return nil
        }
    }
}

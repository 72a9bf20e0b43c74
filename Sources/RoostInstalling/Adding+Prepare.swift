import Glibc
import RoostEngines
import RoostModel

// From the unpacked source to a tree in which an engine finds its programs.
extension Adding {
    struct Prepared: Sendable {
        let identity: EngineIdentity
        /// Counts of removed files, for the record and for people: `static libraries: 12`.
        let removed: [String]
    }

    func prepare() async throws(InstallError) -> Prepared {
        try await step { () async throws(InstallError) in
            try await shape()
            return ((), "arrange")
        }
        let removed = try await step { () async throws(InstallError) in try await strip() }
        let identity = try await step { () async throws(InstallError) in
            let identity = try await check()
            return (identity, "check \(identity)")
        }
        if let wanted = request.version, !identity.version.matches(wanted) {
            throw .otherVersion(wanted: wanted, found: identity)
        }
        return Prepared(identity: identity, removed: removed)
    }

    private var names: [String] { request.programs.map(\.name) }

    /// Moves `bin` and `lib` to the top of the tree. A build for another machine is refused before anything is
    /// changed.
    private func shape() async throws(InstallError) {
        let (work, names, limits, stop) = (place.work, names, limits, stop)
        try await OwnThread.run(stop) { () throws(InstallError) in
            let shaping = TreeShaping(work: work)
            let found = try TreeWalk.check(shaping.tree, limits: limits)
            guard let server = Layout.server(named: names, in: found.files) else { throw .noServer(names: names) }
            if let machine = ELFFile.read("\(shaping.tree)/\(server)")?.machine, machine != .own {
                throw .wrongArchitecture(program: server, found: "\(machine)", wanted: "\(ELFFile.Machine.own)")
            }
            for step in Layout.steps(server: server, programs: found.programs) { try shaping.carryOut(step) }
        }
    }

    private func strip() async throws(InstallError) -> ([String], String) {
        let (work, limits, stop) = (place.work, limits, stop)
        let (before, removed, debugged) = try await OwnThread.run(stop) { () throws(InstallError) in
            let shaping = TreeShaping(work: work)
            let found = try TreeWalk.all(in: shaping.tree, most: limits.entries + 1)
            let removed = try shaping.strip(found)
            let left = try TreeWalk.check(shaping.tree, limits: limits)
            let debugged = left.elfFiles(in: shaping.tree).filter(\.value.hasDebugSections).keys.sorted()
            return (found.size, removed, debugged)
        }
        var words = removed.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key.rawValue): \($0.value)" }
        if Stripping.isPossible, !debugged.isEmpty {
            let count = try await Stripping(work: work, tree: tree, user: place.user).strip(debugged, stop: stop)
            if count > 0 { words.append("debug symbols: \(count)") }
        }
        let tree = tree
        let after = try await OwnThread.run(stop) { () throws(InstallError) in
            try TreeWalk.all(in: tree, most: limits.entries + 1).size
        }
        let what = words.isEmpty ? "nothing to remove" : "without " + words.joined(separator: ", ")
        return (words, "slim \(before.inMebibytes) to \(after.inMebibytes) (\(what))")
    }

    /// Checks that this machine can run the build and with which libraries, and identifies it.
    private func check() async throws(InstallError) -> EngineIdentity {
        let (tree, limits, stop) = (tree, limits, stop)
        let plan = try await OwnThread.run(stop) { () throws(InstallError) in
            let found = try TreeWalk.check(tree, limits: limits)
            return ProgramPlan(files: found.elfFiles(in: tree), paths: found.files)
        }
        let servers = names.compactMap { name in Layout.server(named: [name], in: plan.paths).map { (name, $0) } }
        guard let first = servers.first else { throw .noServer(names: names) }
        try await settleLibraries(plan, server: resolved(first.1, plan))
        let checks = ProgramChecks(tree: tree, user: place.user)
        var others: InstallError = .noServer(names: names)
        for program in request.programs {
            guard let path = servers.first(where: { $0.0 == program.name })?.1 else { continue }
            switch try await checks.version(of: path, program) {
            case .version(let version): return EngineIdentity(name: program.family, version: version)
            case .other, .none: others = .otherServer(program: path, words: "not a \(program.family) server")
            }
        }
        throw others
    }

    /// Finds a loader that resolves all libraries. If that is not the machine's usual loader, the programs are
    /// replaced by wrapper scripts.
    private func settleLibraries(_ plan: ProgramPlan, server: String) async throws(InstallError) {
        guard let file = plan.files[server], file.interpreter != nil else { return }
        let checks = ProgramChecks(tree: tree, user: place.user)
        let programs = [server: file].merging(companions(plan)) { own, _ in own }.sorted { $0.key < $1.key }
        if let bundled = plan.bundledLoader {
            for (path, file) in programs { try await refuseMissing(checks, plan, path, file, .bundled(bundled)) }
            return try wrap(plan, .bundled(bundled))
        }
        var plain: [(path: String, report: LoaderReport)] = []
        for (path, file) in programs {
            plain.append((path, try await checks.libraries(of: path, file, loader: nil, folders: [])))
        }
        // The build brings libraries, but no way to find them: the machine's loader is given their folders.
        if plain.contains(where: { $0.report.missing.contains(where: plan.brings) }), let own = file.interpreter {
            for (path, file) in programs { try await refuseMissing(checks, plan, path, file, .machine(own)) }
            return try wrap(plan, .machine(own))
        }
        for (path, report) in plain { try refuse(report, path) }
    }

    /// Programs that are started besides the server. A missing library of a client would otherwise surface only at
    /// its user.
    private func companions(_ plan: ProgramPlan) -> [String: ELFFile] {
        let names = Set(request.programs.flatMap(\.companions))
        return plan.files.filter { path, _ in
            plan.programs.contains(path) && names.contains(String(path.split(separator: "/").last ?? ""))
        }
    }

    private func refuseMissing(
        _ checks: ProgramChecks, _ plan: ProgramPlan, _ server: String, _ file: ELFFile, _ loader: Wrapper.Loader
    ) async throws(InstallError) {
        try refuse(
            try await checks.libraries(of: server, file, loader: loader, folders: plan.libraryFolders), server)
    }

    private func refuse(_ report: LoaderReport, _ server: String) throws(InstallError) {
        if !report.missing.isEmpty { throw .missingLibraries(program: server, report.missing) }
        if !report.missingVersions.isEmpty {
            throw .notRunnable(
                program: server,
                words: "it needs newer libraries than this machine has ("
                    + report.missingVersions.joined(separator: ", ")
                    + ") and does not bundle its own C library and loader")
        }
        if let complaint = report.complaint { throw .notRunnable(program: server, words: complaint) }
    }

    private func wrap(_ plan: ProgramPlan, _ loader: Wrapper.Loader) throws(InstallError) {
        let writer = WrapperWriter(work: place.work)
        for path in plan.programs { try writer.wrap(path, loader: loader, libraries: plan.libraryFolders) }
        // Through a link in another folder, the script would compute wrong paths from its own location.
        try writer.replaceLinks(to: Set(plan.programs), among: plan, loader: loader)
    }

    /// The program behind a path that is a link within the tree.
    private func resolved(_ path: String, _ plan: ProgramPlan) -> String {
        guard plan.files[path] == nil, let real = realpath("\(tree)/\(path)", nil) else { return path }
        defer { free(real) }
        guard let root = realpath(tree, nil) else { return path }
        defer { free(root) }
        let (full, prefix) = (String(cString: real), String(cString: root) + "/")
        return full.hasPrefix(prefix) ? String(full.dropFirst(prefix.count)) : path
    }
}

extension [TreeWalk.Found] {
    /// The paths of files and links.
    var files: [String] { filter { $0.entry.kind != .folder }.map(\.path) }
    /// The paths of executable files.
    var programs: [String] { filter { $0.entry.kind == .file && $0.entry.mode & 0o100 != 0 }.map(\.path) }
    var size: ByteCount { ByteCount(bytes: reduce(0) { $0 + $1.entry.size }) }

    /// ELF programs and libraries, by path. Reads the beginning of each candidate file.
    func elfFiles(in tree: String) -> [String: ELFFile] {
        reduce(into: [:]) { files, item in
            let path = item.path
            guard item.entry.kind == .file, item.entry.mode & 0o100 != 0 || path.contains(".so") else { return }
            files[path] = ELFFile.read("\(tree)/\(path)")
        }
    }
}

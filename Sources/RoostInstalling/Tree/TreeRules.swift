import RoostModel

/// The rules for a tree, so that nothing in it, once unpacked, reaches out of it. Pure: entries are checked one by
/// one, in their order, before any of them is written.
package struct TreeRules {
    package struct Limits: Sendable {
        package var entries = 100_000
        package var total = ByteCount.gibibytes(8)
        package var depth = 24
        package var pathBytes = 1024

        package init() {}
    }

    /// An entry that may be created, under its cleaned name.
    package struct Admitted: Equatable, Sendable {
        package enum Kind: Equatable, Sendable {
            case file(isExecutable: Bool)
            case folder
            case link(to: String)
            /// A hard link to an earlier file, by that file's cleaned name; made as a copy.
            case copy(of: String)
        }

        package let path: String
        package let kind: Kind
        package let size: Int64
    }

    private enum Seen { case file(Int64, isExecutable: Bool), folder, link }

    private let limits: Limits
    private var seen: [String: Seen] = [:]
    /// Admitted paths by their lower-case form.
    private var folded: [String: String] = [:]
    /// Unpacked size of all admitted entries, in bytes.
    package private(set) var total: Int64 = 0
    package private(set) var count = 0

    package init(limits: Limits = Limits()) { self.limits = limits }

    /// Nil for a folder that exists already: the tree's own root, or a folder noted before.
    package mutating func admit(_ entry: TreeEntry) throws(InstallError) -> Admitted? {
        let shown = Self.shown(entry.name)
        do throws(TreeFault) {
            count += 1
            guard count <= limits.entries else { throw .tooMany(limit: limits.entries) }
            let parts = try parts(entry.name)
            guard entry.mode & 0o6000 == 0 || entry.kind == .folder else { throw .setsUserID }
            let kind = try kind(entry, parts: parts)
            guard !parts.isEmpty else {
                guard case .folder = kind else { throw .emptyName }
                return nil
            }
            let path = parts.joined(separator: "/")
            let isNew = try place(path, parts, kind, entry)
            return isNew ? Admitted(path: path, kind: kind, size: size(kind, entry)) : nil
        } catch {
            throw .refused(entry: shown, error)
        }
    }

    // MARK: Names

    private func parts(_ name: [UInt8]) throws(TreeFault) -> [String] {
        guard !name.isEmpty else { throw .emptyName }
        guard !name.contains(where: { $0 < 0x20 || $0 == 0x7f }) else { throw .controlCharacters }
        guard let text = String(validating: name, as: UTF8.self) else { throw .notText }
        // Also refuses C1 control characters, and characters that change the writing direction.
        guard !text.unicodeScalars.contains(where: { [.control, .format].contains($0.properties.generalCategory) })
        else { throw .controlCharacters }
        guard name.count <= limits.pathBytes else { throw .nameTooLong }
        guard !text.hasPrefix("/") else { throw .absolutePath }
        let parts = text.split(separator: "/").map(String.init).filter { $0 != "." }
        guard !parts.contains("..") else { throw .climbs }
        guard parts.allSatisfy({ $0.utf8.count <= 255 }) else { throw .nameTooLong }
        guard parts.count <= limits.depth else { throw .tooDeep }
        return parts
    }

    /// The name for an error text: of bounded length, and without terminal control characters.
    static func shown(_ name: [UInt8]) -> String {
        String(
            String(decoding: name.prefix(200), as: UTF8.self).unicodeScalars.map {
                [.control, .format].contains($0.properties.generalCategory) ? "?" : Character($0)
            })
    }

    // MARK: Kinds

    private func kind(_ entry: TreeEntry, parts: [String]) throws(TreeFault) -> Admitted.Kind {
        switch entry.kind {
        case .file: return .file(isExecutable: entry.mode & 0o100 != 0)
        case .folder: return .folder
        case .symbolicLink(let target): return .link(to: try linkTarget(target, below: parts.count - 1))
        case .hardLink(let target):
            let path: String
            do throws(TreeFault) { path = try self.parts(target).joined(separator: "/") } catch {
                throw .linkLeadsOut(to: Self.shown(target))
            }
            guard case .file = seen[path] else { throw .hardLinkToNothing(to: Self.shown(target)) }
            return .copy(of: path)
        case .device: throw .device
        case .pipe: throw .pipe
        case .socket: throw .socket
        case .sparseFile: throw .sparse
        case .unknown(let letter): throw .unknownKind(letter)
        }
    }

    /// `..` is allowed only at the beginning of the target, where it means the folders that contain the link; `place`
    /// ensures that these are not links. So each link stays inside the tree, and so does every chain of links.
    private func linkTarget(_ target: [UInt8], below depth: Int) throws(TreeFault) -> String {
        guard let text = String(validating: target, as: UTF8.self),
            !target.contains(where: { $0 < 0x20 || $0 == 0x7f })
        else { throw .controlCharacters }
        let shown = Self.shown(target)
        guard !text.isEmpty, target.count <= limits.pathBytes else { throw .nameTooLong }
        guard !text.hasPrefix("/") else { throw .absoluteLink(to: shown) }
        let parts = text.split(separator: "/").filter { $0 != "." }
        let climbs = parts.prefix { $0 == ".." }.count
        guard climbs <= depth else { throw .linkLeadsOut(to: shown) }
        guard !parts.dropFirst(climbs).contains("..") else { throw .windingLink(to: shown) }
        return text
    }

    // MARK: Places

    /// Records the entry. Returns false for a folder that was recorded before.
    private mutating func place(
        _ path: String, _ parts: [String], _ kind: Admitted.Kind, _ entry: TreeEntry
    ) throws(TreeFault) -> Bool {
        var parent = ""
        for part in parts.dropLast() {
            parent += parent.isEmpty ? part : "/\(part)"
            switch seen[parent] {
            // Folders that the archive does not list are created implicitly.
            case nil: try note(parent, .folder)
            case .folder: continue
            case .file, .link: throw .belowNoFolder(parent)
            }
        }
        switch (seen[path], kind) {
        case (nil, _): break
        case (.folder, .folder): return false
        case (.file, _), (.folder, _), (.link, _): throw .twice
        }
        let size = size(kind, entry)
        guard size >= 0, total + size <= limits.total.bytes else { throw .tooLarge(limit: limits.total) }
        total += size
        switch kind {
        case .file(let isExecutable): try note(path, .file(size, isExecutable: isExecutable))
        case .copy(let other):
            if case .file(_, let isExecutable) = seen[other] { try note(path, .file(size, isExecutable: isExecutable)) }
        case .folder: try note(path, .folder)
        case .link: try note(path, .link)
        }
        return true
    }

    private mutating func note(_ path: String, _ what: Seen) throws(TreeFault) {
        if Self.mayNotDifferInCase(path), let other = folded.updateValue(path, forKey: path.lowercased()) {
            throw .caseOf(other)
        }
        seen[path] = what
    }

    /// There is no good reason for `BIN` beside `bin`, or for a second `mysqld` in capitals. In deeper folders such
    /// names are usual: Perl has a `sys` beside its `Sys`.
    private static func mayNotDifferInCase(_ path: String) -> Bool {
        let parts = path.lowercased().split(separator: "/")
        return parts.count == 1 || parts.contains { ["bin", "sbin", "libexec"].contains($0) }
    }

    private func size(_ kind: Admitted.Kind, _ entry: TreeEntry) -> Int64 {
        switch kind {
        case .file: return entry.size
        case .copy(let other): if case .file(let size, _) = seen[other] { return size } else { return 0 }
        case .folder, .link: return 0
        }
    }
}

extension TreeFault: Error {}

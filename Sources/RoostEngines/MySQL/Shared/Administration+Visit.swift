import RoostModel

/// Decides which of the open files that were removed the server cannot do without. Pure.
///
/// Servers also remove open files in normal work: dropped tables, copies made by ALTER TABLE and temporary files.
struct MySQLFiles {
    /// Files whose name alone says that the server cannot do without them.
    let essential: [String]
    /// Tablespaces: InnoDB's catalogue knows whether the table still exists.
    let tablespaces: [String]
    /// Tables of other storage engines, each with the file that defines the table.
    let tables: [(file: String, definition: String)]

    init(_ removed: [String]) {
        let lasting = removed.filter { !$0.contains("#sql") && !$0.contains("#innodb_temp") }
        essential = lasting.filter(Self.isEssential)
        tablespaces = lasting.filter { $0.hasSuffix(".ibd") && $0.contains("/") }
        tables = lasting.compactMap { name in
            guard let dot = name.lastIndex(of: "."), name.contains("/"),
                [".MAD", ".MAI", ".MYD", ".MYI"].contains(String(name[dot...]))
            else { return nil }
            return (file: name, definition: "\(name[..<dot]).frm")
        }
    }

    /// Excludes redo logs other than these, which the server creates and removes in normal work.
    private static func isEssential(_ name: String) -> Bool {
        if ["ib_logfile0", "mysql.ibd", "aria_log_control"].contains(name) { return true }
        // MySQL keeps spare redo logs as `#ib_redo7_tmp`, and closes a log before it removes it.
        if name.hasPrefix("#innodb_redo/#ib_redo"), name.last?.isNumber ?? false { return true }
        let digits = name.drop { !$0.isNumber }
        guard !digits.isEmpty, digits.allSatisfy(\.isNumber) else { return false }
        return ["ibdata", "undo", "undo_"].contains(String(name.dropLast(digits.count)))
    }

    /// The file name as InnoDB lists it: `./shop/orders.ibd`.
    static func listed(_ name: String) -> String { "./\(name)" }
}

/// The catalogue in which a server of the family lists its InnoDB files.
struct TablespaceCatalogue: Sendable {
    let column: String
    let table: String

    func query(_ names: [String]) -> String {
        let list = names.prefix(200).map { SQLText.literal(MySQLFiles.listed($0)) }.joined(separator: ", ")
        return "SELECT \(column) FROM information_schema.\(table) WHERE \(column) IN (\(list))"
    }
}

extension Administration {
    func visit(_ plan: ServerPlan, _ aim: VisitAim, _ catalogue: TablespaceCatalogue) async -> Visit {
        // The only error thrown is that of a cancelled call, which proves nothing about the server.
        let answer = try? await AdministrationThreads.run { () throws(ClientFault) -> Visit in
            try look(plan, MySQLFiles(aim.removed), catalogue)
        }
        switch answer {
        case .success(let visit): return visit
        case .failure(let fault): return Self.visit(fault)
        case nil: return .welcome
        }
    }

    /// Interprets an error during the visit. Pure.
    static func visit(_ fault: ClientFault) -> Visit {
        if fault.isUnanswered { return .silence }
        // Other errors prove nothing here: drift of Roost's own account is handled by the probe.
        return fault.isExhaustion ? .refused("error \(fault.code): \(fault.message)") : .welcome
    }

    private func look(
        _ plan: ServerPlan, _ files: MySQLFiles, _ catalogue: TablespaceCatalogue
    ) throws(ClientFault) -> Visit {
        let connection = try ServerConnection(plan.address, .probe)
        let names = plan.databases.map(SQLText.literal).joined(separator: ", ")
        let standing = try connection.run(
            "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME IN (\(names))")
        var missing = files.essential
        if !files.tablespaces.isEmpty {
            let known = Set(try connection.run(catalogue.query(files.tablespaces)).compactMap { $0.first ?? nil })
            missing += files.tablespaces.filter { known.contains(MySQLFiles.listed($0)) }
        }
        missing += files.tables.filter { FolderEntry.exists("\(plan.folders.data)/\($0.definition)", isFolder: false) }
            .map(\.file)
        // Copies have no binary log.
        let hasLog = try connection.run("SELECT @@global.log_bin").first?.first == "1"
        let logs = hasLog ? BinaryLogs(directory: plan.folders.data) : nil
        return Visit(
            refusal: Self.refusal(plan.databases, standing: Set(standing.compactMap { $0.first ?? nil })),
            missing: missing + (logs?.missing ?? []), remark: logs?.remark)
    }

    /// The refusal to report if one of the service's databases does not exist. Pure.
    static func refusal(_ databases: [String], standing: Set<String>) -> String? {
        guard let name = databases.first(where: { !standing.contains($0) }) else { return nil }
        return "its database '\(name)' is missing, and connections to it are refused (error 1049): create it again "
            + "with CREATE DATABASE, or create an empty one with 'roost restart SERVICE'"
    }
}

extension MariaDB {
    package func visit(_ plan: ServerPlan, _ aim: VisitAim) async -> Visit {
        await administration.visit(
            plan, aim, TablespaceCatalogue(column: "FILENAME", table: "INNODB_SYS_TABLESPACES"))
    }
}

extension MySQL {
    package func visit(_ plan: ServerPlan, _ aim: VisitAim) async -> Visit {
        await administration.visit(plan, aim, TablespaceCatalogue(column: "FILE_NAME", table: "FILES"))
    }
}

import Foundation
import RoostModel

extension MongoDB {
    package var exportFormats: [ExportFormat] { [.archive] }

    package func exportCommand(_ format: ExportFormat, database: String, build: EngineBuild?) -> [String] {
        ["mongodump", "--archive", "--db=\(database)"]
    }

    /// Opens `mongosh`, or the named program, with the service's address in the environment. The server's own package
    /// has no client, so the host may lack one.
    package func client(_ request: ClientRequest, build: EngineBuild?) throws(EngineError) -> ClientCommand {
        let words = request.arguments.isEmpty ? ["mongosh"] : request.arguments
        let folders = build?.programFolders ?? []
        if request.arguments.isEmpty, Self.path(of: "mongosh", besides: folders) == nil {
            throw .clientMissing(Self.missing)
        }
        let name = words[0].split(separator: "/").last.map(String.init) ?? words[0]
        let url = Self.url(request, naming: "{files}/ca.pem")
        var files: [String: String] = [:]
        var arguments = words
        if name == "mongosh", words.count == 1 {
            // The shell reads no address from its environment; the script does.
            files["connect.js"] = "db = connect(process.env.MONGODB_URL)\n"
            // If the first script fails, the shell does not run the second; an interactive session goes on.
            arguments += ["--nodb"] + (request.endsAtFirstError ? [] : ["--shell"]) + ["{files}/connect.js"]
            if request.endsAtFirstError { arguments.append("/dev/stdin") }
        } else if Self.tools.contains(name) {
            // Only arguments and variables have the folder's name substituted, so the file cannot name it.
            files["tools.yml"] = "uri: \(BSONValue.quoted(Self.url(request, naming: nil)))\n"
            arguments.insert("--config={files}/tools.yml", at: 1)
            if request.authority != nil { arguments.insert("--sslCAFile={files}/ca.pem", at: 2) }
        }
        if let authority = request.authority { files["ca.pem"] = authority }
        return ClientCommand(
            arguments: arguments, variables: variables(request, url: url), files: files, path: folders)
    }

    /// The vendor's tools that read an address from a file.
    private static let tools: Set = [
        "mongodump", "mongoexport", "mongofiles", "mongoimport", "mongorestore", "mongostat", "mongotop",
    ]

    private static let missing =
        "'mongosh' is not installed; install it, or run another client with the address in "
        + "MONGODB_URL: roost run SERVICE -- python3 app.py; 'roost url SERVICE' prints the address"

    /// Nil if the program is not on this host.
    static func path(of program: String, besides folders: [String]) -> String? {
        (folders + ["/usr/local/bin", "/usr/bin", "/bin"]).map { "\($0)/\(program)" }
            .first(where: FileManager.default.isExecutableFile)
    }

    /// A direct connection to the requested port, whichever member it leads to. Names and passwords made by Roost need
    /// no escapes; others are escaped.
    private static func url(_ request: ClientRequest, naming authorityFile: String?) -> String {
        let host = request.host.contains(":") ? "[\(request.host)]" : request.host
        let account = "\(request.user.percentEncoded):\(request.password.percentEncoded)"
        let file = authorityFile.map { "&tlsCAFile=\($0)" } ?? ""
        let tls = request.authority == nil ? "" : "&tls=true\(file)"
        return "mongodb://\(account)@\(host):\(request.port)/\(request.database.percentEncoded)"
            + "?authSource=admin&directConnection=true\(tls)"
    }

    private func variables(_ request: ClientRequest, url: String) -> ClientVariables {
        var values = [
            "MONGODB_URL": url, "MONGODB_URI": url, "MONGODB_HOST": request.host, "MONGODB_PORT": "\(request.port)",
            "MONGODB_LOGIN": request.user, "MONGODB_PASSWORD": request.password, "MONGODB_DATABASE": request.database,
        ]
        if request.authority != nil { values["MONGODB_CA_FILE"] = "{files}/ca.pem" }
        return ClientVariables(values: values, cleared: ["MONGODB_CA_FILE"])
    }
}

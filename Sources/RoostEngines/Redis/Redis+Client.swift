import RoostModel

extension Redis {
    package var exportFormats: [ExportFormat] { [.rdb] }

    package func exportCommand(_ format: ExportFormat, database: String, build: EngineBuild?) -> [String] {
        [flavour.client, "--rdb", "-"]
    }

    package func client(_ request: ClientRequest, build: EngineBuild?) throws(EngineError) -> ClientCommand {
        let words = request.arguments.isEmpty ? [flavour.client] : request.arguments
        var arguments = [words[0]]
        if Self.isClient(words[0]) {
            arguments = [available(words[0], build)]
            // Without this option the shell goes on after an error, and its exit status is zero.
            if request.endsAtFirstError, Self.knowsErrorExit(build) { arguments.append("-e") }
            arguments += ["-h", request.host, "-p", "\(request.port)", "--user", request.user]
            if request.authority != nil { arguments += ["--tls", "--cacert", "{files}/ca.pem"] }
        }
        return ClientCommand(
            arguments: arguments + words.dropFirst(), variables: variables(request),
            files: request.authority.map { ["ca.pem": $0] } ?? [:], path: build?.programFolders ?? [])
    }

    private static let clients: Set = ["redis-cli", "valkey-cli"]

    private static func isClient(_ program: String) -> Bool {
        clients.contains(program.split(separator: "/").last.map(String.init) ?? program)
    }

    /// The client to use: every client speaks to either server, so if the release has only the other one, it is used.
    private func available(_ name: String, _ build: EngineBuild?) -> String {
        guard let build, build.programs[name] == nil, build.programs[flavour.client] != nil, !name.contains("/") else {
            return name
        }
        return flavour.client
    }

    /// The option exists since Redis 7.0, and in every Valkey.
    private static func knowsErrorExit(_ build: EngineBuild?) -> Bool {
        build.map { ($0.identity.version.components.first ?? 0) >= 7 } ?? false
    }

    /// `REDISCLI_AUTH` and `VALKEYCLI_AUTH` are read by the client programs; the other variables are for other
    /// commands.
    private func variables(_ request: ClientRequest) -> ClientVariables {
        let scheme = request.authority == nil ? family.urlScheme : family.tlsURLScheme ?? family.urlScheme
        let host = request.host.contains(":") ? "[\(request.host)]" : request.host
        let database = family.fixedDatabase ?? "0"
        var variables = [
            "REDISCLI_AUTH": request.password, "VALKEYCLI_AUTH": request.password,
            "REDIS_URL":
                "\(scheme)://\(request.user.percentEncoded):\(request.password.percentEncoded)@\(host):\(request.port)/\(database)",
            "REDIS_HOST": request.host, "REDIS_PORT": "\(request.port)", "REDIS_USERNAME": request.user,
            "REDIS_PASSWORD": request.password,
        ]
        // For libraries that look for certificate authorities where OpenSSL does.
        if request.authority != nil { variables["SSL_CERT_FILE"] = "{files}/ca.pem" }
        // The address of a Redis behind TLS: libraries that read this variable first would go elsewhere.
        return ClientVariables(values: variables, cleared: ["REDIS_TLS_URL"])
    }
}

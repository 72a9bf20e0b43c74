import Foundation
import RoostModel
import Testing

/// An application with a custom service `web`: an HTTP server that keeps lines in `~/data`, and a TCP echo beside it.
struct CustomApplication {
    let roost: Roost
    var version = "one"
    var buildscript: String?
    var postinstall: String?
    /// Further lines of the build file, for the service or for others.
    var keys = ""
    var services = ""
    /// The same server as the one process `./run`, beside a database, in dotCloud's form.
    var isDotcloud = false

    private static let dotcloud = """
        data: {type: mysql, config: {mysql_serverid: 7, mysql_masterslave: false}}
        web:
          type: custom
          approot: app
          ports: {www: http}
          environment:
            LINES_OF_A_KEY: |
              one
                two

        """

    private static let server = """
        import http.server, os, sys, urllib.parse

        DATA = os.path.expanduser('~/data/lines')

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                place, _, query = self.path.partition('?')
                query = urllib.parse.unquote(query)
                if place == '/die':
                    os._exit(3)
                body = getattr(self, 'on_' + place[1:], self.on_version)(query).encode()
                self.send_response(200)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def on_version(self, query):
                return open('version').read()

            def on_add(self, query):
                with open(DATA, 'a') as lines:
                    lines.write(query + '\\n')
                return open(DATA).read()

            def on_lines(self, query):
                return open(DATA).read()

            def on_variable(self, query):
                return os.environ.get(query, 'unset')

            def on_read(self, query):
                try:
                    return 'read ' + open(query, errors='replace').read(200)
                except OSError as error:
                    return 'refused ' + os.strerror(error.errno)

            def on_fill(self, query):
                self.server.ballast = bytearray(int(query) << 20)
                return 'filled'

            def log_message(self, *words):
                print('request', self.path, flush=True)

        http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ['PORT_WWW'])), Handler).serve_forever()
        """

    private static let echo = """
        import os, socketserver

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                for line in self.rfile:
                    self.wfile.write(b'echo ' + line)

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        socketserver.ThreadingTCPServer(('127.0.0.1', int(os.environ['PORT_ECHO'])), Handler).serve_forever()
        """

    var buildFile: String {
        if isDotcloud { return Self.dotcloud }
        var lines = [
            "services:", "  web:", "    type: custom", "    approot: app", "    processes:",
            "      web: exec python3 server.py", "      echo: exec python3 echo.py",
            "    ports: {www: http, echo: tcp}",
            "    memory: 96M", "    environment: {GREETING: hello}",
        ]
        if buildscript != nil { lines.append("    buildscript: builder") }
        if postinstall != nil { lines.append("    postinstall: ./setup") }
        if !keys.isEmpty { lines.append("    \(keys)") }
        if !services.isEmpty { lines.append("  \(services)") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Writes build file and source, and pushes them.
    func tryPush(_ options: String...) async throws -> Outcome {
        let directory = try roost.applicationFolder("ramen", buildFile: buildFile)
        let source = "\(directory)/app"
        try FileManager.default.createDirectory(atPath: source, withIntermediateDirectories: true)
        try write(Self.server, "\(source)/server.py")
        try write(Self.echo, "\(source)/echo.py")
        try write(version, "\(source)/version")
        try write("#!/bin/sh\nexec python3 server.py", "\(source)/run", mode: 0o755)
        if let buildscript { try write("#!/bin/sh\n" + buildscript, "\(source)/builder", mode: 0o755) }
        if let postinstall { try write("#!/bin/sh\n" + postinstall, "\(source)/setup", mode: 0o755) }
        try await roost.roost("create", "ramen", in: directory).expectSuccess()
        return try await roost.roost(["push"] + options, in: directory)
    }

    @discardableResult
    func push(sourceLocation: SourceLocation = #_sourceLocation) async throws -> Outcome {
        let outcome = try await tryPush()
        try #require(outcome.status == 0, "\(outcome)", sourceLocation: sourceLocation)
        return outcome
    }

    private func write(_ text: String, _ path: String, mode: mode_t = 0o644) throws {
        try Data((text + "\n").utf8).write(to: URL(filePath: path))
        chmod(path, mode)
    }

    // MARK: Talking to it

    /// The HTTP server's answer.
    func get(_ path: String) async throws -> String {
        let url = try await roost.roost("url", "web", "-A", "ramen").expectSuccess().lines.first ?? ""
        return try await python(
            "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1] + sys.argv[2]).read().decode())",
            url, "/" + path)
    }

    func echo(_ line: String) async throws -> String {
        let info = try await roost.info("web")
        let port = try #require(info.ports.first { $0.name == "echo" }?.port)
        return try await python(
            """
            import socket, sys
            peer = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
            peer.sendall((sys.argv[2] + '\\n').encode())
            print(peer.makefile().readline())
            """, "\(port)", line)
    }

    private func python(_ script: String, _ arguments: String...) async throws -> String {
        let outcome = try await Command.run("/usr/bin/python3", ["-c", script] + arguments)
        guard outcome.status == 0 else { throw Unexpected("\(outcome)") }
        return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The processes of the service that run this file.
    func processes(_ file: String) -> [RunningProcess] {
        roost.processes.filter { $0.program == "python3" && $0.arguments.contains(file) }
    }
}

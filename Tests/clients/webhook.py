"""A receiver of notifications: `webhook.py FILE PORT FAILURES`. Refuses so many requests with 503, then accepts.

Appends a JSON line for each request to FILE. Ends with its input. Prints a line once it listens.
"""

import http.server
import json
import sys
import threading

FILE, PORT, FAILURES = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


class Receiver(http.server.BaseHTTPRequestHandler):
    count = 0

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        Receiver.count += 1
        status = 503 if Receiver.count <= FAILURES else 204
        with open(FILE, "a") as lines:
            print(
                json.dumps({
                    "status": status, "path": self.path, "type": self.headers["Content-Type"],
                    "signature": self.headers["Roost-Signature"], "body": body,
                }), file=lines, flush=True)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words):
        pass


server = http.server.HTTPServer(("127.0.0.1", PORT), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()

"""As much of the MySQL protocol as a stopwatch needs: sign on with a native password, ask, read one value.

A driver from a package would do, but its import and its extra round trips would be measured too.
"""

import hashlib
import socket
import struct

PROTOCOL_41, SECURE_CONNECTION, PLUGIN_AUTH = 0x200, 0x8000, 0x80000


class Refused(Exception):
    """The server's own error."""


class Connection:
    def __init__(self, host, port, user, password, timeout=10):
        self.socket = socket.create_connection((host, port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = self.socket.makefile("rb")
        greeting = self._packet()
        if greeting[0] == 0xFF:
            raise Refused(greeting[3:].decode(errors="replace"))
        answer = scramble(password.encode(), salt_of(greeting))
        flags = PROTOCOL_41 | SECURE_CONNECTION | PLUGIN_AUTH
        self._send(
            struct.pack("<IIB23x", flags, 1 << 24, 45) + user.encode() + b"\0"
            + bytes([len(answer)]) + answer + b"mysql_native_password\0",
            1,
        )
        self._expect_ok()

    def value(self, statement):
        """The first column of the first row, as text."""
        self._send(b"\x03" + statement.encode(), 0)
        columns = self._packet()
        if columns[0] == 0xFF:
            raise Refused(columns[3:].decode(errors="replace"))
        for _ in range(columns[0] + 1):  # the columns' descriptions and the packet that ends them
            self._packet()
        row = self._packet()
        while self._packet()[0] != 0xFE:  # further rows
            pass
        return row[1 : 1 + row[0]].decode()

    def execute(self, statement):
        """What has no rows to give."""
        self._send(b"\x03" + statement.encode(), 0)
        self._expect_ok()

    def close(self):
        self.stream.close()
        self.socket.close()

    def _packet(self):
        head = self.stream.read(4)
        if len(head) < 4:
            raise ConnectionError("the server closed the connection")
        return self.stream.read(int.from_bytes(head[:3], "little"))

    def _send(self, body, sequence):
        self.socket.sendall(len(body).to_bytes(3, "little") + bytes([sequence]) + body)

    def _expect_ok(self):
        answer = self._packet()
        if answer[0] != 0:
            raise Refused(answer[3:].decode(errors="replace"))


def salt_of(greeting):
    """The 20 bytes to scramble with: 8 after the version and thread id, 12 after the capabilities."""
    at = greeting.index(b"\0", 1) + 1 + 4
    return greeting[at : at + 8] + greeting[at + 8 + 1 + 18 : at + 8 + 1 + 18 + 12]


def scramble(password, salt):
    first = hashlib.sha1(password).digest()
    second = hashlib.sha1(salt + hashlib.sha1(first).digest()).digest()
    return bytes(a ^ b for a, b in zip(first, second))

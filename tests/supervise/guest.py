"""A client of a gateway, as small as a test needs it: one WebSocket, text frames."""

import base64
import json
import os
import socket
import sys
import urllib.error
import urllib.request

sys.path.append(os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "conformance"))

import frames  # noqa: E402

PATIENCE = 30.0


class Refused(Exception):
    """No login: `frame` is the error response, or None when the connection just ended."""

    def __init__(self, frame):
        super().__init__(json.dumps(frame))
        self.frame = frame

    def is_start(self):
        error = (self.frame or {}).get("error", {})
        return (
            error.get("code") == "UNAVAILABLE"
            and error.get("retryable") is True
            and error.get("details", {}).get("reason") == "startup-sidecars"
        )

    def retry_ms(self):
        return self.frame["error"]["retryAfterMs"]


class Guest:
    """Connects and logs in; `with Guest(port, token) as g`."""

    def __init__(self, port, token, host="127.0.0.1"):
        self.socket = socket.create_connection((host, port), PATIENCE)
        self.frames = frames.FrameReader()
        self.last_id = 0
        try:
            self.upgrade()
            self.login(token)
        except BaseException:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def upgrade(self):
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            (
                "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
            ).encode()
        )
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.receive()
        head, rest = head.split(b"\r\n\r\n", 1)
        self.frames.feed(rest)
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise Refused({"head": head.decode("latin-1")})

    def receive(self):
        try:
            more = self.socket.recv(65536)
        except ConnectionResetError:
            more = b""
        if not more:
            raise Refused(None)
        return more

    def message(self):
        """The next message, or ('close', code)."""
        while True:
            while (frame := self.frames.next()) is None:
                self.frames.feed(self.receive())
            if frame.opcode == frames.TEXT:
                return json.loads(frame.payload)
            if frame.opcode == frames.CLOSE:
                return "close", int.from_bytes(frame.payload[:2], "big")

    def send(self, value):
        self.socket.sendall(frames.text(json.dumps(value).encode()))

    def call(self, method, params=None):
        self.last_id += 1
        self.send({"type": "req", "id": str(self.last_id), "method": method, "params": params or {}})
        while True:
            message = self.message()
            if isinstance(message, tuple):
                raise Refused(None)
            if message.get("type") == "res" and message["id"] == str(self.last_id):
                return message

    def login(self, token):
        client = {"id": "cli", "version": "1", "platform": "linux", "mode": "cli"}
        answer = self.call(
            "connect",
            {
                "minProtocol": 4,
                "maxProtocol": 4,
                "client": client,
                "scopes": ["operator.admin"],
                "auth": {"token": token},
            },
        )
        if not answer["ok"]:
            raise Refused(answer)

    def until_end(self):
        """Everything that still comes: the messages, the close code last if one came."""
        seen = []
        try:
            while True:
                seen.append(self.message())
                if isinstance(seen[-1], tuple):
                    return seen
        except Refused:
            return seen


def get(port, path):
    """One GET: status and body."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read().decode()

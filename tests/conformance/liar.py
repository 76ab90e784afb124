"""A gateway that lies: a listener whose connections play a script.

A script gets a `Conn` and does with it what no good gateway does.  Bytes of
frames are built by frames.py, unmasked as a server's have to be.
"""

import json
import os
import socket
import ssl
import struct
import threading
import time
from typing import Optional

import frames
from client import accept_for

PATIENCE_S = 20.0  # how long a script waits for its client on a busy machine
NONCE = "canary-nonce-5b1f"
HELLO = {
    "type": "hello-ok", "protocol": 4,
    "server": {"version": "6.6.6", "connId": "liar-1"},
    "features": {"methods": ["health", "status"], "events": ["tick", "shutdown"]},
    "snapshot": {},
    "policy": {"maxPayload": 26214400, "maxBufferedBytes": 52428800, "tickIntervalMs": 30000},
    "auth": {"role": "operator", "scopes": ["operator.read"]},
}
HEALTH = {"ok": True, "ts": 1, "durationMs": 0}


class Gone(Exception):
    """The client has ended the connection; the script is over."""


class Conn:
    """One accepted connection, with what a script may do to it."""

    def __init__(self, sock: socket.socket, number: int):
        self.sock = sock
        self.number = number  # of this connection: 1, 2, ...
        self.key = ""
        self.is_open = False  # the upgrade was answered as it should be
        self.connect = {}     # the params of the client's connect request
        self.received = bytearray()
        sock.settimeout(PATIENCE_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    # -- bytes ---------------------------------------------------------------

    def send(self, data: bytes) -> None:
        try:
            self.sock.sendall(data)
        except OSError as error:
            raise Gone from error

    def send_below(self, data: bytes) -> None:
        """Bytes on the socket itself, past TLS."""
        try:
            os.write(self.sock.fileno(), data)
        except OSError as error:
            raise Gone from error

    def drip(self, data: bytes, pause: float = 0.05) -> None:
        """A byte at a time."""
        for at in range(len(data)):
            self.send(data[at:at + 1])
            time.sleep(pause)

    def flood(self, data: bytes) -> None:
        """The same bytes until the client goes."""
        while True:
            self.send(data)

    def more(self) -> None:
        """Waits for bytes, which are put behind those received and not taken yet."""
        try:
            data = self.sock.recv(65536)
        except OSError as error:
            raise Gone from error
        if not data:
            raise Gone
        self.received += data

    def _take(self, size: int) -> bytes:
        while len(self.received) < size:
            self.more()
        data = bytes(self.received[:size])
        del self.received[:size]
        return data

    def hold(self) -> None:
        """Reads on and says nothing until the client goes, or says that it will."""
        while self.is_open:
            if self.read_frame().opcode == frames.CLOSE:
                raise Gone
        self.stay()

    def stay(self) -> None:
        """Reads on and stays, whatever the client says."""
        while True:
            self.received.clear()
            self.more()

    def reset(self) -> None:
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()
        raise Gone

    def fin(self) -> None:
        """Half an end: nothing more is sent, the rest is read."""
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError as error:
            raise Gone from error
        self.stay()

    # -- HTTP ----------------------------------------------------------------

    def read_head(self) -> str:
        while b"\r\n\r\n" not in self.received:
            self.more()
        head, _, rest = bytes(self.received).partition(b"\r\n\r\n")
        self.received = bytearray(rest)
        for line in head.decode("latin-1").split("\r\n"):
            name, _, value = line.partition(":")
            if name.lower() == "sec-websocket-key":
                self.key = value.strip()
        return head.decode("latin-1")

    def answer_bytes(self, line="HTTP/1.1 101 Switching Protocols", drop=(), swap=None,
                     add=()) -> bytes:
        """The head of an upgrade: lines dropped, given another value, added."""
        swap = swap or {}
        fields = {"Upgrade": "websocket", "Connection": "Upgrade",
                  "Sec-WebSocket-Accept": accept_for(self.key)}
        lines = [line] + [f"{name}: {swap.get(name, value)}" for name, value in fields.items()
                          if name not in drop] + list(add)
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def upgrade(self, **changes) -> None:
        self.read_head()
        self.send(self.answer_bytes(**changes))
        self.is_open = not changes

    # -- frames --------------------------------------------------------------

    def read_frame(self) -> frames.Frame:
        head = self._take(2)
        size = head[1] & 0x7F
        if size >= 126:
            size = int.from_bytes(self._take(2 if size == 126 else 8), "big")
        key = self._take(4)
        return frames.Frame(head[0] & 0x0F, frames.mask(self._take(size), key))

    def read_request(self, method: str) -> str:
        """Waits for the request and returns its id; pings and pongs are passed over."""
        while True:
            frame = self.read_frame()
            if frame.opcode == frames.CLOSE:
                raise Gone
            if frame.opcode != frames.TEXT:
                continue
            request = json.loads(frame.payload)
            if request["method"] == method:
                if method == "connect":
                    self.connect = request["params"]
                return request["id"]

    def frame(self, opcode: int, payload: bytes = b"", **options) -> None:
        self.send(frames.frame(opcode, payload, masked=False, **options))

    def text(self, value) -> None:
        """JSON, or the bytes as they are."""
        self.frame(frames.TEXT, value if isinstance(value, bytes) else json.dumps(value).encode())

    def event(self, name, payload=None, **more) -> None:
        self.text({"type": "event", "event": name, "payload": payload, **more})

    def answer(self, request_id, payload=None, **more) -> None:
        self.text({"type": "res", "id": request_id, "ok": True, "payload": payload, **more})

    def refuse(self, request_id, error) -> None:
        self.text({"type": "res", "id": request_id, "ok": False, "error": error})

    def close(self, code=None, reason: bytes = b"") -> None:
        """A close frame, then what the client does about it."""
        self.send(frames.close(code, reason, masked=False))
        self.hold()

    # -- stages of a good gateway ----------------------------------------------

    def challenge(self, payload=None) -> None:
        self.event("connect.challenge", {"nonce": NONCE, "ts": 1} if payload is None else payload)

    def upto_challenge(self) -> None:
        self.upgrade()
        self.challenge()

    def upto_connect(self) -> str:
        """The id of the client's connect request."""
        self.upto_challenge()
        return self.read_request("connect")

    def upto_hello(self, **changes) -> None:
        request_id = self.upto_connect()
        self.answer(request_id, {**HELLO, **changes})

    def upto_request(self, method: str = "health") -> str:
        """The id of the request that was to be answered."""
        self.upto_hello()
        return self.read_request(method)

    def serve_request(self) -> None:
        """Answers the request, and all is well from here."""
        self.answer(self.read_request("health"), HEALTH)
        self.hold()


class Liar:
    """The listener; counts connections and when they came.  With a TLS context the
    script begins behind the handshake, and `plain` is the socket below."""

    def __init__(self, script, tls: Optional[ssl.SSLContext] = None):
        self._script = script
        self._tls = tls
        self._sock = socket.socket()
        self._sock.bind(("127.0.0.1", 0))
        self._sock.listen(64)
        self.port = self._sock.getsockname()[1]
        self.came_at = []   # monotonic, one per connection
        self.problem = ""   # of the script itself
        self._threads = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._sock.accept()
            except OSError:
                return
            self.came_at.append(time.monotonic())
            thread = threading.Thread(target=self._play, args=(sock, len(self.came_at)),
                                      daemon=True)
            self._threads.append(thread)
            thread.start()

    def _play(self, sock: socket.socket, number: int) -> None:
        sock.settimeout(PATIENCE_S)
        try:
            if self._tls:
                sock = self._tls.wrap_socket(sock, server_side=True)
            self._script(Conn(sock, number))
        except (Gone, ssl.SSLError, ConnectionError):
            pass
        except Exception as error:  # a thread would take it to its grave
            self.problem = f"{type(error).__name__}: {error}"
        finally:
            sock.close()

    def end(self) -> None:
        self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()
        self._thread.join(PATIENCE_S)
        for thread in self._threads:
            thread.join(PATIENCE_S)

"""One raw connection to the gateway under test.

Nothing here hides a fault of the server: heads and frames are read strictly,
and whatever was not expected is named in the failure.
"""

import base64
import hashlib
import json
import os
import select
import socket
import struct
import time
from typing import NamedTuple, Optional

import frames

PATIENCE_S = 10.0  # how long an answer may take before it counts as missing
HEAVY_S = 30.0     # the same where megabytes are on their way
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3


class Failed(Exception):
    """What was expected and what came instead."""

    def __init__(self, want: str, got: str):
        super().__init__(f"expected {want}; got {got}")


class Target(NamedTuple):
    """Where the gateway listens and the secret it wants."""

    host: str
    port: int
    token: str
    path: str = "/"

    @property
    def authority(self) -> str:
        return f"{self.host}:{self.port}"


class Head(NamedTuple):
    """The head of an HTTP answer; names in lower case, in order of arrival."""

    version: str
    status: int
    fields: list

    def values(self, name: str) -> list:
        return [value for key, value in self.fields if key == name.lower()]


class End(NamedTuple):
    """The end of the connection: orderly (`eof`) or `reset`."""

    how: str


def accept_for(key: str) -> str:
    """The Sec-WebSocket-Accept that belongs to a key (section 4.2.2)."""
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()


def new_key() -> str:
    return base64.b64encode(os.urandom(16)).decode()


def upgrade_fields(target: Target, key: str) -> list:
    """The fields of a plain opening handshake (section 4.1)."""
    return [("Host", target.authority), ("Upgrade", "websocket"), ("Connection", "Upgrade"),
            ("Sec-WebSocket-Key", key), ("Sec-WebSocket-Version", "13")]


def head_bytes(first_line: str, fields: list) -> bytes:
    lines = [first_line] + [f"{name}: {value}" for name, value in fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def request(request_id: str, method: str = "health", size: Optional[int] = None) -> bytes:
    """A gateway request; with `size`, params are filled to exactly that many bytes.

    The filling mixes one- to four-byte characters and the id stands at the
    very end, so that a byte lost, moved or unmasked wrongly cannot pass.
    """
    identity = json.dumps(request_id, ensure_ascii=False)
    if size is None:
        return f'{{"type":"req","method":"{method}","id":{identity}}}'.encode()
    before = f'{{"type":"req","method":"{method}","params":{{"pad":"'.encode()
    after = f'"}},"id":{identity}}}'.encode()
    room = size - len(before) - len(after)
    if room < 0:
        raise ValueError(f"a request with this id needs {size - room} bytes")
    unit = "aé€𝄞z".encode()
    whole = room // len(unit)
    return before + unit * whole + b"p" * (room - whole * len(unit)) + after


def connect_request(target: Target, request_id: str = "login", size: Optional[int] = None) -> bytes:
    """The login of a command-line client on loopback, optionally of an exact size."""
    params = {
        "minProtocol": 4, "maxProtocol": 4,
        "client": {"id": "cli", "version": "0.0.1", "platform": "linux", "mode": "cli"},
        "role": "operator", "scopes": ["operator.admin"], "caps": [],
        "auth": {"token": target.token},
    }
    body = {"type": "req", "id": request_id, "method": "connect", "params": params}
    plain = json.dumps(body).encode()
    if size is None:
        return plain
    params["userAgent"] = ""
    params["userAgent"] = "a" * (size - len(json.dumps(body)))
    return json.dumps(body).encode()


class Peer:
    """A connection in any stage; use it in a `with` block."""

    def __init__(self, target: Target, patience: float = PATIENCE_S):
        self.target = target
        self.patience = patience
        self.reader = frames.FrameReader()
        self._raw = bytearray()  # bytes received before the upgrade was read
        self._ended: Optional[End] = None
        self._upgraded = False
        self.sock = socket.create_connection((target.host, target.port), timeout=patience)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.setblocking(False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def reset(self) -> None:
        """Ends the connection with RST, whatever is under way."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def half_close(self) -> None:
        """FIN: we send no more, but still read."""
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the server was faster

    # -- bytes ---------------------------------------------------------------

    def _take(self) -> bool:
        """Receives what is there.  False when nothing was."""
        try:
            data = self.sock.recv(262144)
        except BlockingIOError:
            return False
        except OSError:
            self._ended = self._ended or End("reset")
            return True
        if not data:
            self._ended = self._ended or End("eof")
        elif self._upgraded:
            self.reader.feed(data)
        else:
            self._raw += data
        return True

    def wait(self, until: float) -> bool:
        """Waits for bytes or the end.  False when `until` (monotonic) passed."""
        if self._ended:
            return True
        readable, _ = self._poll(select.POLLIN, until)
        return self._take() if readable else False

    def _poll(self, events: int, until: float) -> tuple:
        """Whether the socket can be read (an end counts), and written."""
        poll = select.poll()
        poll.register(self.sock, events)
        got = poll.poll(max(0.0, until - time.monotonic()) * 1000)
        flags = got[0][1] if got else 0
        return bool(flags & ~select.POLLOUT), bool(flags & select.POLLOUT)

    def send(self, data: bytes, step: int = 0, pause: float = 0.0) -> None:
        """Writes all of it, `step` bytes per write, reading meanwhile.

        A server that has already given the connection up stops reading: that
        is no failure here, what it said before is judged by the reader.
        """
        until = time.monotonic() + self.patience * 3
        view = memoryview(data)
        size = step or len(data) or 1
        for at in range(0, len(data), size):
            part = view[at:at + size]
            while part and not self._ended:
                part = part[self._write_some(part, until):]
            if pause:
                time.sleep(pause)

    def _write_some(self, part, until: float) -> int:
        readable, writable = self._poll(select.POLLIN | select.POLLOUT, until)
        if readable:
            self._take()
        if writable and not self._ended:
            try:
                return self.sock.send(part)
            except BlockingIOError:
                return 0
            except OSError:
                while not self._ended and self._take():
                    pass
                self._ended = self._ended or End("reset")
        elif not readable:
            raise Failed("the server to read on", "no room to write for too long")
        return 0

    # -- HTTP ----------------------------------------------------------------

    def read_head(self, patience: Optional[float] = None):
        """The head of the answer, or the End that came instead."""
        until = time.monotonic() + (patience or self.patience)
        while b"\r\n\r\n" not in self._raw:
            if self._ended:
                if self._raw:
                    raise Failed("a whole HTTP head", f"{bytes(self._raw)!r} and {self._ended.how}")
                return self._ended
            if not self.wait(until):
                raise Failed("an HTTP answer", f"silence after {bytes(self._raw)!r}")
        raw, _, rest = bytes(self._raw).partition(b"\r\n\r\n")
        self._raw = bytearray(rest)
        return parse_head(raw)

    def read_body(self, head: Head) -> bytes:
        """The body after a refused upgrade, by its length or to the end."""
        until = time.monotonic() + self.patience
        sizes = head.values("content-length")
        while not self._ended and not (sizes and len(self._raw) >= int(sizes[0])):
            if not self.wait(until):
                raise Failed("a whole HTTP body or the end of the connection", "silence")
        size = int(sizes[0]) if sizes else len(self._raw)
        if len(self._raw) < size:
            raise Failed(f"a body of {size} bytes", f"{len(self._raw)} bytes")
        body = bytes(self._raw[:size])
        del self._raw[:size]
        return body

    def begin_frames(self) -> None:
        """From here on the bytes are frames, those already here too."""
        self._upgraded = True
        self.reader.feed(bytes(self._raw))
        self._raw.clear()

    def upgrade(self) -> Head:
        key = new_key()
        fields = upgrade_fields(self.target, key)
        self.send(head_bytes(f"GET {self.target.path} HTTP/1.1", fields))
        head = self.read_head()
        if isinstance(head, End) or head.status != 101:
            raise Failed("101 to a plain upgrade", describe(head))
        if head.values("sec-websocket-accept") != [accept_for(key)]:
            raise Failed(f"the accept value {accept_for(key)}", f"{head.fields}")
        self.begin_frames()
        return head

    # -- frames --------------------------------------------------------------

    def next_frame(self, patience: Optional[float] = None):
        """The next frame, the End, or None when neither came in time."""
        until = time.monotonic() + (self.patience if patience is None else patience)
        while True:
            got = self.reader.next()
            if got:
                return got
            if self._ended:
                if self.reader.pending():
                    raise frames.ServerBroke("the connection ended inside a frame")
                return self._ended
            if not self.wait(until):
                return None

    def next_reply(self, patience: Optional[float] = None):
        """The next thing a case can have caused.

        ("answer", id), ("pong", payload), ("close", code, reason) or
        ("end", how); None after silence.  Events and the gateway's own pings
        come by themselves and are passed over.
        """
        until = time.monotonic() + (self.patience if patience is None else patience)
        while True:
            got = self.next_frame(max(0.0, until - time.monotonic()))
            if got is None:
                return None
            reply = as_reply(got)
            if reply:
                return reply

    def expect_challenge(self) -> None:
        got = self.next_frame()
        message = message_of(got) if isinstance(got, frames.Frame) else None
        if not message or message.get("event") != "connect.challenge":
            raise Failed("connect.challenge after the upgrade", describe(got))

    def login(self) -> None:
        """Upgrade, challenge, connect, hello-ok."""
        self.upgrade()
        self.expect_challenge()
        self.send(frames.text(connect_request(self.target)))
        self.expect_hello()

    def expect_hello(self, request_id: str = "login") -> None:
        reply = self.next_reply()
        if reply != ("answer", request_id):
            raise Failed("hello-ok", describe(reply))


def parse_head(raw: bytes) -> Head:
    """Reads a head as strictly as a server has to write it (RFC 9112)."""
    lines = raw.decode("latin-1").split("\r\n")
    parts = lines[0].split(" ", 2)
    if len(parts) < 2 or not parts[0].startswith("HTTP/1.") or not parts[1].isdigit():
        raise Failed("an HTTP status line", repr(lines[0]))
    fields = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise Failed("a header field", repr(line))
        fields.append((name.lower(), value.strip()))
    return Head(parts[0], int(parts[1]), fields)


def message_of(frame: frames.Frame) -> dict:
    """The JSON object of a text frame; the gateway sends nothing else."""
    if frame.opcode != frames.TEXT:
        raise frames.ServerBroke(f"{frames.NAMES[frame.opcode]} frame where text was due")
    try:
        message = json.loads(frame.payload.decode("utf-8"))
    except ValueError as error:
        raise frames.ServerBroke(f"text that is no JSON: {error}") from error
    if not isinstance(message, dict) or message.get("type") not in ("res", "event"):
        raise frames.ServerBroke(f"neither response nor event: {frame.payload[:80]!r}")
    return message


def as_reply(got):
    """A frame or End as a reply tuple; None for what comes by itself."""
    if isinstance(got, End):
        return ("end", got.how)
    if got.opcode == frames.PONG:
        return ("pong", got.payload)
    if got.opcode == frames.PING:
        return None
    if got.opcode == frames.CLOSE:
        return close_reply(got.payload)
    message = message_of(got)
    return ("answer", message.get("id")) if message["type"] == "res" else None


def close_reply(body: bytes):
    if not body:
        return ("close", None, "")
    if len(body) == 1:
        raise frames.ServerBroke("close frame with a body of one byte")
    try:
        return ("close", int.from_bytes(body[:2], "big"), body[2:].decode("utf-8"))
    except UnicodeDecodeError as error:
        raise frames.ServerBroke("close reason that is not UTF-8") from error


def describe(got) -> str:
    """Any of the things above in words, cut to a line."""
    if got is None:
        return "silence"
    if isinstance(got, End):
        return f"the end of the connection ({got.how})"
    if isinstance(got, Head):
        return f"HTTP {got.status}"
    if isinstance(got, frames.Frame):
        return f"a {frames.NAMES[got.opcode]} frame {got.payload[:100]!r}"
    if got[0] == "close":
        return f"close {got[1] if got[1] is not None else 'without a code'} {got[2]!r}"
    return f"{got[0]} {got[1]!r}"[:200]

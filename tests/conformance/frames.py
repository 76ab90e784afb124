"""Frames of RFC 6455 section 5.2: built freely (wrongly too), read strictly."""

import os
import struct
from typing import NamedTuple

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
NAMES = {CONT: "continuation", TEXT: "text", BINARY: "binary",
         CLOSE: "close", PING: "ping", PONG: "pong"}


class ServerBroke(Exception):
    """The server sent bytes that no server may send."""


class Frame(NamedTuple):
    """One whole frame as the server sent it."""

    opcode: int
    payload: bytes


def mask(payload: bytes, key: bytes) -> bytes:
    """XORs the payload with the repeated key (section 5.3)."""
    size = len(payload)
    stream = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(stream, "big")).to_bytes(size, "big")


def header(opcode: int, length: int, *, fin=True, rsv=0, masked=True, form=0) -> bytes:
    """The head of a frame without its key.

    `form` forces the width of the length field (7, 16 or 64 bits), also where
    section 5.2 would want a shorter one; 0 takes the minimal.
    """
    if not form:
        form = 7 if length < 126 else 16 if length < 65536 else 64
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    second = 0x80 if masked else 0
    if form == 7:
        return bytes((first, second | length))
    if form == 16:
        return struct.pack("!BBH", first, second | 126, length)
    return struct.pack("!BBQ", first, second | 127, length)


def frame(opcode: int, payload: bytes = b"", *, fin=True, rsv=0, key=None, masked=True,
          form=0, length=None) -> bytes:
    """One frame of a client.

    `length` lets the head claim another size than the payload has: the frame
    is then unfinished, or the next frame begins inside it.
    """
    claimed = len(payload) if length is None else length
    head = header(opcode, claimed, fin=fin, rsv=rsv, masked=masked, form=form)
    if not masked:
        return head + payload
    if key is None:
        key = os.urandom(4)
    return head + key + mask(payload, key)


def promise(opcode: int, length: int, **options) -> bytes:
    """The whole head of a frame whose payload does not come."""
    return frame(opcode, b"", length=length, **options)


def text(payload: bytes, **options) -> bytes:
    return frame(TEXT, payload, **options)


def binary(payload: bytes, **options) -> bytes:
    return frame(BINARY, payload, **options)


def cont(payload: bytes, **options) -> bytes:
    return frame(CONT, payload, **options)


def ping(payload: bytes = b"", **options) -> bytes:
    return frame(PING, payload, **options)


def pong(payload: bytes = b"", **options) -> bytes:
    return frame(PONG, payload, **options)


def close(code=None, reason: bytes = b"", **options) -> bytes:
    """A close frame; without a code its body is empty (section 5.5.1)."""
    body = b"" if code is None else struct.pack("!H", code) + reason
    return frame(CLOSE, body, **options)


def fragments(opcode: int, payload: bytes, size: int, **options) -> list:
    """The message cut into frames of `size` bytes (section 5.4)."""
    cuts = range(0, len(payload), size) if payload else [0]
    last = cuts[-1]
    return [frame(CONT if at else opcode, payload[at:at + size], fin=at == last, **options)
            for at in cuts]


class FrameReader:
    """Cuts the server's bytes into frames and holds it to the server's rules.

    Our server never masks, uses no reserved bit, never fragments, writes
    minimal lengths, and keeps control frames at 125 bytes (sections 5.1, 5.2,
    5.5); anything else raises ServerBroke.
    """

    def __init__(self):
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def pending(self) -> int:
        """Bytes of a frame that is not whole yet."""
        return len(self._buffer)

    def next(self):
        """The next whole frame, or None."""
        have = self._buffer
        if len(have) < 2:
            return None
        opcode, short = have[0] & 0x0F, have[1] & 0x7F
        self._check_head(have[0], have[1], opcode, short)
        start = {126: 4, 127: 10}.get(short, 2)
        if len(have) < start:
            return None
        size = int.from_bytes(have[2:start], "big") if start > 2 else short
        if (short == 126 and size < 126) or (short == 127 and size < 65536):
            raise ServerBroke(f"length {size} is not written in its minimal form")
        if len(have) < start + size:
            return None
        payload = bytes(have[start:start + size])
        del have[:start + size]
        return Frame(opcode, payload)

    @staticmethod
    def _check_head(first: int, second: int, opcode: int, short: int) -> None:
        if first & 0x70:
            raise ServerBroke(f"reserved bits set in frame head {first:02x} {second:02x}")
        if second & 0x80:
            raise ServerBroke("masked frame from the server")
        if opcode not in NAMES:
            raise ServerBroke(f"reserved opcode {opcode}")
        if opcode == CONT or not first & 0x80:
            raise ServerBroke("fragmented message from the server")
        if opcode >= CLOSE and short > 125:
            raise ServerBroke("control frame above 125 bytes")

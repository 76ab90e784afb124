"""Group 6: text is UTF-8 (RFC 6455 sections 5.6 and 8.1, RFC 3629).

Valid text travels as the id of a request and comes back; invalid text closes
1007, and at the very octet that cannot be continued to valid text, also
inside a frame or a message that is not finished.  The sequences are computed
from the encoding rules: lengths, limits, surrogates, overlong forms.
"""

import contextlib

import frames
import utf8
from client import Peer, Target, request
from frames import cont, text
from script import FRAMES, OCTETS, Answer, Case, Closed, Pong, Quiet, play, row

KOSME = "\u03ba\u1f79\u03c3\u03bc\u03b5"
MIXED = "Grüße, κόσμε, 世界, 𝄞 ß"
BAD = KOSME.encode() + b"\xed\xa0\x80" + b"edited"  # a surrogate after good text
BAD_AT = len(KOSME.encode())


def encode(code: int, size: int) -> bytes:
    """A code in `size` bytes by the old pattern for 1 to 6 bytes, unchecked.

    Makes overlong forms, surrogates and codes above U+10FFFF as well."""
    if size == 1:
        return bytes((code,))
    tail = [0x80 | code >> shift & 0x3F for shift in range(6 * (size - 2), -1, -6)]
    return bytes((0xFF00 >> size & 0xFF | code >> 6 * (size - 1), *tail))


def last_code(size: int) -> int:
    """The largest code that `size` bytes (2 to 6) have room for."""
    return (1 << 5 * size + 1) - 1


def pair(high: int, low: int) -> bytes:
    return encode(high, 3) + encode(low, 3)


def spaced(first: int, last: int) -> bytes:
    """Every byte of a range, each followed by a space."""
    return b"".join(bytes((byte, 0x20)) for byte in range(first, last + 1))


def request_with(raw: bytes) -> bytes:
    """A request whose id is these bytes between two letters, as they are."""
    return request("a(raw)z").replace(b"(raw)", raw)


def unfinished(number: str, what: str, payload: bytes, good: int, bad: int) -> Case:
    """A frame that promises more than it brings: quiet after `good` bytes of
    its payload, closed 1007 after `bad` of them."""
    wire = frames.frame(frames.TEXT, payload[:bad], length=len(payload) + 64)
    start = len(wire) - bad
    return row(number, what,
               [wire[:start + good], Quiet(), wire[start + good:], Closed(1007)])


def valid(number: str, what: str, characters: str) -> Case:
    return row(number, f"valid: {what}", [text(request(characters)), Answer(characters)])


def numbered(prefix: str, what: str, sequences: list) -> list:
    return [(f"{prefix}.{at}", f"{what}: {hexed(raw)}", raw)
            for at, raw in enumerate(sequences, start=1)]


def hexed(raw: bytes) -> str:
    return raw.hex(" ") if len(raw) <= 8 else f"{raw[:6].hex(' ')} ... ({len(raw)} bytes)"


def pieces() -> list:
    """6.1 to 6.4: empty and small fragments, and how early a bad one is seen."""
    body = request(MIXED)
    cut = body.index("世".encode())
    accent = request("é")
    inside = accent.index("é".encode()) + 1
    return [
        row("6.1.1", "an empty text message is valid and ignored", [text(b"")]),
        row("6.1.2", "three empty fragments are valid and ignored",
            [text(b"", fin=False), cont(b"", fin=False), cont(b"")]),
        row("6.1.3", "a request between two empty fragments",
            [text(b"", fin=False), cont(request("6.1.3"), fin=False), cont(b""),
             Answer("6.1.3")]),
        row("6.2.1", "text of all encoded lengths in one frame", [text(body), Answer(MIXED)]),
        row("6.2.2", "the same cut between two characters",
            [text(body[:cut], fin=False), cont(body[cut:]), Answer(MIXED)]),
        row("6.2.3", "the same, one octet per fragment",
            [*frames.fragments(frames.TEXT, body, 1), Answer(MIXED)]),
        row("6.2.4", "Greek letters, one octet per fragment",
            [*frames.fragments(frames.TEXT, request(KOSME), 1), Answer(KOSME)], FRAMES),
        row("6.2.5", "text of all encoded lengths, an octet per write",
            [text(body), Answer(MIXED)], OCTETS),
        row("6.2.6", "a ping inside a cut character does not disturb it",
            [text(accent[:inside], fin=False), frames.ping(b"x"), cont(accent[inside:]),
             Pong(b"x"), Answer("é")]),
        row("6.3.1", "a surrogate after good text in one frame", [text(BAD), Closed(1007)]),
        row("6.3.2", "the same, one octet per fragment",
            [*frames.fragments(frames.TEXT, BAD, 1), Closed(1007)]),
        row("6.4.1", "the bad middle fragment closes before the last one comes",
            [text(BAD[:BAD_AT], fin=False), Quiet(), cont(BAD[BAD_AT:], fin=False),
             Closed(1007)]),
        row("6.4.2", "the bad octet in a fragment of its own closes",
            [text(BAD[:BAD_AT + 1], fin=False), Quiet(), cont(b"\xa0", fin=False),
             Closed(1007)]),
        unfinished("6.4.3", "the bad part of an unfinished frame closes", BAD, BAD_AT,
                   BAD_AT + 3),
        unfinished("6.4.4", "the bad octet of an unfinished frame closes", BAD, BAD_AT + 1,
                   BAD_AT + 2),
        row("6.4.5", "a character cut by the end of the message",
            [text(b"\xc3"), Closed(1007)]),
        row("6.4.6", "a character cut by the end of a fragmented message",
            [text(b"", fin=False), cont(b"\xe4\xb8"), Closed(1007)]),
        row("6.4.7", "a binary message is not text: it does not close",
            [frames.binary(BAD), Quiet()]),
        row("6.4.8", "a bad text before connect closes 1007", [text(BAD), Closed(1007)],
            stage="challenge"),
    ]


def prefixes() -> list:
    """6.6: every prefix of a word as a message of its own; it is no JSON, so
    a whole number of characters is ignored and a cut one closes."""
    word, cases = KOSME.encode(), []
    for size in range(1, len(word) + 1):
        is_cut = utf8.scan(word[:size])[1]
        ending = [Closed(1007)] if is_cut else [Quiet()]
        cases.append(row(f"6.6.{size}", f"{size} of {len(word)} bytes of a word: "
                         + ("cut in a character" if is_cut else "whole characters"),
                         [text(word[:size]), *ending]))
    return cases


def noncharacters() -> list:
    """6.22: the last two codes of each plane are valid UTF-8."""
    codes = [plane << 16 | low for plane in range(17) for low in (0xFFFE, 0xFFFF)]
    return [valid(f"6.22.{at}", f"noncharacter U+{code:04X}", chr(code))
            for at, code in enumerate(codes, start=1)]


VALID = [
    *[valid(f"6.5.{at}", what, characters) for at, (what, characters) in enumerate((
        ("one byte, a dollar sign", "hello$world"), ("two bytes, a cent sign", "hello¢world"),
        ("three bytes, a euro sign", "hello€world"), ("four bytes", "hello\U00024b62world"),
        ("a Greek word", KOSME)), start=1)],
    *[valid(f"6.7.{size}", f"first code in {size} bytes, U+{code:04X}", chr(code))
      for size, code in enumerate((0x0, 0x80, 0x800, 0x10000), start=1)],
    *[valid(f"6.9.{size}", f"last code in {size} bytes, U+{code:04X}", chr(code))
      for size, code in enumerate((0x7F, 0x7FF, 0xFFFF, 0x10FFFF), start=1)],
    *[valid(f"6.11.{at}", f"next to a limit, U+{code:04X}", chr(code))
      for at, code in enumerate((0xD7FF, 0xE000, 0xFFFD, 0x10FFFF), start=1)],
    *noncharacters(),
    *[valid(f"6.23.{at}", f"special U+{code:04X}", chr(code))
      for at, code in enumerate(range(0xFFF9, 0x10000), start=1)],
    row("6.7.5", "a zero byte is valid UTF-8 but no JSON: ignored", [text(b"\0"), Quiet()]),
    row("6.23.8", "a byte order mark before a request is valid UTF-8 but no JSON: ignored",
        [text(b"\xef\xbb\xbf" + request("x")), Quiet()]),
]

CONTINUATIONS = bytes(range(0x80, 0xC0))
CUT_SHORT = ([encode(0, size)[:-1] for size in range(2, 7)]
             + [encode(last_code(size), size)[:-1] for size in range(2, 7)])

INVALID = [
    *numbered("6.8", "first code in 5 and 6 bytes", [encode(1 << 21, 5), encode(1 << 26, 6)]),
    *numbered("6.10", "last code in 4, 5 and 6 bytes",
              [encode(last_code(size), size) for size in (4, 5, 6)]),
    ("6.11.5", "U+110000, one above the last", encode(0x110000, 4)),
    *numbered("6.12", "continuation bytes without a start",
              [b"\x80", b"\xbf"] + [(b"\x80\xbf" * 3)[:size] for size in range(2, 7)]
              + [CONTINUATIONS]),
    *numbered("6.13", "starts without a continuation",
              [spaced(0xC0, 0xDF), spaced(0xE0, 0xEF), spaced(0xF0, 0xF7), spaced(0xF8, 0xFB),
               spaced(0xFC, 0xFD)]),
    *numbered("6.14", "the last byte is missing", CUT_SHORT),
    *numbered("6.15", "all of 6.14 in a row", [b"".join(CUT_SHORT)]),
    *numbered("6.16", "bytes that are never used", [b"\xfe", b"\xff", b"\xfe\xfe\xff\xff"]),
    *numbered("6.17", "overlong slash", [encode(0x2F, size) for size in range(2, 7)]),
    *numbered("6.18", "largest overlong form",
              [encode(code, size) for size, code in
               enumerate((0x7F, *map(last_code, range(2, 6))), start=2)]),
    *numbered("6.19", "overlong zero", [encode(0, size) for size in range(2, 7)]),
    *numbered("6.20", "lone surrogate",
              [encode(code, 3) for code in
               (0xD800, 0xDB7F, 0xDB80, 0xDBFF, 0xDC00, 0xDF80, 0xDFFF)]),
    *numbered("6.21", "pair of surrogates",
              [pair(high, low) for high in (0xD800, 0xDB7F, 0xDB80, 0xDBFF)
               for low in (0xDC00, 0xDFFF)]),
]


def in_a_request(number: str, what: str, raw: bytes) -> Case:
    """A sequence cut short is ended by the letter behind it."""
    return row(number, f"invalid: {what}", [text(request_with(raw)), Closed(1007)])


def octet_by_octet(number: str, what: str, raw: bytes) -> Case:
    """The same inside an unfinished frame: quiet up to the octet before the
    one that cannot stand there, closed with that one."""
    payload = request_with(raw)
    bad_at = utf8.scan(payload)[0]
    return unfinished(f"6.24.{number[2:]}", f"at once: {what}", payload, bad_at, bad_at + 1)


# Where a reader that takes 16, 32 or 64 bytes at a time changes its path.
OFFSETS = (*range(0, 20), *range(28, 36), *range(60, 68), 127, 128, 129)


def good_everywhere(target: Target) -> None:
    with Peer(target) as peer:
        peer.login()
        for offset in OFFSETS:
            for character in "é€𝄞":
                name = "a" * offset + character + "a" * (70 - offset % 64)
                play(peer, [text(request(name)), Answer(name)])


def bad_everywhere(target: Target) -> None:
    """A connection for each offset, all at once: each ends after its grace."""
    with contextlib.ExitStack() as stack:
        peers = [stack.enter_context(Peer(target)) for _ in OFFSETS]
        for peer, offset in zip(peers, OFFSETS):
            peer.login()
            peer.send(text(b"a" * offset + b"\xf4\x90\x80\x80" + b"a" * (70 - offset % 64)))
        for peer in peers:
            play(peer, [Closed(1007)])


CASES = [
    *pieces(), *VALID, *prefixes(),
    *[in_a_request(*entry) for entry in INVALID],
    *[octet_by_octet(*entry) for entry in INVALID],
    Case("6.25.1", "good characters at every offset of a block", good_everywhere),
    Case("6.25.2", "a bad sequence at every offset of a block", bad_everywhere),
]

"""Lies before there is a WebSocket: TCP, HTTP and the upgrade."""

import json
import time

import frames
import liar
from client import accept_for
from lies import SECRET, harmless, lie, stall

LOST = "cannot connect"
ENDED = "1006"


def answers(data: bytes):
    """Reads the request, answers with these bytes, and reads on."""
    def script(conn):
        conn.read_head()
        conn.send(data)
        conn.hold()
    return script


def ends(data: bytes):
    """The same, but then the connection ends."""
    def script(conn):
        conn.read_head()
        conn.send(data)
        conn.fin()
    return script


def upgrades(**changes):
    def script(conn):
        conn.upgrade(**changes)
        conn.challenge()
        conn.hold()
    return script


def status(line: str, fields: str = "", body: str = ""):
    return ends(f"HTTP/1.1 {line}\r\n{fields}Content-Length: {len(body)}\r\n\r\n{body}".encode())


def resets_after(size: int):
    def script(conn):
        conn.read_head()
        conn.send(conn.answer_bytes()[:size])
        time.sleep(0.05)
        conn.reset()
    return script


def drips_answer(conn):
    conn.read_head()
    conn.drip(conn.answer_bytes(add=[f"X-{at}: x" for at in range(200)]), 0.02)


def slow_body(conn):
    conn.read_head()
    conn.send(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 5000\r\n\r\n")
    conn.drip(b"x" * 5000, 0.02)


def huge_body(conn):
    conn.read_head()
    conn.send(b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n")
    conn.flood(b"10000\r\n" + b"y" * 65536 + b"\r\n")


def endless_trailers(conn):
    conn.read_head()
    conn.send(b"HTTP/1.1 502 Bad\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nbad\r\n0\r\n")
    conn.drip(b"x: y\r\n" * 1000, 0.02)


def early_data(conn):
    """The challenge in one write with the 101, which is no lie."""
    conn.read_head()
    event = {"type": "event", "event": "connect.challenge",
             "payload": {"nonce": liar.NONCE, "ts": 1}}
    conn.send(conn.answer_bytes() + frames.text(json.dumps(event).encode(), masked=False))
    conn.is_open = True
    conn.answer(conn.read_request("connect"), liar.HELLO)
    conn.serve_request()


def early_noise(conn):
    conn.read_head()
    conn.send(conn.answer_bytes() + b"\x00" * 64)
    conn.hold()


def wrong_accept(conn):
    conn.read_head()
    conn.send(conn.answer_bytes(swap={"Sec-WebSocket-Accept": accept_for("another")}))
    conn.hold()


LIES = [
    # TCP
    lie("it closes at once", lambda conn: None, ENDED),
    lie("it resets at once", lambda conn: conn.reset(), "reset|1006|" + LOST),
    stall("it accepts and never speaks", lambda conn: conn.hold()),
    stall("it sends FIN half-way and keeps reading, before the answer is whole",
          ends(b"HTTP/1.1 101 Switching"), "in time|1006|ended|closed"),
    lie("it resets in the middle of the status line", resets_after(6), "reset|1006|" + LOST),
    lie("it resets in the middle of a field", resets_after(60), "reset|1006|" + LOST),
    lie("it answers before it is asked and closes", lambda conn: conn.send(
        b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"), "408|1006|reset"),
    # no HTTP
    lie("a banner of another protocol", answers(b"SSH-2.0-OpenSSH_9.2p1\r\n"), "HTTP"),
    lie("a TLS alert", answers(b"\x15\x03\x03\x00\x02\x02\x28\r\n\r\n"), "HTTP"),
    lie("a TLS server's first bytes", answers(
        b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76" + b"\r\n" * 40), "HTTP"),
    lie("the preface of HTTP/2", answers(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "HTTP"),
    lie("SETTINGS of HTTP/2 and nothing else",
        ends(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + b"\x00\x03\x00\x00\x00\x80" * 3),
        "no gateway"),
    lie("binary zeros", answers(b"\x00" * 20000), "no gateway"),
    lie("an HTTP version that does not exist", answers(b"HTTP/9.9 101 Yes\r\n\r\n"), "HTTP"),
    lie("a status that is no number", answers(b"HTTP/1.1 1e2 Yes\r\n\r\n"), "status"),
    lie("a status of four digits", answers(b"HTTP/1.1 1010 Yes\r\n\r\n"), "status"),
    lie("bare line feeds", answers(b"HTTP/1.1 101 Yes\nUpgrade: websocket\n\n"), "line|HTTP"),
    lie("a folded field", upgrades(add=["X: a", " b"]), "field|fold|HTTP"),
    lie("a space before the colon", upgrades(add=["X : a"]), "field|HTTP"),
    lie("a control byte in a field", upgrades(add=["X: a\x07b"]), "field|HTTP|control"),
    lie("a field without a colon", upgrades(add=["nonsense"]), "field|HTTP"),
    lie("101 fields", upgrades(add=[f"X-{at}: x" for at in range(101)]), "fields"),
    lie("a head without an end", lambda conn: (conn.read_head(), conn.send(b"HTTP/1.1 101 Yes\r\n"),
                                               conn.flood(b"X: " + b"a" * 1000 + b"\r\n")),
        "head|field|line|large|long"),
    lie("a status line without an end", lambda conn: (conn.read_head(), conn.flood(b"H" * 5000)),
        "line|HTTP|long"),
    stall("an answer that drips", drips_answer),
    lie("two answers at once", answers(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 Yes\r\n\r\n"),
        "100"),
    # the upgrade
    lie("a wrong accept key", wrong_accept, "Sec-WebSocket-Accept"),
    lie("no accept key", upgrades(drop=("Sec-WebSocket-Accept",)), "Sec-WebSocket-Accept"),
    lie("an empty accept key", upgrades(swap={"Sec-WebSocket-Accept": ""}), "Sec-WebSocket-Accept"),
    lie("an accept key of 8 kB", upgrades(swap={"Sec-WebSocket-Accept": "A" * 7000}),
        "Sec-WebSocket-Accept"),
    lie("two accept keys, the wrong one first", lambda conn: upgrades(
        swap={"Sec-WebSocket-Accept": accept_for("x")},
        add=["Sec-WebSocket-Accept: also"])(conn), "Sec-WebSocket-Accept"),
    lie("no Upgrade field", upgrades(drop=("Upgrade",)), "Upgrade"),
    lie("an Upgrade to something else", upgrades(swap={"Upgrade": "h2c"}), "Upgrade"),
    lie("no Connection field", upgrades(drop=("Connection",)), "Connection"),
    lie("Connection: close", upgrades(swap={"Connection": "close"}), "Connection"),
    lie("an extension that was not offered",
        upgrades(add=["Sec-WebSocket-Extensions: permessage-deflate"]), "extension"),
    lie("a subprotocol that was not offered", upgrades(add=["Sec-WebSocket-Protocol: chat"]),
        "subprotocol"),
    lie("200 with the fields of an upgrade", upgrades(line="HTTP/1.1 200 OK"), "200"),
    lie("two body lengths", upgrades(add=["Content-Length: 1", "Content-Length: 2"]), "length"),
    harmless("the first event in one write with the 101", early_data),
    lie("noise in one write with the 101", early_noise, "no message to continue"),
    # HTTP answers
    lie("a redirect with a secret in its Location",
        status("302 Found", f"Location: http://evil.example/?token={SECRET}\r\n"), "302"),
    lie("a redirect to itself, for ever", status("307 Temporary Redirect", "Location: /\r\n"),
        "307"),
    lie("401 with a body", status("401 Unauthorized", "WWW-Authenticate: Basic\r\n",
                                  f'{{"error":"{SECRET}"}}'), "401"),
    lie("403 without a length", ends(
        b"HTTP/1.1 403 Forbidden\r\n\r\ntoken=" + SECRET.encode()), "403"),
    lie("404 of a web server", status("404 Not Found", "Content-Type: text/html\r\n",
                                      "<h1>Not Found</h1>"), "404"),
    lie("404 with a body that never ends", huge_body, "404"),
    lie("407 from something in between", status("407 Proxy Authentication Required"), "407"),
    lie("426", status("426 Upgrade Required", "Sec-WebSocket-Version: 8\r\n"), "426"),
    lie("429 with a wait of a year", status("429 Too Many Requests", "Retry-After: 31536000\r\n"),
        "429"),
    lie("500 with a body of terminal codes",
        status("500 Internal Server Error", "", "\x1b]0;owned\x07\x1b[2J"), "500"),
    lie("a reason phrase of terminal codes",
        ends(b"HTTP/1.1 500 \x1b]0;owned\x07\r\nContent-Length: 0\r\n\r\n"), "500|HTTP|control"),
    stall("503 for ever", status("503 Service Unavailable", "Retry-After: 0\r\n"), "503|starting",
          connections=8),
    stall("503 with a body that drips", slow_body, "503|in time", connections=8),
    lie("a length of 2^64 - 1",
        ends(b"HTTP/1.1 404 No\r\nContent-Length: 18446744073709551615\r\n\r\nx"), "404"),
    lie("a length beyond 2^64",
        ends(b"HTTP/1.1 404 No\r\nContent-Length: 99999999999999999999\r\n\r\nx"),
        "404|Content-Length"),
    lie("a chunked body of nonsense",
        ends(b"HTTP/1.1 502 Bad\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "502"),
    lie("502 in chunks",
        ends(b"HTTP/1.1 502 Bad\r\nTransfer-Encoding: chunked\r\n\r\n"
             b"6\r\nno one\r\n8\r\n at home\r\n0\r\n\r\n"), "502: no one at home"),
    lie("a chunk of 2^64 bytes",
        ends(b"HTTP/1.1 502 Bad\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\nx"), "502"),
    stall("trailers without an end", endless_trailers, "502|in time", connections=8),
]

"""Lies of a gateway that is spoken to through TLS, or should be."""

import time

import frames
from lies import MISPINNED, PINNED, RAW, UNPINNED, harmless, lie, stall

HANDSHAKE = "TLS handshake failed"


def says(data: bytes):
    """Reads the first bytes of the handshake and answers with these."""
    def script(conn):
        conn.more()
        conn.send(data)
        conn.stay()
    return script


def then(act):
    """Reads the first bytes of the handshake, and acts."""
    def script(conn):
        conn.more()
        act(conn)
    return script


def behind_login(act):
    def script(conn):
        conn.upto_request()
        act(conn)
    return script


def good(conn):
    conn.upto_hello()
    conn.serve_request()


def noise_below(conn):
    conn.upto_request()
    conn.send_below(b"GET / HTTP/1.1\r\n\r\n" * 4)
    conn.stay()


def alert_below(conn):
    conn.upto_request()
    conn.send_below(b"\x15\x03\x03\x00\x02\x02\x28")
    conn.stay()


def half_record_below(conn):
    conn.upto_request()
    conn.send_below(b"\x17\x03\x03\x40\x00" + b"x" * 100)
    conn.stay()


def large_record_below(conn):
    conn.upto_request()
    conn.send_below(b"\x17\x03\x03\xff\xff" + b"x" * 70000)
    conn.stay()


def goodbye_without_close(conn):
    """The goodbye of TLS, but none of the WebSocket's."""
    conn.upto_request()
    conn.sock.unwrap()


def masked(conn):
    conn.upto_request()
    conn.send(frames.text(b"{}"))
    conn.hold()


LIES = [
    harmless("a good gateway behind TLS", good, tls=PINNED),
    lie("another certificate than the pinned one", good, "not the one whose fingerprint is pinned",
        tls=MISPINNED),
    lie("a certificate that nobody trusts", good, "not trusted", tls=UNPINNED),
    lie("HTTP in place of TLS", says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), HANDSHAKE, tls=RAW),
    lie("a banner in place of TLS", says(b"SSH-2.0-OpenSSH_9.2p1\r\n"), HANDSHAKE, tls=RAW),
    lie("an alert in place of the handshake", says(b"\x15\x03\x03\x00\x02\x02\x28"), HANDSHAKE,
        tls=RAW),
    lie("warnings of TLS without an end", then(
        lambda conn: conn.flood(b"\x15\x03\x03\x00\x02\x01\x5a" * 1000)), HANDSHAKE, tls=RAW),
    lie("a record of TLS that is too large", says(b"\x16\x03\x03\xff\xff" + b"x" * 70000),
        HANDSHAKE, tls=RAW),
    lie("the client's own hello sent back", then(lambda conn: (
        conn.send(bytes(conn.received)), conn.stay())), HANDSHAKE, tls=RAW),
    lie("an end in place of the handshake", then(lambda conn: None), HANDSHAKE, tls=RAW),
    lie("a reset in place of the handshake", then(lambda conn: conn.reset()), HANDSHAKE, tls=RAW),
    stall("a handshake that never goes on", lambda conn: conn.stay(), tls=RAW),
    stall("half a record in place of the handshake", says(b"\x16\x03\x03\x40\x00" + b"x" * 100),
          tls=RAW),
    lie("an end right behind the handshake", lambda conn: None, "1006|closed|reset", tls=PINNED),
    lie("a reset right behind the handshake", lambda conn: conn.reset(), "1006|closed|reset",
        tls=PINNED),
    lie("plain text between the records", noise_below, "1006|closed|TLS", tls=PINNED),
    lie("a forged alert between the records", alert_below, "1006|closed|TLS", tls=PINNED),
    lie("a forged record that is too large", large_record_below, "1006|closed|TLS", tls=PINNED),
    stall("half a forged record", half_record_below, tls=PINNED),
    lie("the goodbye of TLS alone", goodbye_without_close, "1006|closed", tls=PINNED),
    lie("a masked frame behind TLS", masked, "mask", tls=PINNED),
    lie("a reset behind TLS", behind_login(lambda conn: (time.sleep(0.02), conn.reset())),
        "1006|closed|reset", tls=PINNED),
]

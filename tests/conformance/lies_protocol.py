"""Lies in good frames: the gateway's own protocol broken."""

import json
import time

import liar
from lies import SECRET, harmless, lie, stall


def challenge(payload, *, name="connect.challenge"):
    def script(conn):
        conn.upgrade()
        conn.event(name, payload)
        conn.hold()
    return script


def hello(act):
    """`act` answers the connect request its own way."""
    def script(conn):
        act(conn, conn.upto_connect())
        conn.hold()
    return script


def hello_with(**changes):
    return hello(lambda conn, request_id: conn.answer(request_id, {**liar.HELLO, **changes}))


def refused(error):
    return hello(lambda conn, request_id: conn.refuse(request_id, error))


def answered(act):
    def script(conn):
        act(conn, conn.upto_request())
        conn.hold()
    return script


def then_good(act):
    """`act` misbehaves, then the right answer follows."""
    def script(conn):
        request_id = conn.upto_request()
        act(conn, request_id)
        conn.answer(request_id, liar.HEALTH)
        conn.hold()
    return script


def raw(value: str):
    """A response to the request whose payload is this text."""
    return answered(lambda conn, request_id: conn.text(
        f'{{"type":"res","id":"{request_id}","ok":true,"payload":{value}}}'.encode()))


def two_challenges(conn):
    conn.upto_challenge()
    conn.challenge({"nonce": "another", "ts": 2})
    request_id = conn.read_request("connect")
    conn.challenge({"nonce": "a third", "ts": 3})
    conn.answer(request_id, liar.HELLO)
    conn.serve_request()


def starting(retry_after):
    return refused({"code": "UNAVAILABLE", "message": "starting", "retryable": True,
                    "retryAfterMs": retry_after, "details": {"reason": "startup-sidecars"}})


def flaps(conn):
    """Hello, and gone at once, for ever."""
    conn.upto_hello()
    time.sleep(0.02)
    conn.reset()


def wrong_token(message="unauthorized"):
    return refused({"code": "INVALID_REQUEST", "message": message,
                    "details": {"code": "AUTH_TOKEN_MISMATCH"}})


def echo_of_secrets(conn, request_id):
    """All that the client told, told back in the error."""
    auth = conn.connect.get("auth", {})
    conn.refuse(request_id, {"code": "INVALID_REQUEST",
                             "message": f"no: token={auth.get('token')} nonce={liar.NONCE}"})


def odd_sequences(conn, _):
    for seq in (5, 6, 9, 9, 4, 0, -1, 2 ** 53 + 1, 2 ** 63, 1e300, "7", None, 1.5):
        conn.event("tick", {"ts": 1}, seq=seq)


def odd_events(conn, _):
    for name in ("", "x" * 70000, 7, None, {}, "connect.challenge", "shutdown\x00"):
        conn.event(name, {"a": 1})
    for payload in (None, [], "text", {"restartExpectedMs": "soon"}, {"restartExpectedMs": -1}):
        conn.event("health", payload)


def odd_responses(conn, request_id):
    for value in (
            {"type": "res", "id": "nobody", "ok": True},
            {"type": "res", "id": "", "ok": True},
            {"type": "res", "id": 7, "ok": True},
            {"type": "res", "id": request_id},
            {"type": "res", "id": request_id, "ok": "yes"},
            {"type": "res", "id": request_id, "ok": False},
            {"type": "res", "id": request_id, "ok": False, "error": "text"},
            {"type": "res", "id": request_id, "ok": False, "error": {"code": "", "message": ""}},
            {"type": "res", "id": request_id, "ok": False, "error": {"code": 5, "message": "m"}},
            {"type": "res", "id": request_id, "ok": True, "error": {"code": 1}},
            {"type": "req", "id": request_id, "method": "health"},
            {"type": "other"}, {}, [], "text", 5, None, True):
        conn.text(value)


def odd_json(conn, request_id):
    for value in (b"", b"{", b"}", b"nonsense", b"{'a':1}", b'{"a":1}x', b'{"a":01}',
                  b"\xef\xbb\xbf{}", b'{"type":"res",}', b"[" * 100000, b'{"a":' * 100000,
                  b'{"type":"res","type":"event","id":"%s","ok":true}' % request_id.encode(),
                  b'{"type":"res","id":"%s","id":"x","ok":true}' % request_id.encode()):
        conn.text(value)


def answers_twice(conn):
    request_id = conn.upto_request()
    conn.answer(request_id, liar.HEALTH)
    conn.answer(request_id, {"ok": False})
    conn.hold()


def accepts_for_ever(conn):
    request_id = conn.upto_request("agent")
    while True:
        conn.answer(request_id, {"status": "accepted", "runId": "r"})
        time.sleep(0.01)


def event_flood(conn):
    conn.upto_request()
    event = json.dumps({"type": "event", "event": "noise", "payload": {"a": "b" * 200}, "seq": 1})
    block = b"".join(liar.frames.text(event.encode(), masked=False) for _ in range(64))
    conn.flood(block)


def closes_in_a_loop(conn):
    conn.upto_challenge()
    conn.close(1000)


MANY_NUMBERS = "[" + ",".join(["1e999"] * 50000) + "]"
LIES = [
    # the challenge
    stall("the challenge never comes", lambda conn: (conn.upgrade(), conn.hold())),
    lie("a challenge without a nonce", challenge({"ts": 1}), "nonce"),
    lie("a nonce of spaces", challenge({"nonce": "   ", "ts": 1}), "nonce"),
    lie("a nonce that is a number", challenge({"nonce": 5, "ts": 1}), "nonce"),
    lie("a challenge without a payload", challenge(None), "nonce"),
    stall("another event instead of the challenge", challenge({"nonce": "n"}, name="tick")),
    harmless("three challenges", two_challenges),
    harmless("a challenge whose time is nonsense, for a client without a device",
             lambda conn: (conn.upgrade(), conn.challenge({"nonce": "n", "ts": "soon"}),
                           conn.answer(conn.read_request("connect"), liar.HELLO),
                           conn.serve_request())),
    lie("a close in place of every hello", closes_in_a_loop, "1000", connections=2),
    # the hello
    stall("the connect request is never answered", hello(lambda conn, _: None)),
    stall("a hello under another id", hello(lambda conn, _: conn.answer("1:other", liar.HELLO))),
    stall("a hello as an event", hello(lambda conn, _: conn.event("hello-ok", liar.HELLO))),
    lie("a hello of another type", hello_with(type="hello-no"), "hello"),
    lie("a hello of protocol 3", hello_with(protocol=3), "hello|protocol"),
    lie("a hello of protocol 2^60", hello_with(protocol=2 ** 60), "hello|protocol"),
    lie("a hello whose protocol is text", hello_with(protocol="4"), "hello|protocol"),
    lie("a hello that is null", hello(lambda conn, rid: conn.answer(rid, None)), "hello"),
    lie("a hello that is a list", hello(lambda conn, rid: conn.answer(rid, [])), "hello"),
    stall("a hello with a broken error beside it", hello(
        lambda conn, rid: conn.answer(rid, liar.HELLO, error={"code": 1}))),
    harmless("a hello with members of the wrong types", lambda conn: (
        conn.upto_hello(server=5, features="none", policy=[], auth=None, snapshot=7),
        conn.serve_request())),
    harmless("a policy of nonsense", lambda conn: (
        conn.upto_hello(policy={"maxPayload": -1, "maxBufferedBytes": 1e300,
                                "tickIntervalMs": 0}),
        conn.serve_request())),
    lie("a policy that lets nothing be sent", hello_with(policy={"maxPayload": 1}),
        "large|in time|limit", timeout_ms=3000),
    harmless("a hello of 2 MB", lambda conn: (
        conn.upto_hello(snapshot={"x": "y" * 2000000}),
        conn.serve_request())),
    harmless("50,000 methods", lambda conn: (
        conn.upto_hello(features={"methods": [f"m{at}" for at in range(50000)], "events": []}),
        conn.serve_request())),
    # refusals
    lie("a wrong token", wrong_token(), "unauthorized"),
    lie("all the secrets told back", hello(echo_of_secrets), ""),
    lie("a refusal of terminal codes", wrong_token("\x1b]0;owned\x07\x1b[2J\r\nok"), "owned"),
    lie("a refusal of 60,000 characters", wrong_token("w" * 60000), "www"),
    lie("a pairing id of terminal codes", refused(
        {"code": "NOT_PAIRED", "message": "pair",
         "details": {"code": "PAIRING_REQUIRED", "requestId": "\x1b[2J"}}), "pair"),
    lie("a rate limit with a wait of a year", refused(
        {"code": "UNAVAILABLE", "message": "slow down", "retryAfterMs": 31536000000,
         "details": {"code": "AUTH_RATE_LIMITED"}}), "slow down"),
    stall("starting for ever, with a hint of 0", starting(0), "starting", connections=11),
    stall("starting for ever, with a hint of minus one", starting(-1), "starting|in time",
          connections=11),
    stall("starting for ever, with a hint of 1e300", starting(1e300), "starting|in time",
          connections=2),
    # answers
    stall("the request is never answered", answered(lambda conn, _: None)),
    harmless("two answers", answers_twice),
    harmless("responses that answer nothing", then_good(odd_responses)),
    harmless("sequences of nonsense", then_good(odd_sequences)),
    harmless("events of nonsense", then_good(odd_events)),
    harmless("JSON of nonsense", then_good(odd_json)),
    stall("nesting of 100,000 levels", raw("[" * 100000 + "]" * 100000)),
    harmless("50,000 numbers beyond a double", raw(MANY_NUMBERS), verb=("call", "health")),
    harmless("a number of 100,000 digits", raw("1" * 100000), verb=("call", "health")),
    harmless("100,000 members of one name", raw("{" + ",".join(['"a":1'] * 100000) + "}"),
             verb=("call", "health")),
    stall("an agent that is accepted for ever", accepts_for_ever,
          verb=("call", "agent", "--expect-final")),
    lie("an error with terminal codes", answered(lambda conn, rid: conn.refuse(
        rid, {"code": "BAD", "message": "\x1b]0;owned\x07"})), "owned"),
    stall("events without an end", event_flood),
    # ends
    lie("hello, and gone at once", flaps, "1006|closed|reset"),
    lie("the shutdown event, then a close", lambda conn: (
        conn.upto_request(), conn.event("shutdown", {"restartExpectedMs": 1e300, "reason": "x"}),
        conn.close(1012, b"restart")), "1012"),
]

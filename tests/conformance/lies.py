"""What a gateway may do wrong, and what its client has to say about it.

A row: a text, a script for liar.Conn, and words that the client's error must
hold.  `code` 0 stands for lies that do no harm: the answer must come.
"""

from typing import Callable, NamedTuple

SECRET = "canary-secret-9d2c"  # in everything that must not be shown again
QUICK_MS = 20000  # lies that must be noticed: the time is for slow machines
STALL_MS = 1000   # lies that only the clock can notice


# How a lie is told: in plain text, or behind TLS to a client that pins the certificate,
# pins another one, or pins none; RAW is wss to a server that speaks no TLS.
PLAIN, PINNED, MISPINNED, UNPINNED, RAW = "plain", "pinned", "mispinned", "unpinned", "raw"


class Lie(NamedTuple):
    text: str
    script: Callable
    wants: tuple              # each must stand in the error
    timeout_ms: int = QUICK_MS
    code: int = 1
    verb: tuple = ("health",)
    connections: int = 1      # at most so many
    tls: str = PLAIN


def lie(text, script, *wants, **more) -> Lie:
    return Lie(text, script, wants, **more)


def stall(text, script, *wants, **more) -> Lie:
    return Lie(text, script, wants or ("in time|timeout|took too long",), STALL_MS, **more)


def harmless(text, script, **more) -> Lie:
    return Lie(text, script, (), code=0, **more)

"""RFC 3629 section 4 as a table: where does a byte string stop being UTF-8?

Python's own incremental decoder waits one byte longer on surrogates than the
grammar needs, so it cannot say at which octet a strict reader must fail.
"""

# Lead bytes, then the range of the byte after them, then how many more follow.
_LEADS = (
    (0xC2, 0xDF, 0x80, 0xBF, 0),
    (0xE0, 0xE0, 0xA0, 0xBF, 1),
    (0xE1, 0xEC, 0x80, 0xBF, 1),
    (0xED, 0xED, 0x80, 0x9F, 1),
    (0xEE, 0xEF, 0x80, 0xBF, 1),
    (0xF0, 0xF0, 0x90, 0xBF, 2),
    (0xF1, 0xF3, 0x80, 0xBF, 2),
    (0xF4, 0xF4, 0x80, 0x8F, 2),
)


def scan(data: bytes):
    """Returns (offset of the first octet that cannot stand there or None,
    whether a sequence is still open at the end)."""
    low, high, more = 0, 0, -1
    for at, byte in enumerate(data):
        if more < 0:
            if byte < 0x80:
                continue
            row = next((row for row in _LEADS if row[0] <= byte <= row[1]), None)
            if row is None:
                return at, False
            low, high, more = row[2:]
        else:
            if not low <= byte <= high:
                return at, False
            low, high, more = 0x80, 0xBF, more - 1
    return None, more >= 0

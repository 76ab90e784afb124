#!/usr/bin/env python3
"""A gateway that never answers a ping and never a close.

    quiet_gateway.py PORT DIRECTORY

It sends a `tick` all the time and answers every call; while DIRECTORY/silent exists, nothing at
all: DIRECTORY/is-silent is there when nothing more can come.  DIRECTORY/pings has a byte for each
ping that has come.  At TERM it ends when its clients are gone.
"""

import os
import signal
import sys
import threading

sys.dont_write_bytecode = True

import odd_gateway  # noqa: E402

TICK_EVERY = 0.05
lock = threading.Lock()
clients = threading.Condition()


def path(name):
    return os.path.join(sys.argv[2], name)


class Connection(odd_gateway.Connection):
    ends_at_close = False
    count = 0  # that are logged in
    is_asked_to_end = False

    def send(self, value):
        with lock:
            if not os.path.exists(path("silent")):
                super().send(value)

    def answer_ping(self, text):
        with open(path("pings"), "ab") as file:
            file.write(b"x")

    def answer(self, request):
        is_login = request["method"] == "connect"
        payload = odd_gateway.HELLO if is_login else {}
        self.send({"type": "res", "id": request["id"], "ok": True, "payload": payload})
        if is_login:
            threading.Thread(target=self.tick, daemon=True).start()

    def tick(self):
        while not self.is_over.wait(TICK_EVERY):
            self.send({"type": "event", "event": "tick", "payload": {"ts": 1}})
            with lock:
                if os.path.exists(path("silent")):
                    open(path("is-silent"), "wb").close()

    def setup(self):
        super().setup()
        self.is_over = threading.Event()
        with clients:
            Connection.count += 1

    def finish(self):
        self.is_over.set()
        try:
            super().finish()
        except ConnectionError:  # it was reset
            pass
        with clients:
            Connection.count -= 1
            clients.notify()


def end_when_asked(server):
    with clients:
        clients.wait_for(lambda: Connection.is_asked_to_end and Connection.count == 0)
    server.shutdown()


def on_term(*_):
    def ask():
        with clients:
            Connection.is_asked_to_end = True
            clients.notify()

    threading.Thread(target=ask).start()  # whom the signal interrupts may hold the lock


if __name__ == "__main__":
    gateway = odd_gateway.Server(("127.0.0.1", int(sys.argv[1])), Connection)
    signal.signal(signal.SIGTERM, on_term)
    threading.Thread(target=end_when_asked, args=[gateway], daemon=True).start()
    gateway.serve_forever(0.05)

#!/usr/bin/env python3
"""A gateway that answers as older programs did: JSON-RPC, and messages of no known shape.

    odd_gateway.py PORT [VERSION]

`system-presence` is answered with a legacy result, `status` with an error object, anything else
with an error text.  Behind each answer to `system-presence` come messages that are no answers:
see ODD and DROPPED.
"""

import base64
import hashlib
import json
import os
import socketserver
import sys

sys.dont_write_bytecode = True
sys.path.append(os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "conformance"))

import frames  # noqa: E402

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
HELLO = {"type": "hello-ok", "protocol": 4, "server": {"version": "odd", "connId": "c"},
         "features": {"methods": ["system-presence", "status"], "events": ["tick"]},
         "snapshot": {"presence": [], "health": {}, "stateVersion": {"presence": 1, "health": 1}, "uptimeMs": 1},
         "auth": {"role": "operator", "scopes": []},
         "policy": {"maxPayload": 26214400, "maxBufferedBytes": 52428800, "tickIntervalMs": 30000}}  # fmt: skip
ODD = [{"jsonrpc": "2.0", "id": 7, "result": 1}, {"jsonrpc": "2.0", "id": "nobody's", "result": 1},
       {"jsonrpc": "2.0", "id": "9", "method": "ask"}, {}]  # fmt: skip
DROPPED = [[1, 2], 7, "text"]


class Connection(socketserver.StreamRequestHandler):
    ends_at_close = True

    def send(self, value):
        self.wfile.write(frames.text(json.dumps(value).encode(), masked=False))

    def receive(self):
        """The next message; pings are answered on the way.  None at the end."""
        while True:
            head = self.rfile.read(2)
            if len(head) < 2:
                return None
            length = head[1] & 127
            if length >= 126:
                length = int.from_bytes(self.rfile.read(2 if length == 126 else 8), "big")
            key = self.rfile.read(4)
            text = frames.mask(self.rfile.read(length), key)
            opcode = head[0] & 15
            if opcode == frames.CLOSE and self.ends_at_close:
                return None
            if opcode == frames.PING:
                self.answer_ping(text)
            elif opcode != frames.CLOSE:
                return json.loads(text)

    def answer_ping(self, text):
        self.wfile.write(frames.pong(text, masked=False))

    def answer(self, request):
        if request["method"] == "connect":
            self.send({"type": "res", "id": request["id"], "ok": True, "payload": HELLO})
        elif request["method"] == "system-presence":
            self.send({"jsonrpc": "2.0", "id": request["id"], "result": []})
            for message in ODD + DROPPED:
                self.send(message)
        elif request["method"] == "status":
            self.send({"jsonrpc": "2.0", "id": request["id"], "error": {"message": "no status here"}})
        else:
            self.send({"jsonrpc": "2.0", "id": request["id"], "error": "not here"})

    def handle(self):
        key = ""
        for line in iter(lambda: self.rfile.readline().decode("latin-1").strip(), ""):
            if line.lower().startswith("sec-websocket-key:"):
                key = line.split(":", 1)[1].strip()
        if not key:
            return
        accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
        self.wfile.write(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          f"Sec-WebSocket-Accept: {accept}\r\n\r\n").encode())  # fmt: skip
        self.send({"type": "event", "event": "connect.challenge", "payload": {"nonce": "n", "ts": 1}})
        try:
            while (request := self.receive()) is not None:
                self.answer(request)
        except ConnectionError:  # a look ends by a reset
            return


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    HELLO["server"]["version"] = sys.argv[2] if len(sys.argv) > 2 else "odd"
    Server(("127.0.0.1", int(sys.argv[1])), Connection).serve_forever()

"""`holdfast run -- CMD`: a gateway that is kept, and its place, which never goes dark."""

import json
import os
import resource
import signal
import socket
import subprocess

from cases import case
from guest import Guest, Refused, get
from scene import Manager, check, free_port, read, wait_until, write_token

CLIENTS = 20


class Place:
    """`run -- CMD` in a scene; the child is our own gateway unless another one is given."""

    def __init__(self, scene, *flags, child=None, port=None, env=None):
        self.scene = scene
        self.port = port or free_port()
        self.child = child or [scene.holdfast, "run", "--state-dir", scene.path("child")]
        self.flags = flags
        self.env = env
        self.start()

    def start(self):
        self.process = self.scene.run_place(self.child, "--port", str(self.port), *self.flags, env=self.env)
        wait_until(self.is_open, "the place is open")

    def is_open(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 5).close()
        except ConnectionRefusedError:
            return self.process.poll() is not None
        return True

    def token(self):
        return read(os.path.join(self.scene.state, "token")).decode().strip()

    def guest(self):
        return Guest(self.port, self.token())

    def ready(self):
        status = self.scene.wait_phase("ready", "warming")
        wait_until(lambda: get(self.port, "/readyz")[0] == 200, "the gateway behind is seen")
        return status

    def refusal(self):
        """What a client is told now, which must be that the gateway starts."""
        try:
            self.guest().__exit__()
        except Refused as refused:
            check(refused.is_start(), f"refused in other words: {refused}")
            return refused
        check(False, "let in")

    def back(self):
        """A client that comes until it is let in."""

        def attempt():
            try:
                return self.guest()
            except Refused as refused:
                check(refused.is_start(), f"refused in other words: {refused}")
                return None

        return wait_until(attempt, "it is let in")


class Held:
    """A gateway that starts when it may, and until then is on its way."""

    def __init__(self, scene):
        self.go = scene.path("go")
        script = 'until test -e "$0"; do sleep 0.02; done; exec "$1" run --state-dir "$2"'
        self.command = ["/bin/sh", "-c", script, self.go, scene.holdfast, scene.path("child")]

    def let(self):
        with open(self.go, "wb"):
            pass

    def hold(self):
        os.remove(self.go)


@case
def the_place_is_there_before_its_gateway(s):
    held = Held(s)
    place = Place(s, child=held.command)
    check(place.refusal().retry_ms() == 500, "a start under way: soon")
    check(get(place.port, "/healthz") == (200, '{"ok":true,"status":"live"}'), "the place lives")
    for path in ("/startupz", "/readyz"):
        status, body = get(place.port, path)
        check(status == 503 and "startup-sidecars" in body, f"{path}: {status} {body}")
    check("holdfast ready" not in s.log().replace("child.said", ""), "nothing is ready")
    held.let()
    with place.back() as guest:
        check(guest.call("health")["ok"], "its gateway answers")
    place.ready()
    status, body = get(place.port, "/startupz")
    check(status == 200 and "started" in body, f"the gateway's own word: {status} {body}")
    wait_until(lambda: f"holdfast ready url=ws://127.0.0.1:{place.port}" in s.log(), "the ready line")
    check(s.status()["port"] != place.port, "its own port is another one")
    s.quit()


@case
def a_place_whose_parent_ends(s):
    """supervisor 100: for `run -- CMD`: as at TERM, the place says goodbye"""
    port = free_port()
    words = [s.holdfast, "run", "--state-dir", s.state, "--port", str(port), "--exit-with-parent",
             "--", s.holdfast, "run", "--state-dir", s.path("child")]  # fmt: skip
    shell = s.begin(["/bin/sh", "-c", " ".join(words) + " & wait"], None)
    s.wait_phase("ready", "warming")
    wait_until(lambda: get(port, "/readyz")[0] == 200, "the gateway behind is seen")
    token = read(os.path.join(s.state, "token")).decode().strip()
    with Guest(port, token) as guest:
        shell.kill()
        shell.wait()
        check(guest.until_end()[-1] == ("close", 1012), "its clients are told")
    wait_until(lambda: not s.left(), "nothing is left")


@case
def a_gateway_that_dies_below_twenty_clients(s):
    place = Place(s)
    pid = place.ready()["pid"]
    guests = [place.guest() for _ in range(CLIENTS)]
    os.kill(pid, signal.SIGKILL)
    for guest in guests:
        with guest:
            guest.until_end()
    for guest in [place.back() for _ in range(CLIENTS)]:
        with guest:
            check(guest.call("health")["ok"], "back on the new one")
    check(s.status()["pid"] != pid, "a new one")
    s.quit()


@case
def a_restart_is_a_start_to_clients(s):
    held = Held(s)
    held.let()
    place = Place(s, child=held.command)
    place.ready()
    held.hold()
    with place.guest() as guest:
        with subprocess.Popen([s.holdfast, "ctl", "restart", "--state-dir", s.state], env=s.environment(),
                              stdout=subprocess.DEVNULL) as asker:  # fmt: skip
            said = guest.until_end()
            check(said[-1] == ("close", 1012), f"the gateway's own goodbye: {said}")
            check(any(m.get("event") == "shutdown" for m in said[:-1]), f"and its reason: {said}")
            check(place.refusal().retry_ms() == 500, "the start is told")
            held.let()
            place.back().__exit__()
            check(asker.wait() == 0, "the restart is executed")
    s.quit()


@case
def what_does_not_come_soon_is_not_promised_soon(s):
    place = Place(s)
    place.ready()
    check(s.ctl("stop")["outcome"] == "EXECUTED", "stopped")
    check(place.refusal().retry_ms() == 2000, "nobody knows when")
    check(get(place.port, "/readyz")[0] == 503, "not ready")
    check(s.ctl("start")["outcome"] == "EXECUTED", "started")
    with place.back() as guest:
        check(guest.call("health")["ok"], "back")
    s.quit()


@case
def a_crash_loop_behind_the_place(s):
    place = Place(s, child=[s.adversary, "exit", "1", "0"])
    s.wait_phase("backoff")
    wait_until(lambda: place.refusal().retry_ms() > 500, "the ladder's next try is told")
    check(get(place.port, "/healthz")[0] == 200, "the place is open")
    s.quit()


@case
def term_drains_what_is_behind(s):
    place = Place(s)
    place.ready()
    guests = [place.guest() for _ in range(CLIENTS)]
    s.process.send_signal(signal.SIGTERM)
    for guest in guests:
        with guest:
            said = guest.until_end()
            check(said[-1] == ("close", 1012), f"its gateway's goodbye reaches everybody: {said}")
    check(s.wait_exit() == 0, "it ends with 0")
    check(not s.left(), "and nothing is left")


def deaf(s):
    """A gateway behind a launcher that does not hear TERM."""
    script = 'trap "" TERM; "$0" run --state-dir "$1" & wait'
    return ["/bin/sh", "-c", script, s.holdfast, s.path("child")]


@case
def a_stop_that_takes_its_time_is_told_as_one(s):
    """startup-retry 7, startup-retry 8: at the place: draining, never starting."""
    place = Place(s, "--stop-grace", "3000000", child=deaf(s))
    place.ready()
    s.process.send_signal(signal.SIGTERM)
    s.wait_phase("stopping")
    check("draining" in get(place.port, "/startupz")[1], "told as draining")
    try:
        place.guest()
        check(False, "let in")
    except Refused as refused:
        check(" 503 " in (refused.frame or {}).get("head", ""), f"refused: {refused}")
    s.process.send_signal(signal.SIGTERM)
    check(s.wait_exit() == 0, "a second TERM waits no longer")
    check(not s.left(), "and nothing is left")


@case
def kill_of_the_place_ends_what_is_behind(s):
    place = Place(s)
    place.ready()
    guest = place.guest()
    s.process.kill()
    s.process.wait()
    with guest:
        guest.until_end()
    wait_until(lambda: not s.left(), "nothing is left", 5)
    place.start()
    place.ready()
    s.quit()


@case
def quit_ends_the_place_too(s):
    place = Place(s)
    place.ready()
    with place.guest():
        check(s.ctl("quit")["final"], "a final result")
        check(s.wait_exit() == 0, "it ends")
    check(not s.left(), "and nothing is left")


@case
def a_place_that_is_held_starts_nothing(s):
    first = Place(s)
    first.ready()
    other = s.path("other")
    done = subprocess.run([s.holdfast, "run", "--port", str(first.port), "--state-dir", other, "--",
                           s.adversary, "notify", "0"], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, env=s.environment(), timeout=60, check=False)  # fmt: skip
    check(done.returncode == 78, f"a healthy gateway holds the port: {done.returncode} {done.stderr}")
    check("start_requested" not in done.stderr, "its program was not started")
    for verb in (["run", "--port", str(free_port())], ["supervise", "--url", "none:"]):
        done = subprocess.run([s.holdfast, *verb, "--state-dir", s.state, "--", "true"], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, env=s.environment(), timeout=60, check=False)  # fmt: skip
        check(done.returncode == 78, f"{verb} in the same directory: {done.returncode} {done.stderr}")
        check(f"pid {s.process.pid}" in done.stderr, f"it says who: {done.stderr}")
    s.quit()


@case
def a_web_server_behind_the_place(s):
    behind = free_port()
    place = Place(s, "--upstream", f"http://127.0.0.1:{behind}/x", child=[s.adversary, "http", str(behind)])
    s.wait_phase("ready")
    wait_until(lambda: get(place.port, "/any/page")[0] == 200, "pages come through")
    check(s.ctl("stop")["outcome"] == "EXECUTED", "stopped")
    check(get(place.port, "/healthz")[0] == 200, "the place is still open")
    check(get(place.port, "/any/page")[0] == 404, "but holds no pages itself")
    s.quit()


@case
def a_program_on_another_port_than_it_was_told(s):
    elsewhere = free_port()
    place = Place(s, child=[s.adversary, "http", str(elsewhere)], env=s.held_clock())
    s.pass_until(lambda: f"{elsewhere}" in s.status().get("error", ""), "the other port is named", 0.2)
    check(str(s.status()["port"]) in s.status()["error"], "and the one that it was told")
    place.refusal()
    s.quit()


@case
def a_program_that_wants_the_place_itself(s):
    port = free_port()
    place = Place(s, port=port, child=[s.holdfast, "run", "--state-dir", s.path("child"), "--port", str(port)])
    wait_until(lambda: s.status().get("lastExit", {}).get("code") not in (None, 0), "it cannot have it")
    place.refusal()
    check(any(str(port) in line for line in s.status()["lines"]), f"its words are kept: {s.status()['lines']}")
    s.quit()


@case
def a_gateway_with_a_token_of_its_own(s):
    behind, path, token = free_port(), s.path("token"), "a-token-of-its-own-0123456789"
    write_token(path, token)
    child = [s.holdfast, "run", "--state-dir", s.path("child"), "--port", str(behind), "--token-file", path]
    place = Place(s, "--upstream", f"ws://127.0.0.1:{behind}", "--upstream-token-file", path, child=child)
    place.ready()
    with Guest(place.port, token) as guest:
        check(guest.call("health")["ok"], "clients log in there")
    check(token not in s.log(), "nobody tells it")
    s.quit()


@case
def a_password_behind_the_place(s):
    env = s.environment(OPENCLAW_GATEWAY_PASSWORD="a-password-0123456789")
    place = Place(s, "--auth", "password", env=env,
                  child=[s.holdfast, "run", "--auth", "password", "--state-dir", s.path("child")])  # fmt: skip
    place.ready()
    check("a-password-0123456789" not in s.log(), "nobody tells it")
    s.quit()


@case
def a_gateway_that_survives_its_place(s):
    """supervisor 24: with the place in front"""
    place = Place(s, "--survive")
    pid = place.ready()["pid"]
    wait_until(lambda: os.path.exists(os.path.join(s.state, "journal")), "the journal names it")
    s.process.kill()
    s.process.wait()
    check(pid in s.left(), "it lives on")
    place.start()
    check(place.ready()["pid"] == pid, "and is kept again, on its port")
    with place.guest() as guest:
        check(guest.call("health")["ok"], "and clients reach it")
        s.process.send_signal(signal.SIGTERM)
        check(s.wait_exit() == 0, "the place ends")
    check(pid in s.left(), "without it")
    place.start()
    place.ready()
    check(s.ctl("stop")["outcome"] == "EXECUTED", "it can be ended")
    s.process.send_signal(signal.SIGTERM)
    check(s.wait_exit() == 0, "the place ends")


@case
def the_service_manager_hears_one_voice(s):
    manager = Manager()
    try:
        Place(s, env=s.environment() | {"NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "200000"})
        s.wait_phase("ready")
        wait_until(lambda: sum("WATCHDOG=1" in m for m in manager.messages) >= 2, "it is fed")
        s.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "config.reloaded" in s.log(), "our configuration is read again")
        wait_until(lambda: any("RELOADING=1" in m for m in manager.messages), "and that is told")
        s.wait_phase("ready")
        s.process.send_signal(signal.SIGTERM)
        check(s.wait_exit() == 0, "it ends")
        said = [line for m in manager.messages for line in m.split("\n")]
        check(said.index("READY=1") < said.index("RELOADING=1") < said.index("STOPPING=1"), f"in order: {said}")
        check(said.count("STOPPING=1") == 1, f"once: {said}")
        check(not any("serving" in line or "relaying" in line for line in said), f"one voice: {said}")
    finally:
        manager.close()


@case
def a_place_whose_token_is_replaced(s):
    """supervisor 109: its environment has the old one: SIGHUP makes a new gateway with the new one."""
    path = s.path("token")
    write_token(path, "first-token-0123456789")
    place = Place(s, "--token-file", path)
    pid = place.ready()["pid"]
    Guest(place.port, "first-token-0123456789").socket.close()
    write_token(path, "second-token-0123456789")
    s.process.send_signal(signal.SIGHUP)
    wait_until(lambda: s.status().get("pid", pid) != pid, "another gateway")
    place.ready()
    Guest(place.port, "second-token-0123456789").socket.close()
    check("cause=new_secret" in s.log(), "told as the reason")
    s.quit()


@case
def what_a_place_hands_on(s):
    """Port and token, and nothing that was meant for us: not our many descriptors either."""
    script = 'env > "$0/seen"; ulimit -Sn > "$0/limit"; exec "$1" run --state-dir "$0/child"'
    place = Place(s, child=["/bin/sh", "-c", script, s.dir, s.holdfast])
    status = place.ready()
    seen = dict(line.split("=", 1) for line in read(s.path("seen")).decode().splitlines() if "=" in line)
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    check(read(s.path("limit")).decode().strip() == str(soft), f"its limit: {read(s.path('limit'))}")
    check(seen["OPENCLAW_GATEWAY_PORT"] == str(status["port"]), f"its port: {seen}")
    check(seen["OPENCLAW_GATEWAY_TOKEN"] == place.token(), "the token that clients know")
    check(json.dumps(s.status()).find(place.token()) < 0, "which nobody shows")
    s.quit()

"""Children that misbehave, and what a supervisor must say and do about each."""

import json
import os
import random
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time

from guest import Guest
from scene import Failed, Manager, check, free_port, read, wait_until, write_token

CASES = []


def case(function):
    CASES.append(function)
    return function


def long_case(function):
    """Minutes of real time: only with HF_LONG=1, else counted as skipped."""
    function.is_long = True
    return case(function)


def stop(s, outcome="EXECUTED"):
    result = s.ctl("stop")
    check(result["outcome"] == outcome, f"stop: {result}")
    check(not s.left(), "nothing is left when the stop has its result")
    check(s.status()["phase"] == "idle", "idle after the stop")


def keep_and_stop(s, mode, *flags):
    """Ready by its own word, then stopped: nothing is left."""
    s.supervise(mode, "--url", "notify:", *flags)
    status = s.wait_phase("ready")
    stop(s)
    s.quit()
    return status


# --- stopping ---


@case
def a_child_that_obeys(s):
    """supervisor 28"""
    s.supervise("notify 0", "--url", "notify:")
    s.wait_phase("ready")
    stop(s)
    check(s.status()["lastExit"]["code"] == 0, "it ended by itself, at TERM")
    check(s.ctl("stop")["outcome"] == "SATISFIED", "a second stop has nothing to do")
    check(s.ctl_raw("stop").returncode == 0, "which is no failure, in words either")
    s.quit()


@case
def a_child_that_ignores_term(s):
    """supervisor 29"""
    s.supervise("ignore_term", "--url", "notify:", "--stop-grace", "300")
    s.wait_phase("ready")
    stop(s)
    check(s.status()["lastExit"]["signal"] == signal.SIGKILL, "KILL ended it")
    s.quit()


@case
def a_child_with_many_children(s):
    keep_and_stop(s, "forker 20")


@case
def members_that_end_by_themselves(s):
    """supervisor 28: what the main process leaves may end in order, also one that a signal has stopped."""
    member, heard = s.path("member"), s.path("heard")
    with open(member, "w", encoding="ascii") as file:
        file.write(f'trap "echo $1 >> {heard}; exit" TERM\necho $$ > {heard}.$1\n'
                   'test $1 = stopped && kill -STOP $$\nwhile :; do sleep 0.05; done\n')  # fmt: skip
    s.supervise(["/bin/sh", "-c", f"sh {member} runs & sh {member} stopped & exec {s.adversary} notify 0"],
                "--url", "notify:", "--stop-grace", "3000000")  # fmt: skip
    s.wait_phase("ready")
    wait_until(lambda: os.path.exists(heard + ".runs"), "one runs")
    wait_until(lambda: b"State:\tT" in read(f"/proc/{read(heard + '.stopped').decode().strip()}/status"), "one stands")
    stop(s)
    check(sorted(read(heard).split()) == [b"runs", b"stopped"], f"who heard of it: {read(heard)}")
    s.quit()


@case
def daemons_in_sessions_of_their_own(s):
    """supervisor 30"""
    keep_and_stop(s, "daemons 20 1", "--stop-grace", "300")


@case
def daemons_without_their_environment(s):
    """supervisor 92"""
    keep_and_stop(s, "daemons 20 0", "--stop-grace", "300")


@case
def a_child_that_leaves_its_group(s):
    keep_and_stop(s, "leave_group", "--stop-grace", "300")


@case
def a_child_that_is_a_subreaper(s):
    keep_and_stop(s, "reaper 5", "--stop-grace", "300")


@case
def a_fork_bomb(s):
    """supervisor 31"""
    keep_and_stop(s, "bomb 800", "--stop-grace", "100")


@case
def a_child_that_leaves_zombies(s):
    keep_and_stop(s, "zombies 200")


@case
def a_child_that_leaks_descriptors(s):
    keep_and_stop(s, "descriptors")


@case
def a_child_that_stops_itself(s):
    """supervisor 78: its process half: stopped is not dead, and it can be ended."""
    s.supervise("stop_self", "--url", "notify:", "--stop-grace", "200")
    status = s.wait_phase("ready")
    wait_until(lambda: b"State:\tT" in read(f"/proc/{status['pid']}/status"), "it is stopped")
    check(s.status()["pid"] == status["pid"], "it is left as it is")
    stop(s)
    s.quit()


@case
def a_stopped_child_ends_in_order(s):
    """supervisor 78: TERM waits for a process that is stopped: it is told to go on, and ends by itself."""
    s.supervise("stop_self 1", "--url", "notify:", "--stop-grace", "300000")
    pid = s.wait_phase("ready")["pid"]
    wait_until(lambda: b"State:\tT" in read(f"/proc/{pid}/status"), "it is stopped")
    stop(s)
    check(s.status()["lastExit"]["code"] == 0, f"by its own handler: {s.status()}")
    s.quit()


@case
def stop_while_it_starts(s):
    """supervisor 33"""
    s.supervise("sleep", "--url", "notify:")
    s.wait_phase("wait_ready")
    stop(s)
    s.quit()


@case
def a_second_signal_does_not_wait(s):
    """supervisor 43: its process half: children that ignore TERM, and no grace is waited for."""
    s.supervise("bomb 30", "--url", "notify:", "--stop-grace", "3000000")
    s.wait_phase("ready")
    s.process.send_signal(signal.SIGTERM)
    s.wait_phase("stopping")
    s.process.send_signal(signal.SIGTERM)
    check(s.wait_exit() == 0, "it ends")


@case
def a_quit_that_cannot_wait(s):
    """supervisor 43: 3000 ms of its own clock at most, and nothing is left"""
    s.supervise("stubborn 5", "--url", "notify:", "--stop-grace", "3000000", env=s.held_clock())
    s.wait_phase("ready")
    check(len(s.left()) == 7, f"a guardian, its child and five daemons: {s.left()}")
    s.stand_at(0)
    with subprocess.Popen([s.holdfast, "ctl", "quit", "--json", "--state-dir", s.state], stdout=subprocess.PIPE,
                          env=s.environment(), text=True) as asker:  # fmt: skip
        status = s.wait_phase("stopping")
        check(status["next"] == {"action": "kill", "at": status["at"] + 1000}, f"KILL comes 1000 ms later: {status}")
        check(len(s.left()) == 7, "TERM alone ends none of them")
        s.stand_at(1)
        check(s.wait_exit() == 0, "it ends with no more time than that")
        check(not s.left(), f"nothing is left: {s.left()}")
        result = json.loads(asker.communicate()[0])
    check(result["outcome"] == "EXECUTED", f"there was a gateway: {result}")


# --- starting ---


@case
def a_child_that_exits_at_once(s):
    """supervisor 3"""
    s.supervise("exit 1 0", "--url", "notify:")
    status = s.wait_phase("backoff")
    check(status["lastExit"]["code"] == 1, f"its exit is told: {status}")
    history = s.ctl("history")
    spawned = [t for t in history if t["to"] == "spawn" and t["epoch"] == history[0]["epoch"]]
    check(len(spawned) == 3, f"three attempts in one start, not {len(spawned)}")
    s.quit()


@case
def the_ladder_goes_on_by_itself(s):
    """supervisor 70: its process half: nobody asks, nothing else happens."""
    s.supervise("exit 1 0", "--url", "notify:")
    wait_until(lambda: s.log().count("keeper.start_requested") >= 2, "the next start")
    s.quit()


@case
def a_child_that_hangs_before_it_listens(s):
    port = free_port()
    s.supervise("sleep", "--url", f"http://127.0.0.1:{port}/")
    s.wait_phase("wait_ready")
    check(s.status()["answers"]["alive"]["answer"] == "yes", "it lives")
    check(s.status()["answers"]["ready"]["answer"] != "yes", "it is not ready")
    stop(s)
    s.quit()


@case
def a_child_that_listens_and_says_nothing(s):
    """supervisor 2"""
    port = free_port()
    s.supervise(f"listen {port}", "--url", f"ws://127.0.0.1:{port}")
    s.wait_phase("wait_ready")
    wait_until(lambda: s.status()["answers"]["reachable"]["answer"] == "no", "a look has failed")
    check(s.status()["phase"] == "wait_ready", "an open port is no gateway")
    stop(s)
    s.quit()


@case
def a_web_server_and_a_port(s):
    port = free_port()
    s.supervise(f"http {port} 100", "--url", f"http://127.0.0.1:{port}/x")
    s.wait_phase("ready")
    stop(s)
    s.quit()
    s.supervise(f"listen {port}", "--url", f"tcp://127.0.0.1:{port}")
    s.wait_phase("ready")
    s.quit()


@case
def a_slow_start_with_progress(s):
    """supervisor 5: its process half"""
    s.supervise("progress 1500", "--url", "notify:")
    s.wait_phase("wait_ready")
    s.wait_phase("ready")
    spawned = [t for t in s.ctl("history") if t["to"] == "spawn"]
    check(len(spawned) == 1, "started once")
    wait_until(lambda: "still on it" in s.log(), "its progress is told")
    s.quit()


@long_case
def a_start_of_a_minute_with_progress(s):
    """supervisor 5: its process half, in real time"""
    s.supervise("progress 60000", "--url", "notify:")
    s.wait_phase("ready", patience=120)
    spawned = [t for t in s.ctl("history") if t["to"] == "spawn"]
    check(len(spawned) == 1, "started once")
    stop(s)
    s.quit()


@case
def a_child_that_listens_then_hangs(s):
    """supervisor 76: its process half: 90 s of silence, 5 s for an answer, and it is replaced, once"""
    port = free_port()
    s.supervise(f"http_then_hang {port} 2", "--url", f"http://127.0.0.1:{port}/", env=s.held_clock())
    pid = s.wait_phase("ready")["pid"]
    s.stand_at(0)
    s.stand_at(30)
    wait_until(lambda: s.status()["answers"]["reachable"]["ageMs"] == 0, "its second answer, the last one")
    for at in (60, 65, 90, 95, 119):
        s.stand_at(at)
        check(s.status()["phase"] == "ready" and "unresponsive" not in s.log(), f"{at - 30} s of silence are borne")
    s.stand_at(121)
    s.wait_phase("verifying")
    s.stand_at(126)
    wait_until(lambda: "stage=unresponsive" in s.log(), "it is called so")
    wait_until(lambda: "child.dumped" in s.log(), "after a look at what it hangs in")
    s.pass_until(lambda: s.status().get("pid", pid) != pid and s.status()["phase"] == "ready", "it is replaced", 1)
    check(sum(t["to"] == "spawn" for t in s.ctl("history")) == 2, "once")
    stop(s)
    s.quit()


@case
def a_program_that_is_not_there(s):
    """supervisor 15"""
    s.supervise(["/no/such/program"], "--url", "none:")
    status = s.wait_phase("failed", "fatal", "backoff")
    check("/no/such/program" in status.get("error", ""), f"it is named: {status}")
    history = s.ctl("history")
    attempts = [t for t in history if t["to"] == "spawn" and t["epoch"] == history[0]["epoch"]]
    check(len(attempts) == 1, f"one start does not try three times: {attempts}")
    s.quit()


@case
def a_child_that_is_only_to_live(s):
    s.supervise("sleep", "--url", "none:")
    s.wait_phase("ready")
    stop(s)
    s.quit()


# --- what the configuration replaces ---


def write_config(s, **keys):
    """Our own file: keys of holdfast.supervisor."""
    os.makedirs(s.path("holdfast"), mode=0o700, exist_ok=True)
    with open(s.path("holdfast/holdfast.json5"), "w", encoding="ascii") as file:
        json.dump({"holdfast": {"supervisor": keys}}, file)


@case
def a_ladder_of_other_lengths(s):
    """supervisor 110: one value by a flag, one by the file, the longest delay as it was"""
    write_config(s, reconnectDelayMs=100)
    s.supervise(["/no/such/program"], "--url", "none:", "--reconnect-attempts", "3")
    status = s.wait_phase("failed")
    check(status["next"]["action"] == "slow_retry", f"what comes next is shown: {status}")
    check(0 < status["next"]["at"] - status["at"] <= 375000, f"and when: {status}")
    waits = [tuple(map(int, found)) for found in
             re.findall(r"keeper.reconnect_scheduled .*?attempt=(\d+) max=(\d+) delay_ms=(\d+)", s.log())]  # fmt: skip
    check([wait[:2] for wait in waits] == [(1, 3), (2, 3), (3, 3)], f"three tries: {waits}")
    for (_, _, delay), least in zip(waits, (100, 200, 400)):
        check(least <= delay <= least * 5 // 4, f"each after twice the delay, and its jitter: {waits}")
    s.quit()


@case
def the_habits_of_older_supervisors(s):
    """supervisor 54, supervisor 60: their halves that a user configures"""
    os.makedirs(s.path(".openclaw"))
    with open(s.path(".openclaw/openclaw.json"), "w", encoding="ascii") as file:
        file.write('{ gateway: { reload: { mode: "off" } } }')
    s.supervise("notify 0", "--url", "notify:")
    pid = s.wait_phase("ready")["pid"]
    check(s.ctl("reload")["outcome"] == "RELOAD_DISABLED", "off is off")
    check(s.status()["pid"] == pid, "and nothing happens")
    s.quit()
    write_config(s, governor="breaker", reloadOff="restart")
    s.supervise("notify 0", "--url", "notify:")
    pid = s.wait_phase("ready")["pid"]
    result = s.ctl("reload")
    check(result["outcome"] == "EXECUTED" and result["pidAfter"] != pid, f"off is a restart: {result}")
    # Each one that a slow machine lets through doubles the cooldown, and after four it opens.
    results = [s.ctl("restart")]
    while results[-1]["outcome"] == "EXECUTED" and len(results) < 5:
        results.append(s.ctl("restart"))
    check(results[-1]["outcome"] == "REFUSED", f"one that comes too early is refused: {results}")
    check(results[-1]["reason"] in ("cooldown_active", "budget_exceeded"), f"with a word: {results}")
    check(results[-1]["retryAfterMs"] > 0, f"and when it would not be: {results}")
    s.quit()


# --- crashing ---


@case
def a_child_that_crashes(s):
    s.supervise(f"signal {int(signal.SIGSEGV)}", "--url", "notify:")
    status = s.wait_phase("backoff")
    check(status["lastExit"]["signal"] == signal.SIGSEGV, f"the signal is told: {status}")
    check(status["lastExit"]["kind"] == "crash", f"as a crash: {status}")
    s.quit()


@case
def a_child_that_flaps(s):
    """supervisor 55: its process half"""
    s.supervise("flap 20 1", "--url", "notify:", "--restart-budget", "2/300")
    s.wait_phase("quarantined")
    check(s.ctl("start")["outcome"] in ("EXECUTED", "FAILED"), "an operator starts it at once")
    s.quit()


@case
def a_child_that_is_killed(s):
    s.supervise("notify 0", "--url", "notify:")
    pid = s.wait_phase("ready")["pid"]
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: s.status().get("pid", pid) != pid and s.status()["phase"] == "ready", "a new one")
    check(s.status()["lastExit"]["kind"] == "killed", "the end of the old one is told")
    s.quit()


@case
def a_child_that_exits_and_leaves_daemons(s):
    s.supervise("leaver 3 1", "--url", "notify:", "--restart-budget", "1/300")
    wait_until(lambda: s.status().get("lastExit"), "it left")
    # What it left is gone before another one is made: never two trees.
    s.wait_phase("backoff", "quarantined", "failed")
    s.ctl("stop")
    check(not s.left(), "its daemons are gone")
    s.quit()


@case
def a_child_that_kills_its_guardian(s):
    s.supervise("kill_parent 4 50", "--url", "notify:", "--restart-budget", "1/300")
    wait_until(lambda: "guardian" in s.log(), "the loss is told")
    s.ctl("stop")
    check(not s.left(), "its tree is gone")
    s.quit()


@case
def a_child_that_stops_its_guardian(s):
    keep_and_stop(s, "stop_parent 4 0")


# --- memory ---


@case
def a_child_that_leaks_is_recycled(s):
    s.supervise("grow 64 5", "--url", "notify:", "--memory-soft", "32M", "--memory-hard", "4G", env=s.held_clock())
    pid = s.wait_phase("ready")["pid"]
    s.pass_until(lambda: s.status().get("pid", pid) != pid and s.status()["phase"] == "ready", "another one", 1)
    check(s.status()["memory"]["recycles"] == 1, f"told: {s.status()}")
    check(s.status()["lastExit"]["code"] == 0, "it was asked to end, and did")
    check(any(t["cause"] == "memory_soft" for t in s.ctl("history")), "with its cause")
    wait_until(lambda: "child.recycled_for_memory" in s.log(), "and in the log")
    s.quit()


@case
def a_place_whose_gateway_leaks(s):
    """`run -- CMD`: recycled once; the next one leaks as well, which is told and costs no restart."""
    leak = (f"unset LD_PRELOAD; env -u NOTIFY_SOCKET {s.adversary} grow 64 1 &"
            f"exec {s.holdfast} run --state-dir {s.path('child')}")  # fmt: skip
    s.run_place(["/bin/sh", "-c", leak], "--port", str(free_port()), "--memory-soft", "48M", "--memory-hard", "4G",
                env=s.held_clock())  # fmt: skip
    pid = s.wait_phase("ready")["pid"]
    s.pass_until(lambda: "child.recycled_for_memory" in s.log(), "it is recycled", 1)
    s.pass_until(lambda: s.status().get("pid", pid) != pid and s.status()["phase"] == "ready", "another one", 0.1)
    pid = s.status()["pid"]
    check(s.status()["lastExit"]["code"] == 0, f"the first one was drained: {s.status()}")
    s.pass_until(lambda: "child.memory_high" in s.log(), "the second one is told of", 1)
    status = s.status()
    check(status["pid"] == pid and status["memory"]["recycles"] == 1, f"and goes on: {status}")
    check(s.log().count("keeper.restart_applied") == 1, "one restart in all")
    s.quit()


@case
def a_child_that_takes_too_much_is_ended(s):
    """What a child of it takes counts, too."""
    s.supervise("grow_apart 100000 2", "--url", "notify:", "--memory-hard", "256M", "--restart-budget", "1/300")
    status = s.wait_phase("quarantined")
    check(status["lastExit"]["kind"] in ("memory_limit", "oom_kill"), f"told: {status}")
    check(status["memory"]["ends"] == 2 or status["lastExit"]["kind"] == "oom_kill", f"counted: {status}")
    check(not s.left(), "nothing of it is left")
    s.quit()


# --- configuration ---


@case
def a_child_that_refuses_its_configuration(s):
    """supervisor 10: its process half"""
    s.supervise("exit 78 0", "--url", "notify:")
    status = s.wait_phase("fatal")
    check(status["lastExit"]["code"] == 78, f"{status}")
    check(status["fatal"] is True, "no automatic start leaves it")
    s.quit()


@case
def a_configuration_that_the_doctor_repairs(s):
    """supervisor 9: its process half"""
    fixed = s.path("fixed")
    child = ["/bin/sh", "-c", f"test -e {fixed} || exit 78; exec {s.adversary} notify 0"]
    s.supervise(child, "--url", "notify:", "--doctor", f"echo repairing; echo x >> {fixed}")
    s.wait_phase("ready")
    check(read(fixed) == b"x\n", "the doctor ran once")
    s.quit()


@case
def a_configuration_that_openclaw_repairs_itself(s):
    """supervisor 9: the exact arguments of a doctor that nobody has to name"""
    program, calls = s.path("openclaw"), s.path("calls")
    with open(program, "w", encoding="ascii") as file:
        file.write(f'#!/bin/sh\necho "$*" >> {calls}\ncase "$*" in *doctor*) exit 0;; esac\n'
                   f"grep -q doctor {calls} || exit 78\nexec {s.adversary} notify 0\n")  # fmt: skip
    os.chmod(program, 0o700)
    s.supervise([program, "--profile", "work", "gateway", "run"], "--url", "notify:")
    s.wait_phase("ready")
    start, doctor = "--profile work gateway run", "--profile work doctor --fix --yes --non-interactive"
    check(read(calls).decode().splitlines() == [start, doctor, start], f"{read(calls)}")
    s.quit()
    os.remove(calls)
    s.supervise([program, "gateway", "run"], "--url", "notify:", "--doctor", "")
    s.wait_phase("fatal")
    check(b"doctor" not in read(calls), "not against the user's will")
    s.quit()


@case
def a_doctor_that_leaves_children(s):
    s.supervise("exit 78 0", "--url", "notify:",
                "--doctor", f"{s.adversary} daemons 3 1 & sleep 0.2; exit 1")  # fmt: skip
    s.wait_phase("fatal", "backoff")
    wait_until(lambda: not s.left(), "what the doctor left is gone")
    s.quit()


# --- somebody else's gateway ---


def foreign_gateway(s, port):
    """One that nobody of ours has started, and its token file."""
    token = s.path("token")
    write_token(token, "a-token-of-this-test-0123456789")
    command = [s.holdfast, "run", "--state-dir", s.path("gateway"), "--port", str(port), "--token-file", token]
    said = s.path("gateway.log")
    with open(said, "ab") as log:
        gateway = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=s.environment())
    s.started.append(gateway)
    wait_until(lambda: b"holdfast ready" in read(said), "the gateway is ready")
    return gateway, token


def sockets_of(pid):
    """The open sockets of a process, by the kernel's numbers: no two connections have the same one."""
    found = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            found.add(os.readlink(f"/proc/{pid}/fd/{fd}"))
        except FileNotFoundError:
            continue
    return {name for name in found if name.startswith("socket:")}


def peers_of(pid):
    """Whom its TCP sockets are connected to: address as the kernel writes it, and port."""
    own, found = sockets_of(pid), set()
    for name in ("tcp", "tcp6"):
        for line in read(f"/proc/{pid}/net/{name}").decode().splitlines()[1:]:
            word = line.split()
            address, port = word[2].split(":")
            if f"socket:[{word[9]}]" in own and int(port, 16) != 0:
                found.add((address, int(port, 16)))
    return found


@case
def a_gateway_of_others(s):
    """supervisor 20, supervisor 38, supervisor 113 (no other address): used and not owned; a stop, an end and a death leave it alone."""
    port = free_port()
    gateway, token = foreign_gateway(s, port)
    for end in ("stop", "term", "kill"):
        s.supervise("notify 0", "--url", f"ws://127.0.0.1:{port}", "--token-file", token)
        status = s.wait_phase("ready")
        check(status["owned"] is False and not status.get("pid"), f"not ours, no pid: {status}")
        check(status["answers"]["responsive"]["answer"] == "yes", f"and used: {status}")
        check(s.left() == [], "nothing was started")
        check(peers_of(s.process.pid) == {("0100007F", port)}, f"one peer: {peers_of(s.process.pid)}")
        if end == "stop":
            stop(s)
        if end == "kill":
            s.process.kill()
            s.process.wait()
        else:
            s.quit()
        check(gateway.poll() is None, f"it lives after a {end}")


@case
def a_gateway_of_others_that_knows_no_shutdown(s):
    """supervisor 37: its live half: what does not list `shutdown` is not asked, and nobody waits for it."""
    port = free_port()
    gateway, token = foreign_gateway(s, port)
    s.supervise("notify 0", "--url", f"ws://127.0.0.1:{port}", "--token-file", token, "--shutdown-external")
    s.wait_phase("ready")
    for _ in range(2):
        stop(s)
        check("keeper.shutdown_refused" not in s.log(), "no call was made")
        check(s.ctl("start")["outcome"] == "EXECUTED", "and used again")
    s.quit()
    check(gateway.poll() is None, "it lives")


@case
def a_gateway_of_others_that_hangs(s):
    """supervisor 80: another connection is tried for; no signal ever, and its state is told"""
    port = free_port()
    gateway, token = foreign_gateway(s, port)
    s.supervise("notify 0", "--url", f"ws://127.0.0.1:{port}", "--token-file", token, env=s.held_clock())
    s.wait_phase("ready")
    s.stand_at(0)
    gateway.send_signal(signal.SIGSTOP)
    s.stand_at(91)
    s.wait_phase("verifying")
    s.stand_at(97)
    s.wait_phase("backoff")
    for at in range(100, 200, 20):  # tries of 15 s, between them waits
        s.stand_at(at)
        seen = s.ctl("diagnostics")
        check("external_gateway_unavailable" in seen["health"]["reasons"], f"told all the time: {seen['health']}")
        check(seen["recovery"]["state"] == "external-unavailable", f"{seen['recovery']}")
    phases = [t["to"] for t in s.ctl("history")]
    check("attempt" in phases and "spawn" not in phases, f"a connection is tried for, nothing else: {phases}")
    kernel = dict(line.split(":\t", 1) for line in read(f"/proc/{gateway.pid}/status").decode().splitlines())
    check(kernel["State"].startswith("T"), "it was not even continued")
    check(int(kernel["SigPnd"], 16) == int(kernel["ShdPnd"], 16) == 0, f"no signal waits for it: {kernel}")
    gateway.send_signal(signal.SIGCONT)
    s.pass_until(lambda: s.status()["phase"] == "ready", "it is used again", 5)
    check(s.ctl("diagnostics")["health"]["state"] == "healthy", "and well")
    s.quit()
    check(gateway.poll() is None, "it lives")


@case
def a_gateway_of_others_that_refuses_us(s):
    """supervisor 21"""
    port = free_port()
    gateway, _ = foreign_gateway(s, port)
    other = s.path("other-token")
    write_token(other, "another-token-of-this-test-01234")
    s.supervise("notify 0", "--url", f"ws://127.0.0.1:{port}", "--token-file", other)
    status = s.wait_phase("failed")
    for part in ("port_conflict", f"pid {gateway.pid}", "refuses our credential"):
        check(part in status["error"], f"{part}: {status['error']}")
    check(s.left() == [] and gateway.poll() is None, "nothing was started, nothing ended")
    s.quit()


# --- the port ---


@case
def a_stranger_on_the_port(s):
    """supervisor 18"""
    port = free_port()
    stranger = subprocess.Popen([s.adversary, "http", str(port)], stdin=subprocess.DEVNULL, env=s.environment())
    s.started.append(stranger)
    wait_until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, "the stranger listens")
    s.supervise(f"http {port}", "--url", f"http://127.0.0.1:{port}/")
    status = wait_until(lambda: (lambda t: t if t.get("error") else None)(s.status()), "a conflict")
    check(f"pid {stranger.pid}" in status["error"], f"it names the pid: {status['error']}")
    check("adversary" in status["error"], f"and the program: {status['error']}")
    result = s.ctl("start", "--force-reclaim")
    check(result["outcome"] == "FAILED", f"what is no gateway is not ended by an operator's word either: {result}")
    check(s.ctl_raw("start").returncode == 1, "in words, too")
    check(stranger.poll() is None, "it was never signalled")
    stranger.kill()
    stranger.wait()
    # One that was under way already may have seen it still: the next one succeeds.
    good = ("EXECUTED", "JOINED", "SATISFIED")
    wait_until(lambda: s.ctl("start")["outcome"] in good, "it leaves, and a start succeeds")
    s.wait_phase("ready")
    s.quit()


@case
def a_port_that_is_taken_back(s):
    """supervisor 21, and what --force-reclaim makes of it"""
    port = free_port()
    for name in ("ours", "theirs"):
        write_token(s.path(name), f"the-token-of-{name}-0123456789")
    other = subprocess.Popen([s.holdfast, "run", "--state-dir", s.path("other"), "--port", str(port),
                              "--token-file", s.path("theirs")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                             env=dict(s.environment(), HF_MARK=s.mark))  # fmt: skip
    s.started.append(other)
    wait_until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, "the other gateway listens")
    s.supervise([s.holdfast, "run", "--state-dir", s.path("gateway"), "--port", str(port), "--token-file", s.path("ours")],
                "--url", f"ws://127.0.0.1:{port}", "--token-file", s.path("ours"))  # fmt: skip
    status = wait_until(lambda: (lambda t: t if "port_conflict" in t.get("error", "") else None)(s.status()), "a conflict")
    check(str(other.pid) in status["error"] and other.poll() is None, f"it is named and left alone: {status}")
    check(s.ctl_raw("stop", "--force-reclaim").returncode == 2, "the flag means nothing elsewhere")
    result = s.ctl("start", "--force-reclaim")
    check(result["outcome"] in ("EXECUTED", "JOINED"), f"{result}")
    wait_until(lambda: other.poll() is not None, "the other gateway is gone")
    check(s.wait_phase("ready")["owned"], "ours runs in its place")
    s.quit()


@case
def a_port_that_is_taken_while_the_child_boots(s):
    """Whoever answers there is not ours for that, though it would let us in."""
    port, token, go = free_port(), s.path("token"), s.path("go")
    write_token(token, "a-token-of-this-test-0123456789")

    def gateway(name):
        return [s.holdfast, "run", "--state-dir", s.path(name), "--port", str(port), "--token-file", token]

    wait = f"until test -e {go}; do sleep 0.05; done; exec {' '.join(gateway('ours'))}"
    s.supervise(["/bin/sh", "-c", wait], "--url", f"ws://127.0.0.1:{port}", "--token-file", token)
    ours = s.wait_phase("wait_ready")["pid"]
    with open(s.path("thief.log"), "ab") as log:
        thief = subprocess.Popen(gateway("thief"), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                 env=s.environment())  # fmt: skip
    s.started.append(thief)
    wait_until(lambda: f"pid {thief.pid}" in s.status().get("error", ""), "the thief is named")
    status = s.status()
    check(status["phase"] == "wait_ready" and status["pid"] == ours, f"ours is waited for: {status}")
    check(all(t["to"] != "connect" for t in s.ctl("history")), "the thief gets no credential")
    thief.terminate()
    thief.wait()
    with open(go, "wb"):
        pass
    status = s.wait_phase("ready", "warming")
    check(status["pid"] == ours and status["owned"], f"the one that waited is ours: {status}")
    s.quit()


@case
def a_child_that_leaves_a_daemon_on_its_port(s):
    """Its own daemon is no stranger: it is ended before the next attempt, which finds the port free."""
    port = free_port()
    s.supervise(f"leave_listener {port}", "--url", f"ws://127.0.0.1:{port}")
    s.wait_phase("backoff")
    history = s.ctl("history")
    attempts = [t for t in history if t["to"] == "spawn" and t["epoch"] == history[0]["epoch"]]
    check(len(attempts) == 3, f"three attempts, each with a free port: {history}")
    check("port_conflict" not in s.log(), "nobody is blamed")
    s.ctl("stop")
    check(not s.left(), "nothing is left")
    s.quit()


@case
def a_child_that_listens_elsewhere(s):
    port = free_port()
    s.supervise(f"http {port}", env=s.held_clock())
    s.pass_until(lambda: f"{port}" in s.status().get("error", ""), "the other port is named", 0.2)
    status = s.status()
    check(str(status["port"]) in status["error"], f"and ours: {status['error']}")
    s.quit()


@case
def a_gateway_that_says_ready_and_listens_elsewhere(s):
    """Named from the first login on: nothing that comes later hides it."""
    port = free_port()
    s.supervise([s.holdfast, "run", "--state-dir", s.path("gateway"), "--port", str(port)])
    error = wait_until(lambda: s.status().get("error"), "an error")
    check(f"listens on port {port}, not on port {s.status()['port']}" in error, f"both ports: {error}")
    s.quit()


@case
def a_second_supervisor(s):
    """supervisor 25"""
    first = s.supervise("notify 0", "--url", "notify:")
    s.wait_phase("ready")
    second = s.supervise("notify 0", "--url", "notify:")
    check(s.wait_exit(second) == 78, "the second one is refused")
    wait_until(lambda: f"pid {first.pid}" in s.log(), "it says who holds the place")
    check(len(s.left()) == 2, "the first one goes on, guardian and child")
    s.process = first
    s.quit()


# --- output ---


@case
def a_child_that_writes_much_to_stdout(s):
    """supervisor 86"""
    keep_and_stop(s, "chatty 1 10000000")


@case
def a_child_that_writes_100_mb_to_stderr(s):
    s.supervise("chatty 2 100000000", "--url", "notify:")
    s.wait_phase("ready")
    resident = int(read(f"/proc/{s.process.pid}/statm").split()[1]) * 4096
    is_checked = b"__asan_init" in read(s.holdfast)  # its shadow is memory, too
    check(resident < (512 if is_checked else 32) << 20, f"the supervisor stays small: {resident >> 20} MB")
    s.quit()


@case
def a_child_that_closes_its_pipes(s):
    """supervisor 91"""
    s.supervise("close_pipes", "--url", "notify:")
    pid = s.wait_phase("ready")["pid"]
    check(s.status()["pid"] == pid, "it is still kept")
    stop(s)
    s.quit()


@case
def a_log_that_cannot_be_written(s):
    """supervisor 95: the log's half"""
    os.makedirs(os.path.join(s.state, "child.log"), mode=0o700)
    s.supervise("chatty 2 1000", "--url", "notify:")
    s.wait_phase("ready")
    wait_until(lambda: "child_log.failed" in s.log(), "it is told")
    stop(s)
    s.quit()


@case
def logs_that_take_nothing(s):
    """A disk that hangs and a terminal that is stopped: whoever opens or writes them waits for ever."""
    os.makedirs(s.state, mode=0o700)
    for name in ("child.log", "supervisor.log"):
        os.mkfifo(os.path.join(s.state, name), 0o600)
    reader, writer = os.pipe()
    try:
        os.set_blocking(writer, False)
        while True:  # full from the beginning
            try:
                os.write(writer, b"x" * 4096)
            except BlockingIOError:
                break
        os.set_blocking(writer, True)
        s.supervise("chatty 2 3000000", "--url", "notify:", "--log-level", "debug", err=writer)
        pid = s.wait_phase("ready")["pid"]
        check(s.ctl("restart")["outcome"] == "EXECUTED", "it is restarted")
        check(s.wait_phase("ready")["pid"] != pid, "by another one")
        stop(s)
        s.quit()
    finally:
        os.close(reader)
        os.close(writer)


@case
def a_log_that_takes_everything_again(s):
    """What could not be kept is counted."""
    os.makedirs(s.state, mode=0o700)
    path = os.path.join(s.state, "child.log")
    os.mkfifo(path, 0o600)
    s.supervise("lines 200 15000", "--url", "notify:")
    s.wait_phase("ready")
    with open(path, "rb") as reader:
        os.unlink(path)
        wait_until(lambda: "child_log.dropped" in s.log(), "the loss is told")
        first = reader.readline()
    check(b"line 0 " in first, f"from the first line on: {first}")
    s.quit()


@case
def a_journal_that_cannot_be_written(s):
    """supervisor 95: the journal's half: it is kept all the same, and told as not well."""
    os.makedirs(os.path.join(s.state, "journal", "in-the-way"), mode=0o700)
    s.supervise("notify 0", "--url", "notify:")
    pid = s.wait_phase("ready")["pid"]
    health = wait_until(lambda: (lambda d: d if "journal_unwritable" in json.dumps(d) else None)(s.ctl("diagnostics")),
                        "the reason is told")  # fmt: skip
    wait_until(lambda: "journal.failed" in s.log(), f"and why: {health}")
    check(s.status()["pid"] == pid, "it goes on")
    stop(s)
    s.quit()


@case
def no_descriptor_is_left(s):
    """supervisor 97: the one that runs goes on; another one cannot be made until there are some."""
    s.supervise("notify 0", "--url", "notify:")
    pid = s.wait_phase("ready")["pid"]
    limit = resource.prlimit(s.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(s.process.pid, resource.RLIMIT_NOFILE, (8, limit[1]))
    check(s.ctl_raw("status", "--timeout", "200").returncode != 0, "not even a question is taken")
    check(pid in s.left() and s.process.poll() is None, "both live")
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: "keeper.start_failed" in s.log(), "the start fails")
    check(s.left() == [], "cleanly: nothing of it is there")
    resource.prlimit(s.process.pid, resource.RLIMIT_NOFILE, limit)
    check(s.wait_phase("ready")["pid"] != pid, "and goes on by itself")
    stop(s)
    s.quit()


@case
def secrets_stay_secret(s):
    """supervisor 90"""
    canary = "canary-" + "0123456789abcdef"
    child = ["/bin/sh", "-c", f"echo token={canary} >&2; exec {s.adversary} notify 0",
             "x", "--token", canary, f"--password={canary}"]  # fmt: skip
    s.supervise(child, "--url", "notify:", env=s.environment(OPENCLAW_GATEWAY_TOKEN=canary))
    s.wait_phase("ready")
    seen = [s.log(), json.dumps(s.status()), json.dumps(s.ctl("diagnostics")), json.dumps(s.ctl("history"))]
    seen += [read(os.path.join(s.state, name)).decode("utf-8", "replace") for name in os.listdir(s.state)
             if name != "control.sock"]  # fmt: skip
    for text in seen:
        # What a person typed into a shell script is hidden as an argument of it.
        check(canary not in text.replace(f"echo token={canary}", ""), f"a secret shows: {text[-400:]}")
    s.quit()


@case
def a_secret_that_is_rotated_stays_secret(s):
    """supervisor 90, supervisor 109: the child reads the file itself, and says what is in it"""
    token, canaries = s.path("token"), [f"canary{i}-0123456789abcdef" for i in range(10)]

    def write(canary):
        with open(token + ".new", "w", encoding="ascii") as file:
            file.write(canary + "\n")
        os.rename(token + ".new", token)

    def lines():
        return read(s.path("talks")).count(b"x")

    write(canaries[0])
    talk = f"while :; do echo the word is $(cat {token}); echo x >> {s.path('talks')}; sleep 0.05; done"
    s.supervise(["/bin/sh", "-c", talk], "--url", "none:", "--token-file", token)
    s.wait_phase("ready")
    for canary in canaries:
        write(canary)
        before = lines()
        wait_until(lambda: lines() > before + 3, "it talks on")
    for text in s.kept():
        check("canary" not in text, f"a secret shows: {text[-400:]}")
    s.quit()
    kept = s.log() + read(os.path.join(s.state, "child.log")).decode()
    check("the word is [redacted]" in kept and "canary" not in kept, f"a secret shows: {kept[-400:]}")


@case
def a_token_that_we_made_stays_secret(s):
    """supervisor 90: no process shows it in its arguments, nothing says it, the child has it."""
    s.supervise("http 0")
    status = s.wait_phase("wait_ready")
    words = read(f"/proc/{status['pid']}/environ").split(b"\0")
    token = next(word.split(b"=", 1)[1] for word in words if word.startswith(b"OPENCLAW_GATEWAY_TOKEN="))
    check(len(token) >= 16, "a token was made")
    for pid in filter(str.isdigit, os.listdir("/proc")):
        check(token not in read(f"/proc/{pid}/cmdline"), f"process {pid} shows it")
    for text in s.kept():
        check(token.decode() not in text, f"it shows: {text[-400:]}")
    stop(s)
    s.quit()


@case
def a_refused_configuration_stays_secret(s):
    """supervisor 90: the text of a configuration error, in the error, the log and what is kept."""
    canary = "canary-" + "fedcba9876543210"
    said = f'Invalid config: gateway.auth.token: "{canary}" is no token; password={canary}'
    script = s.path("child")
    with open(script, "w", encoding="utf-8") as file:
        file.write(f"echo '{said}' >&2\nexit 78\n")
    s.supervise(["/bin/sh", script], "--url", "notify:")
    s.wait_phase("fatal")
    wait_until(lambda: "Invalid config" in s.log(), "it is told")
    for text in s.kept():
        check(canary not in text, f"a secret shows: {text[-400:]}")
    s.quit()


# --- requests and observers ---


@case
def a_machine_that_slept(s):
    """supervisor 82: its process half: told once, and nothing else follows"""
    slept = s.path("slept")
    env = s.environment(HF_SLEPT=slept, **s.preload())
    s.supervise("notify 0", "--url", "notify:", env=env)
    status = s.wait_phase("ready")
    with open(slept, "wb"):
        pass
    wait_until(lambda: s.status() and "machine.woke" in s.log(), "it is told")
    after = s.status()
    check(after["phase"] == "ready" and after["pid"] == status["pid"], f"it goes on: {after}")
    check(s.log().count("machine.woke") == 1, "once")
    s.quit()


@case
def restarts_have_one_result_each(s):
    """supervisor 44, supervisor 45: their process half"""
    s.supervise("notify 50", "--url", "notify:")
    before = s.wait_phase("ready")["pid"]
    results = []
    askers = [threading.Thread(target=lambda: results.append(s.ctl("restart"))) for _ in range(4)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    check(len(results) == 4 and all(r["final"] for r in results), f"{results}")
    outcomes = {r["outcome"] for r in results}
    check("EXECUTED" in outcomes and outcomes <= {"EXECUTED", "JOINED", "SATISFIED"}, f"{outcomes}")
    check(s.wait_phase("ready")["pid"] != before, "another process")
    s.quit()


@case
def no_more_requests_than_the_bound(s):
    """CONTROL_REQUESTS wait for their results, and one more is refused; a stop is not, and answers all."""
    limit = s.limit("CONTROL_REQUESTS")
    s.supervise("notify 0", "--url", "notify:")
    s.wait_phase("ready")
    with s.control() as lines:

        def ask(number):
            lines.write(f'{{"v":1,"id":{number},"verb":"restart","debounced":true,"delayMs":60000}}\n')
            lines.flush()
            return json.loads(lines.readline())

        answers = [ask(number) for number in range(limit + 1)]
        check(all(a["outcome"] == "DELAYED" and not a["final"] for a in answers[:limit]), f"{answers[:2]}")
        check(answers[limit]["code"] == "TOO_MANY" and answers[limit]["id"] == limit, f"{answers[limit]}")
        check(s.ctl("stop")["outcome"] == "EXECUTED", "a stop finds a place of its own")
        finals = [json.loads(lines.readline()) for _ in range(limit)]
        check({a["outcome"] for a in finals} == {"CANCELLED_BY_STOP"}, f"{finals[:2]}")
        check(len({a["id"] for a in finals}) == limit, "each has one")
    s.quit()


@case
def no_more_stops_than_the_bound(s):
    """CONTROL_STOPS more than the other requests; one more is refused, and each has its result."""
    limit = s.limit("CONTROL_REQUESTS") + s.limit("CONTROL_STOPS")
    s.supervise("ignore_term", "--url", "notify:", "--stop-grace", "2000")
    s.wait_phase("ready")
    with s.control() as lines:
        lines.write("".join(f'{{"v":1,"id":{number},"verb":"stop"}}\n' for number in range(limit + 1)))
        lines.flush()
        refusal, *finals = [json.loads(lines.readline()) for _ in range(limit + 1)]
        check(refusal["code"] == "TOO_MANY" and refusal["id"] == limit, f"{refusal}")
        outcomes = [a["outcome"] for a in finals]
        check(outcomes.count("EXECUTED") == 1 and outcomes.count("JOINED") == limit - 1, f"{outcomes}")
    s.quit()


@case
def observers_hear_of_every_change(s):
    s.supervise("notify 0", "--url", "notify:")
    s.wait_phase("ready")
    with s.observe() as lines:
        s.ctl("stop")
        names, phases = [], []
        while "idle" not in phases:
            event = json.loads(lines.readline())
            names.append(event["event"])
            phases.append(event.get("payload", {}).get("phase"))
        check("exit" in names and phases.index("stopping") < phases.index("idle"), f"{names} {phases}")
    mode = os.stat(os.path.join(s.state, "control.sock")).st_mode & 0o777
    check(mode == 0o600, f"the socket is ours alone: {mode:o}")
    s.quit()


def odd_gateway(port, *words):
    program = os.path.join(os.path.dirname(os.path.realpath(__file__)), "odd_gateway.py")
    return [sys.executable, program, str(port), *words]


@case
def a_gateway_that_speaks_like_an_old_one(s):
    """supervisor 101: each shape of its messages, over a real control connection."""
    port = free_port()
    s.supervise(odd_gateway(port), "--url", f"ws://127.0.0.1:{port}", "--log-level", "debug")
    s.wait_phase("warming", "ready")
    with s.control() as lines:
        lines.write('{"v":1,"id":7,"verb":"events"}\n')
        lines.flush()
        messages = []
        while len(messages) < 4:
            event = json.loads(lines.readline())
            messages += [event["payload"]] if event.get("event") == "message" else []
    ids = [m.get("id") for m in messages]
    check(ids == [7, "nobody's", "9", None], f"a number, an unknown id, a request, an empty object: {messages}")
    # The legacy result settled the probe: that is what it became ready by.
    check(s.wait_phase("ready")["why"] == "probe", "ready by the probe")
    wait_until(lambda: "log.repeated what=gateway.message_dropped count=2" in s.log(), "three lines for the others")
    health = s.ctl("diagnostics")["health"]
    check(health["state"] == "healthy", f"an error of the gateway's own is no failure: {health}")
    s.quit()


def until_too_slow(lines):
    """Reads what was kept for a slow reader, to the word that it is dropped with."""
    for line in lines:
        if json.loads(line).get("code") == "TOO_SLOW":
            return
    raise Failed("the reader that never read is not told why it is dropped")


def quiet_gateway(s):
    """What starts a gateway that never answers a ping or a close, and its address."""
    port = free_port()
    program = os.path.join(os.path.dirname(os.path.realpath(__file__)), "quiet_gateway.py")
    # Its own clock goes on.
    return ["/usr/bin/env", "-u", "LD_PRELOAD", sys.executable, program, str(port), s.dir], f"ws://127.0.0.1:{port}"


@case
def a_gateway_that_never_answers_a_close(s):
    """supervisor 39: its live half: while no time passes at all the connection is reset, and the stop is done"""
    child, url = quiet_gateway(s)
    s.supervise(child, "--url", url, env=s.held_clock())
    s.wait_phase("warming", "ready")
    s.stand_at(2)
    s.wait_phase("ready")
    stop(s)
    check(s.status()["lastExit"]["code"] == 0, "it ended by itself, when its client was gone")
    s.quit()


def heard_now(s):
    """Waits until something of the gateway has come at this very instant."""
    wait_until(lambda: s.ctl("diagnostics")["seen"].get("aliveAgeMs") == 0, "a frame has come")


@case
def a_gateway_that_answers_no_ping(s):
    """supervisor 75: its live half: frames are life; three misses are told, and nothing else comes of them"""
    child, url = quiet_gateway(s)
    s.supervise(child, "--url", url, env=s.held_clock())
    s.wait_phase("warming", "ready")
    s.stand_at(2)
    pid, at = s.wait_phase("ready")["pid"], 2
    for _ in range(4):
        at += 30
        s.stand_at(at)
        wait_until(lambda: read(s.path("pings")), "the first one is there; no other follows while it waits")
        s.stand_at(at + 1)
        heard_now(s)
        s.stand_at(at + 13)
        seen = s.ctl("diagnostics")
        check(seen["seen"]["misses"] == 0 and seen["health"]["state"] == "healthy", f"frames are life: {seen}")
    s.stand_at(at + 20)
    heard_now(s)
    with open(s.path("silent"), "wb"):
        pass
    wait_until(lambda: os.path.exists(s.path("is-silent")), "not a word more")
    for misses in (1, 2, 3):
        at += 30
        s.stand_at(at)
        s.stand_at(at + 13)
        check(s.ctl("diagnostics")["seen"]["misses"] == misses, f"miss {misses}")
        check(("gateway.heartbeats_missed" in s.log()) == (misses == 3), "the third is told")
    health = s.ctl("diagnostics")["health"]
    check(health["state"] == "degraded" and "gateway_degraded" in health["reasons"], f"{health}")
    check(s.status()["phase"] == "ready" and s.status()["pid"] == pid, "it is left alone")
    os.unlink(s.path("silent"))
    heard_now(s)
    check("gateway_degraded" not in s.ctl("diagnostics")["health"]["reasons"], "life ends the misses")
    check(sum(t["to"] == "spawn" for t in s.ctl("history")) == 1, "nothing was started again")
    s.quit()


@case
def an_observer_that_fails_changes_nothing(s):
    """supervisor 102: one goes away, one never reads until its queue is full; the third hears all, and the
    results come."""
    s.supervise("lines 40 400", "--url", "notify:")
    s.wait_phase("ready")
    gone, mute, third = (s.observe() for _ in range(3))
    gone.close()
    answer_bytes = 20 * 400  # with as many lines of the child
    requests = 3 * s.limit("CONTROL_QUEUE_BYTES") // answer_bytes
    mute.write('{"v":1,"id":8,"verb":"status","limit":20}\n' * requests)
    mute.flush()
    check(s.ctl("restart")["outcome"] == "EXECUTED", "a restart is carried out")
    check(s.ctl("stop")["outcome"] == "EXECUTED", "and a stop")
    events = []
    while not events or events[-1].get("payload", {}).get("phase") != "idle":
        events.append(json.loads(third.readline()))
    check(sum(e["event"] == "exit" for e in events) == 2, f"each exit once: {events}")
    until_too_slow(mute)
    for lines in (mute, third):
        lines.close()
    s.quit()


@case
def the_service_manager_is_told_the_truth(s):
    manager = Manager()
    try:
        s.supervise("notify 200", "--url", "notify:",
                    env=s.environment() | {"NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "200000"})  # fmt: skip
        s.wait_phase("ready")
        wait_until(lambda: sum("WATCHDOG=1" in m for m in manager.messages) >= 2, "it is fed")
        s.process.send_signal(signal.SIGTERM)
        check(s.wait_exit() == 0, "it ends")
        wait_until(lambda: any("STOPPING=1" in m for m in manager.messages), "its last word is read")
        said = [line for m in manager.messages for line in m.split("\n")]
        first = {word: said.index(word) for word in ("READY=1", "STOPPING=1")}
        check(first["READY=1"] < first["STOPPING=1"], f"in order: {said}")
        check(said.count("READY=1") == 1 and said.count("STOPPING=1") == 1, f"once each: {said}")
        check(any(line.startswith("STATUS=") for line in said[: first["READY=1"] + 2]), f"with a word: {said}")
    finally:
        manager.close()


# --- the end of the supervisor ---


@case
def term_ends_both(s):
    """supervisor 100: the first half"""
    s.supervise("daemons 3 1", "--url", "notify:", "--stop-grace", "300")
    s.wait_phase("ready")
    s.quit()


def below_a_shell(s, *words):
    """Begins it as the child of a shell of its own: the shell, when it has a supervisor below it."""
    line = " ".join(words) + " & wait"
    return s.begin(["/bin/sh", "-c", line], None)


@case
def the_end_of_its_parent_ends_both(s):
    """supervisor 100: its parent dies: nothing is left; without the flag it outlives it."""
    child = s.command([s.adversary, "daemons", "3", "1"], "--url", "notify:", "--stop-grace", "300")
    shell = below_a_shell(s, *child)
    pid = s.wait_phase("ready")["pid"]
    shell.kill()
    shell.wait()
    check(s.ctl("restart")["outcome"] == "EXECUTED", "it lives without its parent")
    check(s.status()["pid"] != pid and s.left(), "and does its work")
    s.ctl("quit")
    wait_until(lambda: not s.left(), "nothing is left")
    shell = below_a_shell(s, *child[:2], "--exit-with-parent", *child[2:])
    s.wait_phase("ready")
    check("parent.ended" not in s.log(), "the parent lives")
    shell.kill()
    shell.wait()
    wait_until(lambda: not s.left(), "both are gone, and what the gateway has left")
    check(s.log().count("parent.ended") == 1, "with its reason")


@case
def kill_ends_both(s):
    """supervisor 100: the second half, at random moments; the next start is clean."""
    rounds = int(os.environ.get("HF_KILLS", "8"))
    seed = int(os.environ.get("HF_SEED", str(random.randrange(1 << 32))))
    dice = random.Random(seed)
    for at in range(rounds):
        mode = dice.choice(["notify 20", "daemons 5 1", "forker 5", "bomb 100", "ignore_term", "exit 1 5"])
        s.supervise(mode, "--url", "notify:")
        time.sleep(dice.random() * 0.4)  # the moment is what is tried
        s.process.kill()
        s.process.wait()
        try:
            wait_until(lambda: not s.left(), "nothing is left", 5)
        except Failed:
            raise Failed(f"seed {seed}, round {at}, {mode}: left behind {s.left()}") from None
    s.supervise("notify 0", "--url", "notify:")
    s.wait_phase("ready")
    s.quit()


@case
def what_survives_is_adopted(s):
    """supervisor 24: its process half"""
    s.supervise("ignore_term", "--url", "none:", "--survive", "--stop-grace", "200")
    pid = s.wait_phase("ready")["pid"]
    wait_until(lambda: os.path.exists(os.path.join(s.state, "journal")), "the journal names it")
    s.process.kill()
    s.process.wait()
    check(pid in s.left(), "it lives on")
    s.supervise("ignore_term", "--url", "none:", "--survive", "--stop-grace", "200")
    check(s.wait_phase("ready")["pid"] == pid, "and is kept again")
    check(len(s.left()) == 1, "not doubled")
    s.process.send_signal(signal.SIGTERM)
    check(s.wait_exit() == 0, "the supervisor ends")
    check(pid in s.left(), "without it")
    s.supervise("ignore_term", "--url", "none:", "--survive", "--stop-grace", "200")
    s.wait_phase("ready")
    stop(s)
    s.process.send_signal(signal.SIGTERM)
    check(s.wait_exit() == 0, "the supervisor ends")


@case
def our_own_process_that_is_stale(s):
    """supervisor 22: its live half: adopted, silent beyond the deadline, ended, and another one is made"""
    port = free_port()
    command = [f"http_then_hang {port} 1", "--url", f"http://127.0.0.1:{port}/", "--survive", "--stop-grace", "200"]
    s.supervise(*command)
    pid = s.wait_phase("ready")["pid"]
    wait_until(lambda: os.path.exists(os.path.join(s.state, "journal")), "the journal names it")
    s.process.kill()
    s.process.wait()
    s.stand_at(0)  # from its first moment on
    s.supervise(*command, env=s.held_clock())
    wait_until(lambda: s.status().get("phase") == "detect", "whoever listens is asked")
    s.pass_until(lambda: s.status()["phase"] == "wait_ready", "it does not answer", 1)
    check(s.status()["pid"] == pid, "it is ours all the same, and waited for")
    begun = s.at
    s.pass_until(lambda: "child.dumped" in s.log(), "it is looked at, and called hung", 1)
    check(s.at - begun >= 15, f"not before the deadline: {s.at - begun} s later")
    s.pass_until(lambda: s.status()["phase"] == "ready", "another one answers", 1)
    check(s.status()["pid"] != pid and pid not in s.left(), f"the first one is gone: {s.left()}")
    stop(s)
    s.process.send_signal(signal.SIGTERM)
    check(s.wait_exit() == 0, "the supervisor ends")


def recycle(s, pid):
    """The journal's process has ended, and `pid` is somebody else: another start time."""
    path = os.path.join(s.state, "journal")
    wait_until(lambda: os.path.exists(path), "the journal names it")
    s.process.kill()
    s.process.wait()
    record = json.loads(read(path))
    check(record["pid"] == pid, f"{record}")
    record["started"] -= 1
    with open(path, "w", encoding="utf-8") as file:
        json.dump(record, file)


@case
def a_recycled_pid_on_the_port(s):
    """supervisor 23"""
    port = free_port()
    flags = ["--url", f"http://127.0.0.1:{port}/", "--survive", "--stop-grace", "200"]
    s.supervise(f"http {port}", *flags)
    pid = s.wait_phase("ready")["pid"]
    recycle(s, pid)
    s.supervise(f"http {port}", *flags)
    status = s.wait_phase("failed")
    check("port_conflict" in status["error"] and f"pid {pid}" in status["error"], f"a stranger: {status}")
    check(pid in s.left(), "it is not signalled")
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: s.status()["phase"] == "ready", "the ladder goes on without it")
    stop(s)
    s.quit()


@case
def a_recycled_pid_elsewhere(s):
    """supervisor 23: it is in nobody's way."""
    flags = ["--url", "notify:", "--survive", "--stop-grace", "200"]
    s.supervise("notify 0", *flags)
    pid = s.wait_phase("ready")["pid"]
    recycle(s, pid)
    s.supervise("notify 0", *flags)
    check(s.wait_phase("ready")["pid"] != pid, "another process is made")
    check(s.ctl("stop")["outcome"] == "EXECUTED", "and ended")
    check(s.left() == [pid], f"the first one is not signalled: {s.left()}")
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not s.left(), "it is ended by us")
    s.quit()


def observer(s, port, token):
    """A client of the gateway that listens to its events, and what it says."""
    said = s.path("client.log")
    with open(said, "ab") as log:
        client = subprocess.Popen([s.holdfast, "watch", "--events", "none", "--url", f"ws://127.0.0.1:{port}",
                                   "--token-file", token], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                  env=s.environment())  # fmt: skip
    s.started.append(client)
    wait_until(lambda: b"connected to" in read(said), "it is connected")
    return client, said


@case
def what_survives_lets_the_next_one_in(s):
    """supervisor 24, supervisor 90: port and token were made for it; both are known to whoever adopts it."""
    child = [s.holdfast, "run", "--state-dir", s.path("gateway")]
    flags = ["--stop-grace", "5000"]
    kept = os.path.join(s.state, "survivor")
    s.supervise(child, *flags, "--survive")
    pid = s.wait_phase("ready", "warming")["pid"]
    wait_until(lambda: os.path.exists(os.path.join(s.state, "journal")), "the journal names it")
    token = json.loads(read(kept))["token"].encode()
    check(os.stat(kept).st_mode & 0o777 == 0o600, "for its owner only")
    # Without --survive it is adopted, too, and has no guardian either.
    for more in (["--survive"], [], ["--survive"]):
        s.process.kill()
        s.process.wait()
        s.supervise(child, *flags, *more)
        status = s.wait_phase("ready", "warming")
        check(status["pid"] == pid and status["owned"], f"it is kept again: {status}")
        check(status["answers"]["responsive"]["answer"] == "yes", f"and lets us in: {status}")
    check(json.loads(read(kept))["token"].encode() == token, "with the token that it was made with")
    check("AUTH_TOKEN_MISMATCH" not in s.log(), "no other one was tried")
    check(s.ctl("restart")["outcome"] == "EXECUTED", "a new process")
    check(s.wait_phase("ready", "warming")["pid"] != pid, "which lets us in with the token of today")
    others = [name for name in os.listdir(s.state) if os.path.isfile(os.path.join(s.state, name)) and name != "survivor"]
    for text in [s.log().encode()] + [read(os.path.join(s.state, name)) for name in others]:
        check(token not in text, "it stands nowhere else")
    stop(s)
    check(not os.path.exists(kept), "it goes with the gateway")
    s.process.send_signal(signal.SIGTERM)
    check(s.wait_exit() == 0, "the supervisor ends")


@case
def what_survives_behind_a_launcher_is_adopted(s):
    """supervisor 24: the process that listens was started by the one that the journal names."""
    port, token = free_port(), s.path("token")
    write_token(token, "a-token-of-this-test-0123456789")
    gateway = f"{s.holdfast} run --state-dir {s.path('gateway')} --port {port} --token-file {token}"
    child = ["/bin/sh", "-c", f"{gateway} & wait"]
    flags = ["--url", f"ws://127.0.0.1:{port}", "--token-file", token, "--survive", "--stop-grace", "2000"]
    s.supervise(child, *flags)
    pid = s.wait_phase("ready")["pid"]
    wait_until(lambda: os.path.exists(os.path.join(s.state, "journal")), "the journal names it")
    client, said = observer(s, port, token)
    sockets = sockets_of(client.pid)
    s.process.kill()
    s.process.wait()
    before = sorted(s.left())
    s.supervise(child, *flags)
    status = s.wait_phase("ready")
    check(status["pid"] == pid and status["owned"], f"it is kept again, and ours: {status}")
    check(sorted(s.left()) == before, "nothing else was started")
    check(client.poll() is None and sockets_of(client.pid) == sockets, "its client has the same connection")
    check(read(said).count(b"\n") == 1, f"and never lost it: {read(said)}")
    client.kill()
    client.wait()
    stop(s)
    s.process.send_signal(signal.SIGTERM)
    check(s.wait_exit() == 0, "the supervisor ends")


@case
def our_own_gateway(s):
    """supervisor 1: with a port and a token that it is told"""
    s.supervise([s.holdfast, "run", "--state-dir", s.path("gateway")])
    status = s.wait_phase("ready", "warming")
    check(status["owned"] and status["answers"]["responsive"]["answer"] == "yes", f"{status}")
    recovery = s.ctl("diagnostics")["recovery"]
    check(recovery["state"] == "healthy" and not recovery["externallyManaged"], f"{recovery}")
    check(0 < recovery["deadlineInMs"] <= 90000 and "probeResult" not in recovery, f"{recovery}")
    result = s.ctl("restart")
    check(result["outcome"] == "EXECUTED" and result["pidAfter"] != result["pidBefore"], f"{result}")
    s.quit()


def gateway_file(s):
    """A configuration of our own kind of gateway, and what writes its tick into it."""
    path = s.path("gateway.json5")

    def write(tick_ms):
        with open(path, "w", encoding="ascii") as file:
            file.write(f"{{holdfast: {{tickIntervalMs: {tick_ms}}}}}")

    write(15000)
    return path, write


def reload_in_place(s, write, pid, wait_key):
    """The file changes and `ctl reload` has it read: the same process, told as applied."""
    write(20000)
    result = s.ctl("reload")
    check(result["outcome"] == "EXECUTED" and result["reason"] == "applied_in_place", f"{result}")
    check(s.status()["pid"] == pid, "the same process goes on")
    wait_until(lambda: wait_key in s.log(), f"{wait_key} is told")


@case
def our_own_gateway_reloads_in_place(s):
    """SIGHUP is its word for that; what an OpenClaw takes would end it."""
    path, write = gateway_file(s)
    s.supervise([s.holdfast, "run", "--state-dir", s.path("gateway"), "--config", path])
    pid = s.wait_phase("ready", "warming")["pid"]
    reload_in_place(s, write, pid, "config.reloaded")
    s.process.send_signal(signal.SIGHUP)
    wait_until(lambda: s.log().count("config.reloaded") == 2, "SIGHUP does the same")
    check(s.status()["pid"] == pid, "and leaves it in its place")
    s.quit()


@case
def a_gateway_that_takes_no_signal(s):
    """Its version knows SIGUSR2; without a handler, as in a shell that launched the gateway, that would end it."""
    port = free_port()
    s.supervise(odd_gateway(port, "2026.9.6"), "--url", f"ws://127.0.0.1:{port}", "--stop-grace", "5000")
    pid = s.wait_phase("warming", "ready")["pid"]
    result = s.ctl("reload")
    check(result["outcome"] == "EXECUTED" and s.status()["pid"] != pid, f"restarted instead: {result}")
    wait_until(lambda: "cause=signal_error" in s.log(), "it is not sent")
    check(s.status()["lastExit"]["signal"] == signal.SIGTERM, f"and it ends in order: {s.status()}")
    s.quit()


@case
def its_own_device_identity(s):
    """supervisor 108"""
    child = [s.holdfast, "run", "--state-dir", s.path("gateway")]
    key = os.path.join(s.state, "identity.pem")
    s.supervise(child)
    s.wait_phase("ready", "warming")
    made = read(key)
    check(made.startswith(b"-----BEGIN PRIVATE KEY-----"), "a key was made")
    check(os.stat(key).st_mode & 0o777 == 0o600, "for its owner only")
    check(s.ctl("restart")["outcome"] == "EXECUTED", "the gateway is restarted")
    s.quit()
    s.supervise(child)
    s.wait_phase("ready", "warming")
    check(read(key) == made, "the key is kept over restarts of both")
    s.quit()
    with open(key, "wb") as file:
        file.write(b"broken\n")
    s.supervise(child)
    s.wait_phase("ready", "warming")
    check(s.log().count("identity.unusable") == 1, "one warning")
    wait_until(lambda: key in s.log(), "which names the file")
    check(read(key) == b"broken\n", "the file is left as it is")
    s.quit()


@case
def a_token_file_that_is_replaced(s):
    """supervisor 109"""
    port, path = free_port(), s.path("token")
    write_token(path, "first-token-0123456789")
    s.supervise([s.holdfast, "run", "--state-dir", s.path("gateway"), "--port", str(port), "--token-file", path],
                "--url", f"ws://127.0.0.1:{port}", "--token-file", path)  # fmt: skip
    s.wait_phase("ready", "warming")
    write_token(path, "second-token-0123456789")
    check(s.ctl("restart")["outcome"] == "EXECUTED", "the gateway reads its new token")
    s.wait_phase("ready", "warming")
    check("AUTH_TOKEN_MISMATCH" not in s.log() and "token_mismatch" not in s.log(), "the old one is not sent again")
    s.quit()


@case
def a_token_that_is_handed_and_replaced(s):
    """supervisor 109: a new one reaches the gateway with its next start, which a reload is then."""
    path = s.path("token")
    write_token(path, "first-token-0123456789")
    s.supervise([s.holdfast, "run", "--state-dir", s.path("gateway")], "--token-file", path)
    pids = [s.wait_phase("ready", "warming")["pid"]]
    for verb, token in (("reload", "second-token-0123456789"), ("restart", "third-token-0123456789"), ("reload", None)):
        if token:
            write_token(path, token)
        check(s.ctl(verb)["outcome"] == "EXECUTED", verb)
        status = s.wait_phase("ready", "warming")
        check((status["pid"] != pids[-1]) == (token is not None), f"{verb}: {pids}, {status['pid']}")
        pids.append(status["pid"])
        if token:
            Guest(status["port"], token).socket.close()
    check("AUTH_TOKEN_MISMATCH" not in s.log(), "each is let in with what it was handed")
    s.quit()


@case
def a_call_that_was_begun_together_with_its_gateway(s):
    """startup-retry 35"""
    port, token = free_port(), "a-token-of-this-test-0123456789"
    env = s.environment(HOLDFAST_STATE_DIR=s.state, OPENCLAW_GATEWAY_PORT=str(port), OPENCLAW_GATEWAY_TOKEN=token)
    s.supervise([s.holdfast, "run", "--startup-delay", "8000"], "--url", f"ws://127.0.0.1:{port}", env=env)
    wait_until(lambda: os.path.exists(os.path.join(s.state, "supervisor.lock")), "the place is taken")
    done = subprocess.run([s.holdfast, "call", "health", "--timeout", "35000"], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, env=env, timeout=60, check=False)  # fmt: skip
    check(done.returncode == 0, f"exit {done.returncode}: {done.stderr}")
    check(json.loads(done.stdout)["ok"], "the answer is the gateway's")
    check(done.stderr == "", f"not a word beside it: {done.stderr}")
    s.quit()

"""What systemd must see of a supervisor, and of a gateway, in the units that we install."""

import os
import signal

from scene import check, free_port, read, wait_until

CASES = []
QUICK_WATCHDOG = "WatchdogSec=2"


def case(function):
    CASES.append(function)
    return function


def wait_ready(m, unit, **more):
    return m.wait(unit, "ready", ActiveState="active", StatusText="gateway running (ready)*", **more)


@case
def a_unit_is_active_when_its_child_is_ready(m):
    go = os.path.join(m.state_dir(""), "go")
    unit = m.supervise(f"/bin/sh -c 'until test -e {go}; do sleep 0.05; done; exec {m.adversary} notify 0'")
    m.wait(unit, "told while it starts", ActiveState="activating", StatusText="gateway starting (wait_ready)*")
    with open(go, "wb"):
        pass
    shown = wait_ready(m, unit, NRestarts="0")
    check(m.holdfast_ctl("status")["phase"] == "ready", "the control socket says the same")
    check(read(f"/proc/{shown['MainPID']}/comm") == b"holdfast\n", "the supervisor is the main process")
    check(m.ctl("stop", unit).returncode == 0, "it stops")
    m.wait(unit, "stopped", ActiveState="inactive", Result="success")
    check(not m.left(), "nothing of it is left")


@case
def the_child_lives_in_a_group_below_the_unit(m):
    unit = m.supervise("daemons 3 1", "--stop-grace", "300")
    shown = wait_ready(m, unit)
    check(m.holdfast_ctl("diagnostics")["containment"] == "cgroup", "the group is used")
    child = m.holdfast_ctl("status")["pid"]
    group = read(f"/proc/{child}/cgroup").decode().strip().split("::")[1]
    check(group.startswith(f"{shown['ControlGroup']}/holdfast-"), f"below {shown['ControlGroup']}: {group}")
    m.ctl("stop", unit)
    m.wait(unit, "stopped", ActiveState="inactive", Result="success")
    check(not m.left(), "and its daemons with it")


@case
def a_stop_is_told_while_it_lasts(m):
    unit = m.supervise("ignore_term", "--stop-grace", "60000")
    wait_ready(m, unit)
    child = m.holdfast_ctl("status")["pid"]
    m.ctl("stop", "--no-block", unit)
    m.wait(unit, "it is told", ActiveState="deactivating", SubState="stop-sigterm",
           StatusText="gateway stopped (stopping)*")  # fmt: skip
    os.kill(child, signal.SIGKILL)
    m.wait(unit, "stopped", ActiveState="inactive", Result="success")


@case
def a_supervisor_that_hangs_is_replaced(m):
    """The watchdog: fed while the supervisor lives, and the tree goes with a supervisor that does not."""
    unit = m.supervise("daemons 2 1", more=[QUICK_WATCHDOG])
    before = wait_ready(m, unit)
    child = m.holdfast_ctl("status")["pid"]
    os.kill(int(before["MainPID"]), signal.SIGSTOP)
    after = wait_ready(m, unit, NRestarts="1")
    check(m.life(unit) == ["active", "watchdog", "active"], f"ended by the watchdog: {m.life(unit)}")
    check(after["MainPID"] != before["MainPID"], "another supervisor")
    check(m.holdfast_ctl("status")["pid"] != child, "with another child")
    wait_until(lambda: len(m.left()) == 5, f"and one tree: {m.left()}")


@case
def a_supervisor_that_lives_is_left_alone(m):
    """--watchdog edge: what the child does is not systemd's matter."""
    unit = m.supervise("stop_self", more=[QUICK_WATCHDOG])
    shown = wait_ready(m, unit)

    def is_fed_for(microseconds):
        fed = int(m.show(unit)["WatchdogTimestampMonotonic"]) - int(shown["WatchdogTimestampMonotonic"])
        return fed >= microseconds

    wait_until(lambda: is_fed_for(4000000), "fed for twice the limit")
    after = m.show(unit)
    check(after["MainPID"] == shown["MainPID"] and after["NRestarts"] == "0", f"it is the same: {after}")


@case
def with_both_a_gateway_in_error_is_an_error_of_the_unit(m):
    unit = m.supervise("flap 50 1", "--watchdog", "both", "--restart-budget", "1/300", more=[QUICK_WATCHDOG])
    m.wait_life(unit, "active", "watchdog", "active")  # in quarantine it is not fed, and begun anew


@case
def a_supervisor_that_is_killed_is_replaced(m):
    unit = m.supervise("daemons 3 1")
    before = wait_ready(m, unit)
    os.kill(int(before["MainPID"]), signal.SIGKILL)
    wait_ready(m, unit, NRestarts="1")
    wait_until(lambda: len(m.left()) == 6, f"one tree: {m.left()}")


@case
def a_reload_keeps_the_unit(m):
    unit = m.supervise("notify 200")
    before = wait_ready(m, unit)
    child = m.holdfast_ctl("status")["pid"]
    check(m.ctl("reload", unit).returncode == 0, "it reloads")
    wait_until(lambda: m.holdfast_ctl("status").get("pid", child) != child, "this child needs a restart for it")
    after = wait_ready(m, unit, NRestarts="0")
    check(after["MainPID"] == before["MainPID"], "the same supervisor")


@case
def a_second_supervisor_is_not_tried_again(m):
    first = m.supervise("notify 0")
    wait_ready(m, first)
    command = f"{m.holdfast} supervise --state-dir {m.state_dir()} --url notify: -- {m.adversary} notify 0"
    m.install("holdfast-supervise.service", "holdfast-second.service", command)
    m.ctl("start", "--no-block", "holdfast-second.service")
    m.wait("holdfast-second.service", "refused for good", ActiveState="failed", ExecMainStatus="78", NRestarts="0")
    check(m.show(first)["ActiveState"] == "active", "the first one goes on")


@case
def a_gateway_of_its_own(m):
    """holdfast.service: ready, reloaded, hung, stopped."""
    name = "holdfast-gateway.service"
    command = f"{m.holdfast} run --port {free_port()} --state-dir {m.state_dir('gateway')}"
    m.install("holdfast.service", name, command, QUICK_WATCHDOG)
    m.ctl("start", "--no-block", name)
    before = m.wait(name, "ready", ActiveState="active")
    check(m.ctl("reload", name).returncode == 0, "it reloads")
    check(m.wait(name, "reloaded", ActiveState="active")["MainPID"] == before["MainPID"], "in place")
    os.kill(int(before["MainPID"]), signal.SIGSTOP)
    after = m.wait(name, "begun anew", ActiveState="active", NRestarts="1")
    check(m.life(name) == ["active", "watchdog", "active"], f"ended by the watchdog: {m.life(name)}")
    check(after["MainPID"] != before["MainPID"], "another process")
    m.ctl("stop", name)
    m.wait(name, "stopped", ActiveState="inactive", Result="success")

#!/usr/bin/env python3
"""What bad peers may do to a gateway: nothing that a good one notices.

    hostile.py BINARY [--only 'H.1*']... [--times]
    hostile.py --url ws://127.0.0.1:18789/ --token T --pid PID

Each behaviour runs against a server that has one well-behaved client of the
same address; see scene.py for what must hold during and after it.  Standard
library only.
"""

import argparse
import queue
import resource
import signal
import sys
import threading
import time

sys.dont_write_bytecode = True

import hostile_frames
import hostile_net
import report
import scene
import server
from run import target_of
from script import Case

SERVERS = 2  # one per core of a small machine; each runs one behaviour at a time


def all_cases() -> list:
    behaviours = hostile_net.BEHAVIOURS + hostile_frames.BEHAVIOURS
    return [Case(f"H.{at}", text, behave) for at, (text, behave) in enumerate(behaviours, start=1)]


def parse_arguments():
    parser = argparse.ArgumentParser(description="hostile peers against holdfast run")
    parser.add_argument("binary", nargs="?", help="the holdfast program to start")
    parser.add_argument("--url", help="a gateway that already runs: ws://HOST:PORT/PATH")
    parser.add_argument("--token", default="", help="its secret")
    parser.add_argument("--pid", type=int, help="its process")
    parser.add_argument("--only", action="append", default=[], metavar="PATTERN",
                        help="numbers to run, like H.3 or 'H.1?'")
    parser.add_argument("--times", action="store_true", help="show how long each case took")
    arguments = parser.parse_args()
    if bool(arguments.binary) == bool(arguments.url and arguments.pid):
        parser.error("give either BINARY or --url, --token and --pid")
    return arguments


def play_all(stage: scene.Scene, cases: queue.Queue, result: report.Report, times: bool) -> None:
    """Takes cases until none is left or the server can serve no further one."""
    while not stage.neighbour.problem:
        try:
            case = cases.get_nowait()
        except queue.Empty:
            return
        begun = time.monotonic()
        played = Case(case.number, case.text, lambda target: stage.run(case.run))
        problem = report.problem_of(played, stage.target)
        took = f" ({time.monotonic() - begun:.2f} s, neighbour waited at most " \
               f"{stage.neighbour.longest_s * 1000:.0f} ms)" if times else ""
        result.add(case.number, case.text + took, problem)


def worker(binary: str, cases: queue.Queue, result: report.Report, times: bool,
           running: list) -> None:
    """One server after the other: a new one when a case has broken the last."""
    while not cases.empty():
        gateway = scene.start(binary)
        running.append(gateway)
        problem = ""
        try:
            serve(gateway, cases, result, times)
        except Exception as error:  # a thread would take it to its grave
            problem = f"{type(error).__name__}: {error}"
        result.add("server", "it starts, and SIGTERM ends it with 0 and a clean log", problem)
        if not gateway.target:
            return


def serve(gateway: server.Server, cases: queue.Queue, result: report.Report, times: bool) -> None:
    with gateway:
        stage = scene.Scene(gateway)
        try:
            play_all(stage, cases, result, times)
        finally:
            stage.end()
        gateway.stop()


def run_binary(binary: str, cases: queue.Queue, result: report.Report, times: bool) -> None:
    """Whatever ends this early ends the servers, and with them the workers."""
    running = []
    threads = [threading.Thread(target=worker, args=(binary, cases, result, times, running))
               for _ in range(SERVERS)]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    except BaseException:
        result.stop()
        while not cases.empty():
            cases.get_nowait()
        for gateway in running:
            gateway.end()
        raise


def main() -> int:
    arguments = parse_arguments()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    cases = queue.Queue()
    for case in report.select(all_cases(), arguments.only):
        cases.put(case)
    result = report.Report()
    if arguments.url:
        process = server.Process(arguments.pid, target_of(arguments.url, arguments.token))
        stage = scene.Scene(process)
        play_all(stage, cases, result, arguments.times)
        stage.end()
        return result.end()
    run_binary(arguments.binary, cases, result, arguments.times)
    if not cases.empty():
        result.add("server", "all behaviours were played", f"{cases.qsize()} were not")
    return result.end()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)

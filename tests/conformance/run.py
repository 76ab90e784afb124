#!/usr/bin/env python3
"""RFC 6455 conformance of the gateway's server side.

    run.py BINARY [--only 6.*]...
    run.py --url ws://127.0.0.1:18789/ --token T [--only 7.1.*]...

Groups 1 to 7, 9 and 10 are numbered like the public suite; 8, 11 and 12 are
ours: the opening handshake, masks and lengths and bounds, and offers of
extensions, which the gateway declines.  Standard library only.
"""

import argparse
import concurrent.futures
import contextlib
import signal
import sys
import urllib.parse

sys.dont_write_bytecode = True

import cases_1
import cases_2
import cases_3
import cases_4
import cases_5
import cases_6
import cases_7
import cases_8
import cases_9
import cases_10
import cases_11
import cases_12
import report
import server
from client import Target

MODULES = (cases_1, cases_2, cases_3, cases_4, cases_5, cases_6, cases_7, cases_8, cases_9,
           cases_10, cases_11, cases_12)


def parse_arguments():
    parser = argparse.ArgumentParser(description="RFC 6455 conformance of holdfast run")
    parser.add_argument("binary", nargs="?", help="the holdfast program to start")
    parser.add_argument("--url", help="test a gateway that already runs: ws://HOST:PORT/PATH")
    parser.add_argument("--token", default="", help="its secret")
    parser.add_argument("--only", action="append", default=[], metavar="PATTERN",
                        help="numbers to run, like 6.* or 7.1.3; may be given several times")
    parser.add_argument("--times", action="store_true", help="show how long each case took")
    arguments = parser.parse_args()
    if bool(arguments.binary) == bool(arguments.url):
        parser.error("give either BINARY or --url")
    return arguments


def target_of(url: str, token: str) -> Target:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "ws" or not parts.hostname:
        raise SystemExit(f"not a ws:// address: {url}")
    return Target(parts.hostname, parts.port or 80, token, parts.path or "/")


def run_on(gateway: server.Server, cases: list, threads: int, result: report.Report,
           times: bool) -> None:
    """Runs these cases on a server of their own, and wants it to end well."""
    name = f"SIGTERM after {len(cases)} cases ends the server with 0 and a clean log"
    report.run_all(cases, gateway.target, result, threads, times)
    try:
        gateway.stop()
        result.add("server", name)
    except server.ServerError as error:
        result.add("server", name, str(error))


def run_binary(binary: str, cases: list, result: report.Report, times: bool) -> None:
    """Large messages have a server of their own and come one at a time: they
    hold up a slow build for seconds, which others would mistake for silence.

    Whatever ends this early ends the servers first, and with them the cases."""
    parts = [(part, threads) for part, threads in (
        ([case for case in cases if not case.is_heavy], report.THREADS),
        ([case for case in cases if case.is_heavy], 1)) if part]
    with concurrent.futures.ThreadPoolExecutor() as pool, contextlib.ExitStack() as stack:
        gateways = [stack.enter_context(server.Server(binary)) for _ in parts]
        stack.callback(result.stop)
        running = [pool.submit(run_on, gateway, part, threads, result, times)
                   for gateway, (part, threads) in zip(gateways, parts)]
        for done in running:
            done.result()


def main() -> int:
    arguments = parse_arguments()
    cases = [case for module in MODULES for case in module.CASES]
    report.check_numbers(cases)
    cases = report.select(cases, arguments.only)
    cases.sort(key=lambda case: case not in cases_8.SLOW)  # they overlap all others
    result = report.Report()
    if arguments.url:
        report.run_all(cases, target_of(arguments.url, arguments.token), result,
                       show_times=arguments.times)
        return result.end()
    try:
        run_binary(arguments.binary, cases, result, arguments.times)
    except server.ServerError as error:
        result.add("server", "it starts", str(error))
    return result.end()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)

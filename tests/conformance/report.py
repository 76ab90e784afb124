"""Runs cases in parallel threads and prints one line for each."""

import concurrent.futures
import fnmatch
import threading
import time

import frames
from client import Failed

THREADS = 12

_heavy = threading.Lock()  # held by the one case that moves megabytes


class Report:
    """Counts and prints; safe to use from many threads."""

    def __init__(self):
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self.passed = 0
        self.failed = 0

    def add(self, name: str, text: str, problem: str = "") -> None:
        with self._lock:
            if self.is_over:
                return
            if problem:
                self.failed += 1
                print(f"not ok {name} - {text}\n    {problem}", flush=True)
            else:
                self.passed += 1
                print(f"ok {name} - {text}", flush=True)

    def stop(self) -> None:
        """From here on nothing counts: cases that still run are being cut off."""
        self._is_over.set()

    @property
    def is_over(self) -> bool:
        return self._is_over.is_set()

    def end(self) -> int:
        """Prints the last line; returns the exit status."""
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed or not self.passed else 0


def select(cases: list, patterns: list) -> list:
    """The cases whose number fits one of the patterns (`6.*`), or all."""
    if not patterns:
        return cases
    return [case for case in cases
            if any(fnmatch.fnmatchcase(case.number, pattern) for pattern in patterns)]


def check_numbers(cases: list) -> None:
    """Two cases under one number would hide each other in a report."""
    seen = set()
    for case in cases:
        if case.number in seen:
            raise ValueError(f"case {case.number} exists twice")
        seen.add(case.number)


def problem_of(case, target) -> str:
    """Runs one case; what went wrong in one line, empty when nothing did."""
    try:
        if case.is_heavy:
            with _heavy:
                case.run(target)
        else:
            case.run(target)
    except Failed as failure:
        return str(failure)
    except frames.ServerBroke as broken:
        return f"expected a well-formed server; got {broken}"
    except OSError as error:
        return f"expected a connection; got {error}"
    return ""


def run_all(cases: list, target, report: Report, threads: int = THREADS,
            show_times: bool = False) -> None:
    """Runs them in the order given, `threads` at a time."""
    def one(case) -> None:
        if report.is_over:
            return
        begun = time.monotonic()
        problem = problem_of(case, target)
        took = f" ({time.monotonic() - begun:.2f} s)" if show_times else ""
        report.add(case.number, case.text + took, problem)

    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(one, case) for case in cases]:
            done.result()

#!/usr/bin/env python3
"""Guesses passwords at a demo server of its own, as an attacker would over HTTP, and tells what came of it.

    python3 tools/measure_guessing.py --server target/release/healthbook
    python3 tools/measure_guessing.py --server target/release/healthbook --database postgres://... --addresses 250

Half of the names are accounts, half are not; the wrong passwords go to them in an order by chance, from many addresses
of loopback. Prints how many were throttled, and the medians of the answers for known and for unknown names.
Exit status 1 when a guess succeeds, when known and unknown are told apart (status, size or 5 ms in the median), when
a 429 or 503 has no Retry-After, or when nothing is throttled. Linux, Python 3.9 or later, nothing else.
"""

import argparse
import collections
import concurrent.futures
import random
import sys
import threading
import time

from measuring import Browser, Forms, Server, median
from temporary_postgres import database_of


class Guesser:
    """Tries names from one address after the other, and keeps what came of it."""

    def __init__(self, server, arguments, known):
        self.server, self.addresses, self.known = server, arguments.addresses, known
        self.local = threading.local()
        self.results = []
        self.lock = threading.Lock()

    def browser(self, number):
        """One browser for each address and thread: the address is part of what is throttled."""
        browsers = self.local.__dict__.setdefault("browsers", {})
        place = number % self.addresses
        if place not in browsers:
            source = f"127.{1 + place // 62500}.{place // 250 % 250}.{1 + place % 250}"
            browser = Browser(self.server.port, source)
            browsers[place] = [browser, browser.sign_in_form()]
        return browsers[place]

    def guess(self, number, name, password):
        state = self.browser(number)
        browser, form = state
        begin = time.perf_counter()
        answer, page = browser.try_password(form, name, password)
        took = time.perf_counter() - begin
        # A success leads on to another page; a failure shows the same one again.
        has_code = Forms(page).with_purpose("one-time-code") is not None
        location = answer.headers.get("Location") or ""
        succeeded = has_code or (300 <= answer.status < 400 and "sign-in?" not in location)
        again = Forms(page).with_purpose("current-password")
        if again:
            state[1] = again
        elif answer.status < 500:
            state[1] = browser.sign_in_form()
        size = len(page.replace(name, ""))
        retry = answer.headers.get("Retry-After")
        with self.lock:
            self.results.append((name in self.known, answer.status, took, size, retry, succeeded))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, help="the healthbook program")
    parser.add_argument("--database", help="an empty one; `postgres` for one of its own; an SQLite file when not given")
    parser.add_argument("--names", type=int, default=1000, help="half known, half unknown [1000]")
    parser.add_argument("--guesses", type=int, default=10_000, help="in all [10000]")
    parser.add_argument("--addresses", type=int, default=250, help="addresses of loopback that guess [250]")
    parser.add_argument("--workers", type=int, default=1, help="guesses at one time [1: for the medians]")
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    people = max(arguments.names // 2, 30)
    with database_of(arguments.database) as database, Server(arguments.server, database, people=people) as server:
        known = [citizen["number"] for citizen in server.demo()["citizens"]][: arguments.names // 2]
        taken = set(known)
        unknown = []
        while len(unknown) < arguments.names - len(known):
            number = f"099{chance.randrange(10**9):09}"
            if number not in taken:
                taken.add(number)
                unknown.append(number)
        print(f"{len(known)} accounts, {len(unknown)} names of nobody, {arguments.guesses} guesses")
        if len(known) < len(unknown):
            print("note: the demo has fewer accounts than half of the names")
        guesser = Guesser(server, arguments, set(known))
        names = known + unknown
        plan = []
        while len(plan) < arguments.guesses:
            chance.shuffle(names)
            plan.extend(names)
        begin = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(arguments.workers) as pool:
            tries = [
                pool.submit(guesser.guess, number, name, f"wrong-{chance.randrange(10**12)}")
                for number, name in enumerate(plan[: arguments.guesses])
            ]
            for one in tries:
                one.result()
        report(guesser.results, time.monotonic() - begin)


def report(results, seconds):
    """Prints what was found; ends with status 1 when a bar is missed."""
    wrong = []
    classes = collections.defaultdict(lambda: {True: [], False: []})
    sizes = collections.defaultdict(lambda: {True: collections.Counter(), False: collections.Counter()})
    for is_known, status, took, size, _, _ in results:
        classes[status][is_known].append(took * 1000)
        sizes[status][is_known][size] += 1
    print(f"{len(results)} guesses in {seconds:.0f} s")
    print("status   known  unknown  median known  median unknown  difference")
    for status, times in sorted(classes.items()):
        difference = median(times[True]) - median(times[False])
        print(
            f"{status:6} {len(times[True]):7} {len(times[False]):8} {median(times[True]):10.2f} ms"
            f" {median(times[False]):12.2f} ms {difference:+8.2f} ms"
        )
        enough = min(len(times[True]), len(times[False])) >= 100
        if enough and abs(difference) >= 5:
            wrong.append(f"status {status}: the medians differ by {difference:+.2f} ms (bar 5 ms)")
        common = [sizes[status][side].most_common(1)[0][0] if sizes[status][side] else None for side in (True, False)]
        if enough and common[0] != common[1]:
            wrong.append(f"status {status}: pages of {common[0]} and {common[1]} bytes tell known from unknown")
    total = {side: sum(1 for one in results if one[0] == side) for side in (True, False)}
    throttled = {side: sum(1 for one in results if one[0] == side and one[1] == 429) for side in (True, False)}
    for side, name in ((True, "known"), (False, "unknown")):
        print(f"throttled, {name}: {throttled[side]} of {total[side]}")
    shares = [throttled[side] / max(total[side], 1) for side in (True, False)]
    if min(total.values()) >= 500 and abs(shares[0] - shares[1]) > 0.05:
        wrong.append(f"throttled: {shares[0]:.1%} of the known, {shares[1]:.1%} of the unknown")
    if not any(throttled.values()):
        wrong.append("nothing was throttled")
    if any(one[1] in (429, 503) and not (one[4] or "").isdigit() for one in results):
        wrong.append("a 429 or 503 without Retry-After")
    if any(one[5] for one in results):
        wrong.append("a guess succeeded")
    if any(one[1] >= 500 and one[1] != 503 for one in results):
        wrong.append("a 5xx")
    for fault in wrong:
        print(f"WRONG: {fault}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

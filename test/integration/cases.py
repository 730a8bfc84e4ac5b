# SPDX-License-Identifier: MIT
"""The test cases of a file: declared with @case, run by integration.test.

    @case("a denied user is told the message")
    def _():
        with started(...) as dovecot:
            ...

A file whose cases share a Dovecot declares it once:

    @instance
    def denying():
        return Dovecot(...)

    @case("...", on=denying)
    def _(dovecot):
        ...

It is started before the first of them and stopped, and its log judged, after
the last.
"""

import time
import traceback
from dataclasses import dataclass


class Skip(Exception):
    """The case cannot be run here; says why."""


@dataclass
class Case:
    name: str
    function: object
    on: object
    file: str
    slow: bool  # takes a minute: started before the others


@dataclass
class Result:
    name: str
    outcome: str  # "ok", "not ok" or "skip"
    why: str = ""
    seconds: float = 0.0

    def __str__(self):
        if self.outcome == "skip":
            return f"ok - {self.name} # skip: {self.why}"
        return f"{self.outcome} - {self.name}" + (f": {self.why}" if self.why else "")


registered = []


def instance(make):
    """A Dovecot that several cases use; make() returns it, not yet started."""
    return make


def case(name, on=None, slow=False):
    def register(function):
        registered.append(Case(name, function, on, function.__module__, slow))
        return function
    return register


def explain(error):
    """The last place in the case itself, and what was said."""
    frames = traceback.extract_tb(error.__traceback__)
    place = next((f for f in reversed(frames) if "test_" in f.filename), frames[-1])
    text = str(error) or type(error).__name__
    if isinstance(error, AssertionError) and not str(error):
        text = f"assert failed: {place.line}"
    return f"{place.filename.rsplit('/', 1)[-1]}:{place.lineno}: {text}"


def attempt(name, function, *args):
    start = time.monotonic()
    try:
        function(*args)
        result = Result(name, "ok")
    except Skip as reason:
        result = Result(name, "skip", str(reason))
    except Exception as error:
        result = Result(name, "not ok", explain(error))
    result.seconds = time.monotonic() - start
    return result


def units(cases):
    """The cases in lists that can be run at the same time: those that share a
    Dovecot together, all others alone. What takes longest first."""
    together = {}
    for number, c in enumerate(cases):
        together.setdefault(c.on or number, []).append(c)
    return sorted(together.values(), key=lambda unit: (unit[0].slow, len(unit)), reverse=True)


def run(unit):
    """Runs one list of units(). Returns the Results."""
    make = unit[0].on
    if make is None:
        return [attempt(c.name, c.function) for c in unit]
    try:
        dovecot = make().__enter__()
    except Exception as error:
        outcome = "skip" if isinstance(error, Skip) else "not ok"
        return [Result(c.name, outcome, explain(error)) for c in unit]
    results = [attempt(c.name, c.function, dovecot) for c in unit]
    results.append(attempt(f"{make.__name__}: stops with a clean log",
                           dovecot.__exit__, None, None, None))
    return results


def expect(condition, *said):
    """Fails with what was seen when the condition does not hold."""
    if not condition:
        raise AssertionError("; ".join(str(item) for item in said) or "does not hold")


def within(limit, measure, *said, tries=3):
    """Fails when none of some measurements, in seconds, is below the limit. A
    busy machine makes one of them slow, a delay makes all of them slow."""
    seen = []
    while not seen or seen[-1] >= limit:
        expect(len(seen) < tries, *said, "seconds, each too many", seen)
        seen.append(measure())


def equal(got, want, what=""):
    if got != want:
        raise AssertionError(f"{what}{': ' if what else ''}got {got!r}, want {want!r}")

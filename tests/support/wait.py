"""Waiting for an event with a deadline: the one place where tests let time pass."""

import time


class Timeout(AssertionError):
    """What was waited for did not happen in time."""


def until(condition, timeout, what, interval=0.02):
    """Calls `condition` until it gives something true, and returns that. After `timeout` seconds raises Timeout, which
    says what was waited for and what the condition gave last. An exception of the condition is not held back."""
    deadline = time.monotonic() + timeout
    while True:
        got = condition()
        if got:
            return got
        if time.monotonic() > deadline:
            raise Timeout(f"not within {timeout} s: {what} (last seen: {got!r})")
        time.sleep(interval)


def stays(condition, duration, what, interval=0.05):
    """The contrary: `condition` must hold all through `duration` seconds."""
    deadline = time.monotonic() + duration
    while time.monotonic() < deadline:
        assert condition(), f"did not stay so for {duration} s: {what}"
        time.sleep(interval)

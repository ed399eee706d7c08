"""Processes as /proc shows them, and a way to start one that never outlives us."""

import os
import pathlib

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def bound_to_us(command):
    """The command under setpriv, so that the kernel kills it when we die, however we die."""
    return ["setpriv", "--pdeathsig", "KILL", "--", *map(str, command)]


def status(pid):
    """/proc/PID/status as a dict of strings; {} if the process is gone."""
    try:
        lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return {}
    return {key: value.strip() for key, value in (line.split(":", 1) for line in lines)}


def alive(pid):
    """True unless the process is gone or a zombie."""
    state = status(pid).get("State", "Z")
    return not state.startswith(("Z", "X"))


def children(pid):
    """The living direct children of a process, in the order of their ids."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            fields = status(entry)
            if fields.get("PPid") == str(pid) and not fields.get("State", "Z").startswith(("Z", "X")):
                found.append(int(entry))
    return sorted(found)


def command_line(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
    except (FileNotFoundError, ProcessLookupError):
        return []


def family(pid):
    """The process and all that descend from it."""
    members = [pid] if alive(pid) else []
    for child in children(pid):
        members += family(child)
    return members


def cpu_seconds(pid):
    """User and system time of the process and of the children it has waited for."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(int(ticks) for ticks in fields[11:15]) / CLOCK_TICKS


def memory(pid):
    """Bytes: peak and present resident, and the anonymous part of it."""
    fields = status(pid)
    return {
        name: int(fields.get(key, "0 kB").split()[0]) * 1024
        for name, key in (("peak", "VmHWM"), ("resident", "VmRSS"), ("anonymous", "RssAnon"))
    }

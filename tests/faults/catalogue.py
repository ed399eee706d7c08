"""The catalogue of faults: what may go wrong, by number; which are excused from a test and why; the table of results."""

import re

ROWS = {
    1: "leader change",
    2: "broker killed (SIGKILL)",
    3: "broker frozen for 30 s",
    4: "all brokers down for 5 minutes",
    5: "fewer in-sync copies than min.insync.replicas",
    6: "txn coordinator moves mid-txn",
    7: "group coordinator moves",
    8: "KRaft controller down",
    9: "input topic deleted",
    10: "output topic missing",
    11: "output partition count grown",
    12: "offsets out of range (retention)",
    13: "committed offset expired",
    14: "MSG_SIZE_TOO_LARGE on the output",
    15: "the dead letter too large, too",
    16: "DLQ topic unavailable",
    17: "stats topic unavailable",
    18: "quota throttle",
    19: "broker log dir full",
    20: "SASL credentials wrong/revoked at run time",
    21: "connections.max.reauth.ms",
    22: "ACL removed on output, group, transactional id",
    23: "TLS certificate expired, wrong CA",
    24: "broker rolling restart",
    25: "one transactional.id twice",
    26: "unclean leader election",
    27: "latency 500 ms + jitter",
    28: "black hole",
    29: "RST mid-batch",
    30: "slow link 20 KB/s",
    31: "small fragments",
    32: "cut after N bytes of a request",
    33: "one-way partition",
    34: "the answer to EndTxn lost",
    35: "DNS fails, flaps",
    36: "rebalance during open txn",
    37: "max.poll.interval and a slow plugin",
    38: "desk frozen beyond the session timeout (zombie)",
    39: "static member twice",
    40: "commit during a rebalance",
    41: "partitions moved, stale results arrive",
    42: "SIGKILL daemon anywhere",
    43: "SIGTERM",
    44: "SIGHUP reload with bad config",
    45: "standard output and error closed, SIGPIPE",
    46: "main loop hang",
    47: "malloc returns NULL",
    48: "OOM kill of a worker",
    49: "OOM kill of main",
    50: "disk full under LMDB",
    51: "LMDB MDB_MAP_FULL",
    52: "LMDB reader killed in txn",
    53: "LMDB writer killed holding lock",
    54: "Redis down, slow, wrong",
    55: "fd exhaustion",
    56: "thread/process creation fails",
    57: "clock jump",
    58: "core dumps, secrets",
    59: "log sink blocked (pipe full)",
    60: "SIGSEGV/SIGABRT/SIGFPE/SIGBUS",
    61: "infinite loop / ReDoS",
    62: "leak",
    63: "heap corruption that strikes three articles later",
    64: "plugin calls exit, _exit, abort, raises SIGSTOP",
    65: "plugin closes descriptors, chdir, setenv, signal",
    66: "plugin starts threads / forks",
    67: "plugin writes over the ring",
    68: "plugin floods its output (1 GB)",
    69: "wrong ABI, missing symbol, init fails",
    70: "two plugins define the same symbol",
    71: "plugin file writable by others",
    72: "crash at every article",
    73: "plugin file replaced while running",
    74: "bad JSON corpus",
    75: "log injection",
    76: "tombstone, empty value, no key, 100 headers, huge key",
    77: "the same article twice in one batch",
}

EXCUSED = {}
MOST_EXCUSED = 7

NAMED = {
    "N fails, N+1 succeeds, restart: N comes back": "test_named_n_fails",
    "200 random kill -9 of the desk": "test_r42_",
    "1,000 poison articles among 100,000": "test_named_poison",
    "a worker's death to the next article on its replacement": "test_named_replacement",
}


def row_of(name):
    found = re.match(r"test_r(\d\d)_", name)
    return int(found[1]) if found else None


def table(results):
    """Markdown, a line a test; `results` are {test: {"result", "seconds", "why"}}."""
    lines = ["| row | fault | test | result | seconds |", "|---|---|---|---|---|"]

    def order(name):
        return (row_of(name) or 99, name)

    for name in sorted((one for one in results if row_of(one) or one.startswith("test_named")), key=order):
        one, number = results[name], row_of(name)
        why = one["why"].split("\\n")[0][:120]
        said = f"**{one['result']}**: {why}" if why else one["result"]
        lines.append(f"| {number or '–'} | {ROWS[number] if number else 'named test'} | `{name}` | {said} "
                     f"| {one['seconds']:.0f} |")
    for number, why in EXCUSED.items():
        lines.append(f"| {number} | {ROWS[number]} | – | excused: {why} | – |")
    return "\n".join(line.replace("|  |", "| |") for line in lines) + "\n"

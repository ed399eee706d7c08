"""What a record costs: a bare echo, Copydesk without stages and Copydesk with all four, in turn, on one real Kafka.

CPU is user and system time of all processes of a contender, with the children they have waited for, from /proc, start-up
included; never the broker's. Records a second are counted from the first record out to the last. Memory is the sum over a
contender's processes. `--flat` shows instead whether memory grows with the number of articles, in the desk as it is by default.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support import process, wait  # noqa: E402
from support.articles import Writer  # noqa: E402
from support.broker import Cluster  # noqa: E402
from support.desk import BUILD  # noqa: E402
from support.line import Line  # noqa: E402
from support.topics import Record, Topics  # noqa: E402

ALL_STAGES = ("language_detect", "credit_strip", "dedupe", "quote_extract")
BROKER = {"log.retention.check.interval.ms": 5000, "log.segment.delete.delay.ms": 1000,
          "num.network.threads": 2, "num.io.threads": 4}
SHORT_LIVED = {"retention_bytes": 128 << 20, "segment_bytes": 32 << 20}  # for outputs that nobody reads again


def fill(topics, topic, count, size, partitions, seed=1):
    """`count` articles of about `size` bytes, in lots, so that a million does not stand in memory."""
    writer, begin = Writer(seed), time.monotonic()
    sent = 0
    while sent < count:
        lot = min(20_000, count - sent)
        topics.produce(topic, (Record(writer.payload(size), b"%d" % (sent + n), partition=(sent + n) % partitions)
                               for n in range(lot)), **{"linger.ms": 20, "batch.size": 1_000_000})
        sent += lot
    print(f"{count} articles of {size} bytes in {topic} after {time.monotonic() - begin:.0f} s", flush=True)


class Echo:
    """Made to look like a desk."""

    def __init__(self, line, properties):
        self.command = [BUILD / "tests" / "bench_echo", line.topics.address, f"echo-{line.out}", line.raw, line.out,
                        *properties]

    def start(self):
        self.process = subprocess.Popen(process.bound_to_us(self.command), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return self

    @property
    def pid(self):
        return self.process.pid

    def stop(self):
        self.process.terminate()
        return self.process.wait(60)


class Watch:
    """Samples a family of processes: the most memory at all, and the most anonymous memory in each window, by what each is."""

    def __init__(self, pid):
        self.pid, self.peak, self.windows = pid, 0, {}

    @staticmethod
    def role(pid):
        line = process.command_line(pid)
        name = os.path.basename(line[0]) if line else "?"
        return f"{name} --store" if "--store" in line else name

    def sample(self, window=0):
        roles = {}
        total = 0
        for pid in process.family(self.pid):
            memory = process.memory(pid)
            total += memory["resident"]
            role = self.role(pid)
            roles[role] = roles.get(role, 0) + memory["anonymous"]
        self.peak = max(self.peak, total)
        most = self.windows.setdefault(window, {})
        for role, anonymous in roles.items():
            most[role] = max(most.get(role, 0), anonymous)

    def cpu(self):
        return sum(process.cpu_seconds(pid) for pid in process.family(self.pid))


def measure(line, contender, count, timeout, window=None):
    """Runs it until `count` records are out: µs of CPU a record, records a second, peak bytes; and the most anonymous bytes of
    each role in each window of so many records."""
    contender.start()
    watch, first = Watch(contender.pid), None

    def out():
        nonlocal first
        now = time.monotonic()
        done = line.topics.count(line.out) + line.topics.count(line.dead)
        if first is None and done:
            first = (now, done)
        watch.sample(min(done, count - 1) // (window or count))
        return (now, done) if done >= count else None

    last = wait.until(out, timeout, f"{count} records in {line.out}", interval=0.1)
    cpu = watch.cpu()
    assert contender.stop() == 0
    assert line.topics.count(line.dead) == 0, "the bench made dead letters"
    seconds = last[0] - first[0]
    rate = (last[1] - first[1]) / seconds if seconds > 0 else float("nan")
    return {"cpu": cpu / count * 1e6, "rate": rate, "peak": watch.peak, "windows": watch.windows}


def new_output(line, folder, number):
    """A line like this one with an output and a group of its own."""
    other = object.__new__(Line)
    other.__dict__.update(line.__dict__, desks=[], folder=pathlib.Path(folder))
    other.out = line.topics.create("out", line.topics.partitions(line.raw), **SHORT_LIVED)
    other.group = f"group-{number}"
    return other


def contenders(arguments):
    producer = [f"max.in.flight={arguments.in_flight}"] if arguments.in_flight else []
    desk = {"kafka": {"producer": producer}, "desk": {"workers": arguments.workers}, "stats": None}
    return [
        ("echo", lambda line: Echo(line, producer)),
        ("copydesk, no stages", lambda line: line.desk(**desk)),
        ("copydesk, all four", lambda line: line.desk(ALL_STAGES, **desk)),
    ]


def compare(line, folder, arguments):
    results = {}
    for turn in range(arguments.rounds):
        for name, make in contenders(arguments):
            own = new_output(line, folder, f"{turn}-{name[-6:]}".replace(" ", "-"))
            try:
                results.setdefault(name, []).append(measure(own, make(own), arguments.records, arguments.timeout))
            finally:
                own.clean_up(show=sys.exc_info()[0] is not None)
            print(f"  {name}: {results[name][-1]['cpu']:.1f} µs, {results[name][-1]['rate']:.0f}/s", flush=True)
    return results


def table(results):
    def middle(name, key):
        return statistics.median(one[key] for one in results[name])

    rows = [("", "µs CPU a record", "times echo", "records/s", "peak RSS MB")]
    for name, runs in results.items():
        low, high = min(one["cpu"] for one in runs), max(one["cpu"] for one in runs)
        spread = f" ({low:.1f}-{high:.1f})" if len(runs) > 1 else ""
        rows.append((name, f"{middle(name, 'cpu'):.1f}{spread}", f"{middle(name, 'cpu') / middle('echo', 'cpu'):.2f}",
                     f"{middle(name, 'rate'):.0f}", f"{middle(name, 'peak') / 1e6:.0f}"))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) if column == 0 else cell.rjust(width)
                        for column, (cell, width) in enumerate(zip(row, widths))))


BOUND = 10  # percent that the most anonymous memory in a window may be off that of the first one


def show_flat(windows):
    """Every window's most, against the first one's."""
    for role in sorted({role for most in windows.values() for role in most}):
        first, *rest = [most[role] for _, most in sorted(windows.items()) if role in most]
        low, high = min(rest, default=first), max(rest, default=first)
        growth = [100 * (one / first - 1) for one in (low, high)]
        verdict = "within" if max(map(abs, growth)) <= BOUND else "NOT within"
        print(f"{role:25}{first / 1e6:8.1f}{low / 1e6:8.1f}{high / 1e6:8.1f}   {growth[0]:+6.1f} to {growth[1]:+.1f} %, "
              f"{verdict} ±{BOUND} %")


def flat(topics, folder, arguments):
    """The most anonymous memory of each process in each window of few articles, over many; the desk's limits are its defaults."""
    line = Line(topics, folder, arguments.partitions, **SHORT_LIVED | {"retention_bytes": -1})
    fill(topics, line.raw, arguments.many, arguments.size, arguments.partitions)
    own = new_output(line, folder, arguments.many)
    stages = tuple(filter(None, arguments.stages.split(",")))
    desk = own.desk(stages, stats=None, name="flat", desk={"workers": arguments.workers})
    found = measure(own, desk, arguments.many, arguments.timeout, arguments.few)
    own.clean_up(show=False)
    print(f"\n{arguments.many} articles, {found['rate']:.0f} a second, stages: {', '.join(stages) or 'none'}\n"
          f"most anonymous memory, MB: until {arguments.few} articles are out; least and most of the {len(found['windows']) - 1} "
          f"windows of so many that were seen after that")
    show_flat(found["windows"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--size", type=int, default=4_000, help="bytes of an article's text")
    parser.add_argument("--partitions", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=1, help="how often each runs; the middle one counts")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--in-flight", type=int, default=1, help="max.in.flight of both producers; 1 is the desk's own")
    parser.add_argument("--timeout", type=int, default=1800, help="seconds that one run may take")
    parser.add_argument("--flat", action="store_true", help="memory over few and many articles")
    parser.add_argument("--few", type=int, default=10_000)
    parser.add_argument("--many", type=int, default=1_000_000)
    parser.add_argument("--stages", default=",".join(one for one in ALL_STAGES if one != "dedupe"),
                        help="--flat: the stages, divided by commas; \"\" for none. dedupe remembers, so it may grow")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="copydesk-bench-") as folder:
        folder = pathlib.Path(folder)
        with Cluster(folder / "kafka", settings=BROKER) as cluster:
            topics = Topics(cluster)
            if arguments.flat:
                return flat(topics, folder, arguments)
            line = Line(topics, folder, arguments.partitions)
            fill(topics, line.raw, arguments.records, arguments.size, arguments.partitions)
            table(compare(line, folder, arguments))


if __name__ == "__main__":
    main()

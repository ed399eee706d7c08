"""A long run: articles arrive steadily, and at the end nothing is lost, nothing is out of order, and memory is where it was.

With --faults, every few seconds something is killed, frozen or restarted: a worker, the store, the desk, a second desk, a
broker of three. Repetitions are then allowed, losses are not. Ends with status 1 if anything was wrong.
"""

import argparse
import os
import pathlib
import random
import signal
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from kafka_bench import ALL_STAGES, Watch  # noqa: E402
from support import verify, wait  # noqa: E402
from support.articles import Writer  # noqa: E402
from support.broker import Cluster  # noqa: E402
from support.line import Line, extra_plugin  # noqa: E402
from support.topics import Record, Topics  # noqa: E402

STAGES = [*ALL_STAGES, extra_plugin("misbehave")]


class Faults:
    """Picks one fault after the other. Each leaves the system able to go on."""

    def __init__(self, rng, cluster, line, desk):
        self.rng, self.cluster, self.line, self.desk = rng, cluster, line, desk
        self.second = line.desk(STAGES, name="second")
        self.count = 0

    def one(self):
        kinds = [self.kill_worker, self.kill_store, self.kill_desk, self.stop_desk, self.freeze_desk, self.toggle_second]
        if len(self.cluster.nodes) > 1:
            kinds += [self.kill_broker, self.restart_broker, self.freeze_broker]
        kind = self.rng.choice(kinds)
        self.count += 1
        print(f"  fault {self.count}: {kind.__name__.replace('_', ' ')}", flush=True)
        kind()

    def kill_worker(self):
        workers = self.desk.workers()
        if workers:
            os.kill(self.rng.choice(workers), signal.SIGKILL)

    def kill_store(self):
        store = self.desk.store()
        if store:
            os.kill(store, signal.SIGKILL)

    def kill_desk(self):
        self.desk.kill()
        self.desk.start()

    def stop_desk(self):
        assert self.desk.stop() == 0
        self.desk.start()

    def freeze_desk(self):
        self.desk.signal(signal.SIGSTOP)
        time.sleep(self.rng.choice([0.5, 8]))
        self.desk.signal(signal.SIGCONT)

    def toggle_second(self):
        if self.second.running():
            self.second.kill() if self.rng.random() < 0.5 else self.second.stop()
        else:
            self.second.start()

    def kill_broker(self):
        node = self.rng.choice(self.cluster.nodes)
        node.stop(signal.SIGKILL)
        time.sleep(self.rng.random() * 5)
        self.back(node)

    def restart_broker(self):
        node = self.rng.choice(self.cluster.nodes)
        node.stop()
        self.back(node)

    def freeze_broker(self):
        node = self.rng.choice(self.cluster.nodes)
        node.process.send_signal(signal.SIGSTOP)
        time.sleep(self.rng.random() * 8)
        node.process.send_signal(signal.SIGCONT)

    @staticmethod
    def back(node):
        before = node.log.read_text().count("Kafka Server started")
        node.start()
        wait.until(lambda: node.started() > before, 60, "the broker to be back")


def article(writer, rng):
    """One in a few hundred hurts its worker."""
    if rng.random() < 0.003:
        deed = rng.choice(["segv", "exit", "reject", "hang"])
        return Record(writer.payload(600, text=f"Some words, misbehave:{deed} and more."))
    return Record(writer.payload(600))


def anonymous(desk):
    watch = Watch(desk.pid)
    watch.sample()
    return watch.windows[0]


def run(cluster, folder, arguments):
    rng, topics = random.Random(arguments.seed), Topics(cluster)
    line = Line(topics, folder, partitions=6)
    desk = line.start(STAGES, name="first", desk={"workers": 2}, worker={"article_cpu": 500})
    faults = Faults(rng, cluster, line, desk) if arguments.faults else None
    writer, inputs, memory = Writer(arguments.seed), [], []
    begin = time.monotonic()
    next_fault, next_report = begin + 5, begin
    try:
        while (now := time.monotonic()) < begin + 60 * arguments.minutes:
            lot = [article(writer, rng) for _ in range(arguments.rate)]
            for record in lot:
                record.partition = rng.randrange(6)
            inputs += line.produce(lot, **{"delivery.timeout.ms": 120_000})
            if faults and now >= next_fault:
                faults.one()
                next_fault = time.monotonic() + rng.uniform(2, 10)
            if now >= next_report:
                memory.append(anonymous(desk))
                print(f"{now - begin:6.0f} s  {len(inputs)} in, {topics.count(line.out)} out, "
                      f"{topics.count(line.dead)} dead; MB: "
                      + ", ".join(f"{role} {size / 1e6:.0f}" for role, size in sorted(memory[-1].items())), flush=True)
                next_report = now + 30
            if not faults and not desk.running():
                raise AssertionError("the desk ended")
            time.sleep(max(0.0, 1 - (time.monotonic() - now)))
        line.settle(300)
        verify.verify(inputs, line.outputs(), line.letters(), repeats=arguments.faults, each=50)
        if faults and faults.second.running():
            assert faults.second.stop() == 0
        assert desk.stop() == 0
    except BaseException:
        line.clean_up(show=True)
        raise
    print(f"{len(inputs)} articles, none lost, all in order"
          + (f", through {faults.count} faults" if faults else ", each once"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=int, default=300, help="articles a second")
    parser.add_argument("--faults", action="store_true")
    parser.add_argument("--brokers", type=int, default=None, help="1, or 3 with --faults, unless given")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    size = arguments.brokers or (3 if arguments.faults else 1)
    with tempfile.TemporaryDirectory(prefix="copydesk-soak-") as folder:
        with Cluster(pathlib.Path(folder) / "kafka", size=size, heap=384) as cluster:
            run(cluster, pathlib.Path(folder), arguments)


if __name__ == "__main__":
    main()

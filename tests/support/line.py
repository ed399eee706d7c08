"""One assembly line for a test: a raw topic, an output, dead letters and stats, and the desks that work on them."""

import json
import pathlib

from . import config, verify, wait
from .desk import ASSIGNOR, PLUGINS, TEST_PLUGINS, Desk


def extra_plugin(name, /, **options):
    """A stage of one of tests/plugins/*.c."""
    return {"plugin": str(TEST_PLUGINS / f"{name}.so"), **options}


class Line:
    """Made by the fixture `line`. Topics have `partitions` each; with `extra_inputs` there are more raw topics."""

    def __init__(self, topics, folder, partitions=1, extra_inputs=0, **raw_settings):
        self.topics, self.folder = topics, pathlib.Path(folder)
        self.raw = topics.create("raw", partitions, **raw_settings)
        self.inputs = [self.raw, *(topics.create("raw", partitions) for _ in range(extra_inputs))]
        self.out = topics.create("out", partitions)
        self.dead = topics.create("dead", 1)
        self.stats_topic = topics.create("stats", 1)
        self.group = f"group-of-{self.raw}"
        self.desks = []

    def settings(self, stages=(), name="desk", **changes):
        """The configuration; `changes` are laid over it (config.merged)."""
        state = self.folder / f"{name}-state"
        state.mkdir(exist_ok=True)
        base = {
            "name": name,
            "group": self.group,
            "input": {"topics": list(self.inputs), "start": "earliest"},
            "output": {"topic": self.out},
            "dead_letters": {"topic": self.dead},
            "stats": {"topic": self.stats_topic, "interval": 200},
            "desk": {"workers": 2},
            "state_dir": str(state),
            "run_dir": str(self.folder),
            "plugin_dir": str(PLUGINS),
            "stages": tuple({"plugin": stage} if isinstance(stage, str) else stage for stage in stages),
            "kafka": {"common": [f"bootstrap.servers={self.topics.address}"],
                      "consumer": ["session.timeout.ms=6000", "heartbeat.interval.ms=500"]},
        }
        settings = config.merged(base, changes)
        consumer = settings["kafka"]["consumer"]
        if ASSIGNOR and not any("partition.assignment.strategy" in one for one in consumer):
            settings["kafka"] = {**settings["kafka"], "consumer": [*consumer, f"partition.assignment.strategy={ASSIGNOR}"]}
        return settings

    def desk(self, stages=(), name=None, environment=None, static=False, **changes):
        """A desk on this line, not started. A static member of its group is back at once after a kill -9, where others
        must wait until the broker gives the dead one up."""
        name = name or f"desk{len(self.desks)}"
        if static:
            changes = config.merged({"kafka": {"consumer": ["session.timeout.ms=6000", f"group.instance.id={name}"]}},
                                    changes)
        desk = Desk(self.folder / name, self.settings(stages, name, **changes), environment=environment)
        self.desks.append(desk)
        return desk

    def start(self, stages=(), **changes):
        return self.desk(stages, **changes).start()

    def produce(self, records, topic=None, **settings):
        return self.topics.produce(topic or self.raw, records, **settings)

    def settle(self, timeout=60):
        """Waits until everything produced so far is committed. A desk that died meanwhile ends the wait."""
        def settled():
            for desk in self.desks:
                if desk.process is not None and desk.process.poll() not in (None, 0, -9):
                    raise AssertionError(f"{desk.file.parent.name} ended with status {desk.process.returncode}")
            return self.topics.lag(self.group, *self.inputs) == 0
        wait.until(settled, timeout, f"everything in {self.inputs} to be committed", interval=0.05)
        if any(desk.settings.get("delivery") == "exactly-once" for desk in self.desks):
            for topic in (self.out, self.dead):
                wait.until(lambda topic=topic: self.topics.closed(topic), timeout, f"the transactions of {topic} to be closed")

    def outputs(self):
        return self.topics.read(self.out)

    def letters(self):
        return self.topics.read(self.dead)

    def stats(self):
        """All stats records so far, parsed."""
        return [json.loads(record.value) for record in self.topics.read(self.stats_topic)]

    def verify(self, inputs, dropped=(), repeats=False, **rules):
        """verify.verify on what is in the output and in the dead letters now."""
        return verify.verify(inputs, self.outputs(), self.letters(), dropped, repeats, **rules)

    def clean_up(self, show):
        for desk in self.desks:
            if show:
                print(f"---- {desk.file.parent.name}: its configuration\n{desk.file.read_text()}"
                      f"---- what it says of itself\n{desk.status()}"
                      f"---- and the end of its log\n{desk.log[-6000:]}")
            desk.clean_up()

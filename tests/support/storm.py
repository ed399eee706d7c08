"""Redelivery under fire: articles of which three in ten are copies, a desk with dedupe, and kills at random instants.

What must hold then, whoever was killed and when: what is published twice for one place is the same bytes; nothing is
lost; no article is its own duplicate nor a stranger's; each story has one original; what was dropped has its original
in print, or among the dead letters.
"""

import collections
import json
import os
import random
import signal

from . import process, verify, wait
from .line import extra_plugin
from .topics import Record

JOINS = {"exact", "near", "contains", "contained"}
LETTERS = "abcdefghijklmnopqrstuvwxyz"
TOO_LARGE = 150_000  # bytes of a header that the output topic does not take


def word(rng):
    return "".join(rng.choices(LETTERS, k=rng.randint(3, 9)))


class Stories:
    """Makes records. `story[id]` says which story an article tells; stories have no words in common."""

    def __init__(self, seed, partitions):
        self.rng, self.partitions = random.Random(seed), partitions
        self.texts, self.story = [], {}

    def text_of_copy(self, words):
        if self.rng.random() < 0.4:
            return " ".join(words)  # word for word
        changed = [word(self.rng) if self.rng.random() < 0.03 else one for one in words]
        return " ".join(changed + [word(self.rng) for _ in range(self.rng.randint(0, 8))])

    def record(self):
        rng = self.rng
        copied = bool(self.texts) and rng.random() < 0.3
        if copied:  # mostly of something recent, so that both are under way at once
            back = min(int(rng.expovariate(1 / 30)), len(self.texts) - 1)
            number = len(self.texts) - 1 - back
        else:
            number = len(self.texts)
            self.texts.append([word(rng) for _ in range(150)])
        text = self.text_of_copy(self.texts[number]) if copied else " ".join(self.texts[number])
        name = f"a-{len(self.story)}"
        self.story[name] = number
        headers = [("filler", b"x" * TOO_LARGE)] if rng.random() < 0.005 else []
        return Record(json.dumps({"id": name, "text": text}).encode(), name.encode(), headers,
                      partition=rng.randrange(self.partitions))


class Storm:
    """One desk on `line`, a static member of its group, and what happens to it."""

    def __init__(self, line, seed, stage, workers=3):
        self.line, self.rng = line, random.Random(seed)
        self.stories = Stories(seed + 1, line.topics.partitions(line.raw))
        line.out = line.topics.create("out-small", line.topics.partitions(line.raw), max_message_bytes=100_000)
        self.desk = line.desk([extra_plugin("slow", busy_us=700), stage], static=True,
                              desk={"workers": workers, "commit_interval": 300})
        self.inputs, self.kills = [], collections.Counter()

    def kill_desk(self):
        self.desk.kill()
        self.desk.start()

    def kill_worker(self):
        self.kill_child(self.rng.choice(wait.until(self.desk.workers, 20, "a worker to be there")))

    def kill_store(self):
        self.kill_child(wait.until(self.desk.store, 20, "the store to be there"))

    @staticmethod
    def kill_child(pid):
        os.kill(pid, signal.SIGKILL)
        wait.until(lambda: not process.alive(pid), 20, "a child to be gone")

    def blow(self, kills, lot):
        """`kills` rounds over a backlog of as many lots of articles: once some more is out, somebody is killed."""
        count = self.line.topics.count
        self.inputs = self.line.produce([self.stories.record() for _ in range(kills * lot)])
        self.desk.start()
        for _ in range(kills):
            some = count(self.line.out) + self.rng.randrange(lot // 2)
            wait.until(lambda some=some: count(self.line.out) >= some, 60, f"{some} records to come out", interval=0.002)
            who = self.rng.choice(["desk", "worker", "worker", "store"])
            getattr(self, f"kill_{who}")()
            self.kills[who] += 1
        assert self.line.topics.lag(self.line.group, self.line.raw) > 0, "it was done before the last kill"
        self.line.settle(120)
        assert self.desk.stop() == 0


class Outcome:
    """What a storm left, and whether it is right."""

    def __init__(self, storm):
        self.inputs, self.story = storm.inputs, storm.stories.story
        self.outputs, self.letters = storm.line.outputs(), storm.line.letters()
        self.id_at = {record.place: record.key.decode() for record in self.inputs}
        self.documents, self.dead = {}, {letter.key.decode() for letter in self.letters}
        for record in self.outputs:
            document = json.loads(record.value)
            self.documents[document["id"]] = document
        self.dropped = [record for record in self.inputs
                        if record.key.decode() not in self.documents and record.key.decode() not in self.dead]
        self.members = collections.defaultdict(list)
        for name, number in self.story.items():
            self.members[number].append(name)

    @property
    def repeated(self):
        return len(self.outputs) - len(self.documents)

    def duplicate(self, name):
        return self.documents[name]["enrichment"]["duplicate"]

    def check(self):
        """All of it, but for whether the right ones were dropped."""
        verify.verify(self.inputs, self.outputs, self.letters, self.dropped, repeats=True, each=20)
        for name in self.documents:
            self.check_other(name)
        for number, members in self.members.items():
            if not self.dead.intersection(members):
                self.check_story(number, members)

    def check_other(self, name):
        duplicate = self.duplicate(name)
        if duplicate["of"] is None:
            assert duplicate["relation"] == "none" and duplicate["cluster"] == name, duplicate
            return
        of = duplicate["of"]
        other = self.id_at[of["topic"], of["partition"], of["offset"]]
        assert other == of["id"] and other != name, f"{name} is called a copy of itself or of nobody: {duplicate}"
        assert self.story[other] == self.story[name], f"{name} is called a copy of a stranger: {duplicate}"
        assert self.story[duplicate["cluster"]] == self.story[name]

    def check_story(self, number, members):
        published = [name for name in members if name in self.documents]
        originals = [name for name in published if self.duplicate(name)["relation"] not in JOINS]
        assert len(originals) == 1, f"story {number} of {members} has the originals {originals}"
        clusters = {self.duplicate(name)["cluster"] for name in published}
        assert clusters == set(originals), f"story {number} is in the clusters {clusters}"

    def check_dropped(self):
        """Of what was dropped the story goes on: somebody of it is in print, or was dead-lettered."""
        for record in self.dropped:
            members = self.members[self.story[record.key.decode()]]
            assert len(members) > 1, f"{record.key} was dropped and is nobody's copy"
            assert any(name in self.documents or name in self.dead for name in members), f"story of {record.key} is lost"

    def summary(self):
        copies = sum(len(members) - 1 for members in self.members.values())
        return (f"{len(self.inputs)} articles, {copies} of them copies: {len(self.documents)} published, "
                f"{len(self.dropped)} dropped, {len(self.dead)} dead letters, {self.repeated} published again")

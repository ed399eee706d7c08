"""copydesk replay: dead letters go back to where they came from, as they came; each once, whoever dies; never round and round."""

import hashlib
import json
import os
import signal
import subprocess

import pytest
from confluent_kafka import TopicPartition

from support import process, wait
from support.articles import Writer
from support.desk import BUILD, run
from support.line import extra_plugin
from support.topics import Record


def replay(desk, *arguments, status=0):
    """The finished `copydesk replay` with the desk's configuration."""
    done = run(["replay", "--config", desk.file, *arguments])
    assert done.returncode == status, (done.stdout + done.stderr).decode()
    return done


def lines(done):
    """The JSON lines: [a letter …], and the summary."""
    *letters, summary = map(json.loads, done.stdout.splitlines())
    return letters, summary


def letter(line, value=b"{}", offset=0, **story):
    """A dead letter as the desk writes it."""
    story = {"class": "crash", "stage": "quotes", "reason": "it died", "topic": line.raw, "partition": 0, "offset": offset,
             "attempts": 2, "pipeline": "f00d", **story}
    return Record(value, f"key-{offset}".encode(), [("mark", b"\x00\xff"), *((f"copydesk-{name.replace('_', '-')}", str(text).encode())
                                                                             for name, text in story.items())],
                  timestamp=1_700_000_000_000 + offset)


def values(records):
    return [record.value for record in records]


# ---- the whole way ---------------------------------------------------------------------------------------------------------

def test_what_a_stage_died_of_goes_through_when_the_stage_is_mended(line):
    """Crash and refusal go back, what is no article stays; each with its key, bytes, headers, time and partition."""
    line = line(partitions=2)
    writer = Writer(81)
    given = [Record(writer.payload(200), b"calm", partition=0),
             Record(writer.payload(200, text="misbehave:segv"), b"crash", [("mark", b"\x00\xff"), ("mark", b"2")], 1_700_000_000_123, 1),
             Record(b"{broken", b"broken", partition=0),
             Record(writer.payload(200, text="misbehave:reject"), None, [], 1_700_000_000_456, 1)]
    line.produce(given)
    desk = line.start([extra_plugin("misbehave")])
    line.settle()
    assert len(line.letters()) == 3
    assert desk.stop() == 0

    mended = line.start(["language_detect"])
    letters, summary = lines(replay(mended, "--class=crash", "--class=reject", "--json"))
    assert [one["action"] for one in letters] == ["sent", "sent"]
    assert (summary["read"], summary["picked"], summary["sent"], summary["refused"]) == (3, 2, 2, 0)
    line.settle()
    sent = [record for record in line.topics.read(line.raw) if record.offset >= 2 and record.partition == 1]
    for record, original in zip(sent, (given[1], given[3]), strict=True):
        assert (record.key, record.value, record.timestamp) == (original.key, original.value, original.timestamp)
        assert record.headers == [*original.headers, ("copydesk-replayed", b"1")]
    out = [json.loads(record.value)["text"] for record in line.outputs()]
    assert out[1:] == ["misbehave:segv", "misbehave:reject"] and len(line.letters()) == 3

    _, summary = lines(replay(mended, "--class=reject", "--class=crash", "--json"))
    assert (summary["read"], summary["sent"]) == (0, 0), "the same choice, in whatever order, goes on where it stopped"
    assert mended.stop() == 0


def test_an_article_that_kills_its_stage_each_time_is_not_sent_round_for_ever(line):
    line = line()
    line.produce([Writer(82).payload(200, text="misbehave:segv")])
    desk = line.start([extra_plugin("misbehave")])
    for times in range(3):
        (*_, last) = line.topics.wait_for(line.dead, times + 1)
        assert last.header("copydesk-replayed") == (str(times) if times else None)
        replay(desk)
    line.topics.wait_for(line.dead, 4)
    done = replay(desk, status=1)
    assert b"sent back 3 times before" in done.stderr and b"1 picked, 0 sent back" in done.stderr
    line.settle()
    assert (line.topics.count(line.raw), line.topics.count(line.dead)) == (4, 4)
    _, summary = lines(replay(desk, "--again", "--max-replays=4", "--from=3", "--json"))
    assert summary["sent"] == 1
    assert desk.stop() == 0


def test_letters_written_in_transactions(line):
    """Markers stand between them and at the end; that the daemon is a static member of its group does not matter."""
    line = line()
    line.produce([b"{broken", b"{also broken"])
    desk = line.start(["language_detect"], static=True, delivery="exactly-once")
    line.settle()
    _, summary = lines(replay(desk, "--json"))
    assert (summary["read"], summary["sent"]) == (2, 2)
    line.settle()
    assert summary["places"][0]["offset"] < line.topics.count(line.dead)
    _, summary = lines(replay(desk, "--json", "--dry-run"))
    assert summary["picked"] == 2, "they died again: new ones"
    assert desk.stop() == 0


# ---- which ones ----------------------------------------------------------------------------------------------------------------

CHOICES = [
    (["--class", "crash"], {0, 1, 4}), (["--class", "crash", "--class", "reject"], {0, 1, 2, 4}), (["--stage", "credits"], {1, 3}),
    (["--class", "crash", "--stage", "credits"], {1}), (["--reason", "lost"], {2}), (["--topic", "elsewhere"], {4}),
    (["--since", "2023-11-14T22:13:20.002Z"], {2, 3, 4}), (["--until", "2023-11-14T22:13:20.002Z"], {0, 1}),
    (["--from", "1", "--to", "3"], {1, 2, 3}), (["--max", "2"], {0, 1}), (["--partition", "0", "--from", "4"], {4}), ([], {0, 1, 2, 3, 4})]


def test_choices_a_dry_run_and_a_list_send_nothing(line):
    line = line(extra_inputs=1)
    elsewhere = line.inputs[1]
    kinds = [{}, {"stage": "credits"}, {"class": "reject", "reason": "a cue is lost"}, {"class": "timeout", "stage": "credits"},
             {"topic": elsewhere}]
    letters = [letter(line, offset=number, **kind) for number, kind in enumerate(kinds)]
    line.produce([*letters, Record(b"no dead letter"), letter(line, topic=line.out)], line.dead)
    desk = line.desk(["language_detect"])
    for choice, expected in CHOICES:
        choice = [elsewhere if word == "elsewhere" else word for word in choice]
        letters, summary = lines(replay(desk, "--dry-run", "--json", *choice))
        assert {one["letter"]["offset"] for one in letters} == expected, choice
        assert all(one["action"] == "would-send" for one in letters) and summary["sent"] == 0
    shown = replay(desk, "--dry-run", "--class=reject")
    assert shown.stdout.decode() == f"{line.dead}/0@2  {line.raw}/0@2  reject in quotes  2 bytes  a cue is lost\n"
    assert b"7 read, 1 picked, 1 would be sent back, 1 came from topics that " in shown.stderr
    assert b"1 are no dead letters" in shown.stderr
    listed = [json.loads(one) for one in replay(desk, "--list", "--json").stdout.splitlines()]
    assert [(one["letters"], one["class"], one["stage"]) for one in listed] == [
        (1, "crash", "quotes"), (1, "crash", "credits"), (1, "reject", "quotes"), (1, "timeout", "credits"), (1, "crash", "quotes")]
    assert "ITS REASON" in replay(desk, "--list").stdout.decode()
    assert sum(line.topics.count(topic) for topic in (*line.inputs, line.out)) == 0


def test_at_most_so_many_and_then_the_next_ones(line):
    line = line()
    line.produce([letter(line, b"%d" % number, offset=number) for number in range(250)], line.dead)
    desk = line.desk(["language_detect"])
    for sent in (120, 120, 10, 0):
        done = replay(desk, "--max=120")
        assert f"{sent} picked, {sent} sent back" in done.stderr.decode()
        assert (b"stopped at --max=120" in done.stderr) == (sent == 120)
    assert values(line.topics.read(line.raw)) == [b"%d" % number for number in range(250)]
    replay(desk, "--class=crash", "--from=7", "--to=7")
    assert values(line.topics.read(line.raw))[250:] == [b"7"], "another choice has another place"
    replay(desk, "--again", "--max=3")
    assert values(line.topics.read(line.raw))[251:] == [b"0", b"1", b"2"]


# ---- letters that were cut ---------------------------------------------------------------------------------------------------------

def test_of_a_letter_that_was_cut_the_original_is_sent(line):
    """… if it is still there, and still the same."""
    line = line()
    records = line.produce([Record(Writer(83).payload(60_000), b"large", [("mark", b"1")]) for _ in range(2)])
    desk = line.start(["language_detect"], kafka={"producer": ["message.max.bytes=20000"]})
    line.settle()
    first, second = line.letters()
    assert desk.stop() == 0 and len(first.value) < len(records[0].value) and first.header("copydesk-sha256")
    line.topics.admin.delete_records([TopicPartition(line.raw, 0, 1)])[TopicPartition(line.raw, 0)].result(30)
    forged = letter(line, second.value, offset=1, truncated=len(second.value), original_size=len(records[1].value),
                    sha256=hashlib.sha256(b"another").hexdigest())
    gone = letter(line, b"x", offset=7, topic="no-such-topic")
    line.produce([forged, gone], line.dead)
    desk = line.desk(["language_detect"], input={"topics": [line.raw, "^no-such-"]}, kafka=desk.settings["kafka"])
    for dry in (["--dry-run"], []):
        letters, summary = lines(replay(desk, "--json", *dry, status=1))
        assert [one["action"] for one in sorted(letters, key=lambda one: one["letter"]["offset"])] == [
            "refused", "would-send" if dry else "sent", "refused", "refused"]
        assert (summary["picked"], summary["refused"]) == (4, 3)
    whys = [one.get("why") for one in sorted(letters, key=lambda one: one["letter"]["offset"])]
    assert "is gone" in whys[0] and whys[1] is None and "another record" in whys[2] and "does not exist" in whys[3]
    (sent,) = line.topics.read(line.raw, **{"auto.offset.reset": "earliest"})[1:]
    assert (sent.key, sent.value, sent.headers) == (b"large", records[1].value, [("mark", b"1"), ("copydesk-replayed", b"1")])
    assert f"{line.dead}/0@0 cannot be sent back" in replay(desk, "--again", status=1).stderr.decode()


# ---- whoever dies --------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_killed_in_the_midst_and_run_again(line, number):
    """Nothing is lost; only what a kill -9 did not let it remember is sent twice, a batch at most. SIGTERM costs nothing."""
    line = line()
    bodies = [b"%d" % n for n in range(1500)]
    line.produce([letter(line, body, offset=n) for n, body in enumerate(bodies)], line.dead)
    desk = line.desk(["language_detect"], kafka={"producer": ["linger.ms=300"]})
    command = [BUILD / "copydesk", "replay", "--config", desk.file, "--max=0"]
    first = subprocess.Popen(process.bound_to_us(command), stderr=subprocess.PIPE, env=os.environ)
    wait.until(lambda: line.topics.count(line.raw) >= 300, 30, "some to be sent back", interval=0.01)
    first.send_signal(number)
    said = first.communicate(timeout=30)[1]
    assert first.returncode == (-9 if number == signal.SIGKILL else 1), said
    before = line.topics.count(line.raw)
    assert before < 1500, "it was done before it was killed: the test shows nothing"
    done = replay(desk, "--max=0")
    sent = values(line.topics.read(line.raw))
    assert list(dict.fromkeys(sent)) == bodies, "each, and in order"
    assert len(sent) - 1500 <= (100 if number == signal.SIGKILL else 0)
    assert b"goes on where this choice stopped" in done.stderr


@pytest.mark.parametrize("arguments", [["--max=many"], ["--since=yesterday"], ["--partition=3"], ["an-argument"], ["--config=/not/there"]])
def test_wrong_usage_ends_with_2(line, arguments):
    assert replay(line().desk(["language_detect"]), *arguments, status=2).stderr

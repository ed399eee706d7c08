"""The tests' own tools are tested: the broker answers, and the oracle finds what it is there to find."""

import json
import signal
import subprocess
import sys
import time

import pytest

from support import process, verify, wait
from support.articles import Writer
from support.topics import Record


def test_records_go_through_a_real_broker_unchanged(topics):
    topic = topics.create("through", partitions=3)
    sent = topics.produce(topic, [
        Record(b"one", b"key", [("a", b"1"), ("a", None), ("b", b"")], 1_700_000_000_000, partition=0),
        Record(None, b"key", partition=1),
        Record(b"", None, partition=2),
        Record(b"four", b"key", timestamp=1_600_000_000_000, partition=0),
    ])
    read = topics.read(topic)
    assert read == sorted(sent, key=lambda record: (record.partition, record.offset))
    assert topics.count(topic) == 4
    assert topics.lag("nobody", topic) == 4


def test_the_broker_dies_with_the_process_that_started_it(tmp_path):
    """Also when that is killed: no broker may stay behind a pytest that somebody ended with kill -9."""
    script = ("import sys; sys.path.insert(0, sys.argv[1]); from support import process; import subprocess, time\n"
              "print(subprocess.Popen(process.bound_to_us(['sleep', '100'])).pid, flush=True); time.sleep(100)")
    parent = subprocess.Popen([sys.executable, "-c", script, str(verify.SCHEMA.parents[1] / "tests")],
                              stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    wait.until(lambda: process.command_line(child)[:1] == ["sleep"], 10, "the child to run")
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    wait.until(lambda: not process.alive(child), 10, "the child to end")


def test_waiting_ends_with_a_reason():
    begin = time.monotonic()
    with pytest.raises(wait.Timeout, match="water to boil .last seen: 0"):
        wait.until(lambda: 0, 0.1, "water to boil")
    assert time.monotonic() - begin < 5


def enriched(source):
    """What a desk without stages would publish for this input."""
    place = {"topic": source.topic, "partition": source.partition, "offset": source.offset,
             "timestamp": source.timestamp}
    added = {"enrichment": {}, "provenance": {"pipeline": "0f", "source": place, "stages": []}}
    value = source.value.rstrip(b"}") + b"," + json.dumps(added).encode()[1:]
    return Record(value, source.key, [*source.headers, ("copydesk-pipeline", b"0f")], source.timestamp,
                  source.partition, source.offset, "out")


@pytest.fixture
def story(monkeypatch):
    monkeypatch.setattr(verify, "SCHEMA", verify.SCHEMA.with_name("not there"))  # the made outputs are not by it
    writer = Writer(3)
    inputs = [Record(writer.payload(100), b"key", [("h", b"v")], 1_700_000_000_000 + n, 0, n, "in") for n in range(6)]
    return inputs, [enriched(source) for source in inputs]


def test_the_oracle_accepts_what_is_right(story):
    inputs, outputs = story
    documents = verify.verify(inputs, outputs)
    assert [document["id"] for document in documents] == [f"article-{n}" for n in range(1, 7)]
    verify.verify(inputs, outputs + [outputs[4]], repeats=True)


def letter_of(source):
    return Record(source.value, source.key, [
        *source.headers, ("copydesk-class", b"crash"), ("copydesk-reason", b"a reason"), ("copydesk-stage", b"x"),
        ("copydesk-attempts", b"2"), ("copydesk-topic", source.topic.encode()),
        ("copydesk-partition", str(source.partition).encode()), ("copydesk-offset", str(source.offset).encode())])


def test_the_oracle_accepts_a_dead_letter(story):
    inputs, outputs = story
    del outputs[2]
    verify.verify(inputs, outputs, [letter_of(inputs[2])])


def lose(inputs, outputs, dead):
    del outputs[2]


def repeat(inputs, outputs, dead):
    outputs.append(outputs[3])


def swap(inputs, outputs, dead):
    outputs[2], outputs[3] = outputs[3], outputs[2]


def invent(inputs, outputs, dead):
    outputs[2].value = outputs[2].value.replace(b'"offset": 2', b'"offset": 200')


def change_member(inputs, outputs, dead):
    outputs[2].value = outputs[2].value.replace(b'"source": "l', b'"source":  "L')


def drop_member(inputs, outputs, dead):
    outputs[2].value = outputs[2].value.replace(b'"source": "larnby-courier.example", ', b"")


def change_key(inputs, outputs, dead):
    outputs[2].key = b"other"


def change_headers(inputs, outputs, dead):
    outputs[2].headers = outputs[2].headers[1:]


def change_timestamp(inputs, outputs, dead):
    outputs[2].timestamp += 1


def also_dead(inputs, outputs, dead):
    dead.append(letter_of(inputs[2]))


def dead_changed(inputs, outputs, dead):
    del outputs[2]
    dead.append(letter_of(inputs[2]))
    dead[0].value += b" "


def dead_without_reason(inputs, outputs, dead):
    del outputs[2]
    dead.append(letter_of(inputs[2]))
    dead[0].headers = [one for one in dead[0].headers if one[0] != "copydesk-reason"]


def wrong_span(inputs, outputs, dead):
    outputs[2].value = outputs[2].value.replace(
        b'"enrichment": {}', b'"enrichment": {"credits": {"spans": [{"start": 0, "end": 3, "text": "not"}]}}')


@pytest.mark.parametrize("fault", [lose, repeat, swap, invent, change_member, drop_member, change_key, change_headers,
                                   change_timestamp, also_dead, dead_changed, dead_without_reason, wrong_span])
def test_the_oracle_finds(story, fault):
    inputs, outputs = story
    dead = []
    fault(inputs, outputs, dead)
    with pytest.raises(AssertionError):
        verify.verify(inputs, outputs, dead)


def test_a_repetition_that_differs_is_found(story):
    inputs, outputs = story
    again = Record(**{**vars(outputs[1]), "value": outputs[1].value.replace(b"0f", b"1f"),
                      "headers": [*inputs[1].headers, ("copydesk-pipeline", b"1f")]})
    with pytest.raises(AssertionError, match="not the same"):
        verify.verify(inputs, outputs + [again], repeats=True)


def test_members_are_taken_as_written():
    text = '{ "a" : 1.50 ,"b":[1, 2 ],"\\u0063":"\\u00e9"  }'
    assert verify.members(text) == [('"a"', "1.50"), ('"b"', "[1, 2 ]"), ('"\\u0063"', '"\\u00e9"')]
    with pytest.raises(AssertionError):
        verify.members('{"a":1} x')

"""Topics and offsets: deleted, missing, grown, cut, too small. Rows 9 to 17."""

import hashlib

import pytest

from confluent_kafka import TopicPartition
from confluent_kafka.admin import NewTopic

from faults.harness import STEADY, both, cpu_share, degraded, spread
from integration import test_delivery, test_lost_offsets, test_main_job, test_start
from support import verify, wait
from support.articles import Writer
from support.line import extra_plugin
from support.topics import Record


def delete(topics, name):
    topics.admin.delete_topics([name])[name].result(30)
    wait.until(lambda: name not in topics.admin.list_topics(timeout=10).topics, 30, f"{name} to be gone")


def create_again(topics, name, partitions=1):
    new = NewTopic(name, num_partitions=partitions, replication_factor=3)
    wait.until(lambda: topics.admin.create_topics([new])[name].exception(30) is None, 30, f"{name} to be made again")
    wait.until(lambda: topics.partitions(name) == partitions, 30, f"{name} to be there")


def test_r09_input_topic_deleted(line):
    """Said in log and status, no hot loop; when it is there again, its records come out from the first one."""
    line = line(partitions=2)
    records = line.produce(spread(400))
    desk = line.start([], kafka={"common": [f"bootstrap.servers={line.topics.address}",
                                            "topic.metadata.refresh.interval.ms=1000"]})
    line.done_so_far(records)
    delete(line.topics, line.raw)
    desk.wait_for_log("UNKNOWN_TOPIC_OR_PART|UNKNOWN_TOPIC", 60)
    wait.until(lambda: degraded(desk), 30, "the status to tell")
    assert cpu_share(desk.pid, 3) < 0.3
    create_again(line.topics, line.raw, 2)
    again = line.produce(spread(400, seed=2))
    wait.until(lambda: line.topics.count(line.out) >= 800, 60, "the new topic's records to come out")
    wait.until(lambda: line.topics.committed(line.group, line.raw) == {0: 200, 1: 200}, 30, "their offsets to be committed")
    later = sorted((one for one in line.outputs() if one.offset >= 200), key=lambda one: (one.partition, one.offset))
    ids = [record.key for record in later]
    assert ids == [record.key for number in (0, 1) for record in again if record.partition == number]
    assert desk.stop() == 0


@pytest.mark.short
def test_r10_output_topic_missing(line):
    """A start-up check: it ends, by itself and with the topic's name."""
    made = []

    def noted(*arguments, **settings):
        made.append(line(*arguments, **settings))
        return made[-1]

    test_start.test_a_missing_output_topic_is_told(noted)
    (desk,) = made[0].desks
    assert desk.wait(60) == 1
    desk.process = None


def test_r10_output_topic_deleted_while_running(line):
    line = line(partitions=2)
    records = line.produce(spread(200))
    desk = line.start([], kafka={"common": [f"bootstrap.servers={line.topics.address}",
                                            "topic.metadata.refresh.interval.ms=1000"]})
    line.done_so_far(records)
    delete(line.topics, line.out)
    more = line.produce(spread(200, seed=2))
    wait.until(lambda: degraded(desk), 60, "the status to tell")
    assert line.topics.lag(line.group, line.raw) > 0 and cpu_share(desk.pid, 3) < 0.5
    create_again(line.topics, line.out, 2)
    line.settle(90)
    line.verify(more, ordered=False)  # refused for another reason than their size: sent again behind others
    assert line.letters() == []
    assert desk.stop() == 0


@both
def test_r11_output_partitions_grown(line):
    """While it runs the old count holds, so order holds; after a start the new one."""
    line = line(partitions=2, watch=False)
    records = line.produce(spread(2000))
    desk = line.start([STEADY])
    line.came_out(300)
    line.topics.grow(line.out, 5)
    line.settle()
    line.verify(records, repeats=line.repeats)
    assert {record.partition for record in line.outputs()} == {0, 1}
    assert desk.stop() == 0
    desk.start()
    more = line.produce(spread(500, seed=2))
    line.settle()
    seen = {record.key: record for record in line.outputs()[:]}
    assert set(seen) >= {record.key for record in more} and line.count() >= 2500
    assert len({record.partition for record in line.outputs()}) > 2, "by key now, over all partitions"
    assert desk.stop() == 0


def begin_and_cut(line):
    """A desk stopped at 100 a partition, while the log now begins at 300."""
    done = line.produce(spread(200))
    desk = line.start([])
    line.done_so_far(done)
    assert desk.stop() == 0
    missed = line.produce(spread(400, seed=2))
    there = line.produce(spread(200, seed=3))
    places = [TopicPartition(line.raw, number, 300) for number in range(2)]
    for answer in line.topics.admin.delete_records(places).values():
        answer.result(30)
    return desk, done, missed, there


def test_r12_offsets_out_of_range(line):
    """Retention was faster: what is there comes out from the earliest; the log says so."""
    line = line(partitions=2)
    desk, done, missed, there = begin_and_cut(line)
    desk.start()
    line.settle()
    line.verify(done + there)
    assert desk.logged("OUT_OF_RANGE|out of range")
    assert len(missed) == 400 and desk.stop() == 0


def test_r12_skipped_offsets_are_counted(line):
    line = line(partitions=2)
    desk, *_ = begin_and_cut(line)
    desk.start()
    line.settle()
    last = wait.until(lambda: [one for one in line.stats() if one["partitions"]], 10, "stats")[-1]
    assert [one["skipped"] for one in last["partitions"]] == [200, 200]


def test_r12_offsets_cut_while_it_runs(line):
    test_lost_offsets.test_what_is_cut_while_it_runs_is_counted(line)


@both
def test_r12_the_desk_that_must_stop(line):
    test_lost_offsets.test_a_desk_that_must_stop_does(line)


def test_r12_gaps_are_no_loss(line):
    test_lost_offsets.test_gaps_are_no_loss(line)


def test_r13_committed_offsets_expired(line):
    """The group's memory is gone: from input.start, the earliest, never silently from the end."""
    line = line(partitions=2)
    records = line.produce(spread(400))
    desk = line.start([])
    line.done_so_far(records)
    assert desk.stop() == 0
    wait.until(lambda: line.topics.admin.delete_consumer_groups([line.group])[line.group].exception(30) is None, 60,
               "the group to be deleted")
    records += line.produce(spread(100, seed=2))
    desk.start()
    line.settle()
    line.verify(records, repeats=True)
    assert line.topics.count(line.out) >= 900, "all of it came again"
    assert desk.stop() == 0


@both
def test_r14_too_large_for_the_output(line):
    """The broker's limit. One dead letter, the rest goes on."""
    test_main_job.test_an_output_that_the_topic_refuses_is_a_dead_letter(line)


def one_cut_letter(line, records, whole):
    """The only dead letter holds the beginning of `whole`, with its size and its digest; all else is as ever."""
    line.settle()
    (letter,) = line.letters()
    assert letter.value == whole[:len(letter.value)] and 1000 < len(letter.value) < len(whole)
    assert int(letter.header("copydesk-truncated")) == len(letter.value)
    assert int(letter.header("copydesk-original-size")) == len(whole)
    assert letter.header("copydesk-sha256") == hashlib.sha256(whole).hexdigest()
    length, letter.value = len(letter.value), whole
    verify.verify(records, line.outputs(), [letter], repeats=line.repeats)
    return letter, length


@pytest.mark.short
@both
def test_r14_too_large_for_the_producer(line):
    """The client's own limit, found before anything is sent. It holds for the dead letter, too, which is cut."""
    line = line(partitions=1)
    long = Writer(8).payload(90_000)
    records = line.produce([*spread(5, 1), Record(long, b"long"), *spread(5, 1, seed=9)])
    line.start([], kafka={"producer": ["message.max.bytes=65000"]})
    letter, length = one_cut_letter(line, records, long)
    assert letter.key == b"long" and letter.header("copydesk-class") == "too-large" and length < 65_000


@pytest.mark.short
@both
def test_r15_dead_letter_too_large(line):
    """The topic's limit: cut until it fits."""
    line = line(partitions=1)
    line.dead = line.topics.create("small-dead", 1, max_message_bytes=20_000)
    long = b'{"text": "' + b"x" * 90_000
    records = line.produce([*spread(20, 1), Record(long, b"long"), *spread(20, 1, seed=2)])
    line.start([])
    letter, length = one_cut_letter(line, records, long)
    assert letter.header("copydesk-class") == "decode" and length < 20_000


def test_r16_dead_letter_topic_unavailable(line):
    """Gone: its partition waits, the other one goes on; there again: the letter is delivered. Never dropped."""
    line = line(partitions=2)
    desk = line.start([extra_plugin("misbehave")], kafka={"common": [f"bootstrap.servers={line.topics.address}",
                                                                    "topic.metadata.refresh.interval.ms=1000"]})
    delete(line.topics, line.dead)
    writer = Writer(5)
    held = line.produce([Record(writer.payload(100, text="misbehave:reject"), b"held", partition=0),
                         *(Record(writer.payload(100), partition=0) for _ in range(100))])
    free = line.produce([Record(writer.payload(100), partition=1) for _ in range(300)])
    wait.until(lambda: line.topics.committed(line.group, line.raw).get(1) == 300, 30, "the other partition to be done")
    assert line.topics.committed(line.group, line.raw).get(0, 0) == 0, "the letter is not delivered"
    wait.until(lambda: degraded(desk), 60, "the status to tell")
    create_again(line.topics, line.dead)
    line.settle(90)
    line.verify(held + free)
    assert [letter.key for letter in line.letters()] == [b"held"]
    assert desk.stop() == 0


def test_r17_stats_topic_unavailable(line):
    test_delivery.test_the_stats_topic_may_be_missing(line)


def test_r17_stats_topic_deleted_while_running(line):
    line = line(partitions=2)
    records = line.produce(spread(2000))
    desk = line.start([STEADY])
    line.came_out(200)
    delete(line.topics, line.stats_topic)
    line.settle()
    line.verify(records)
    assert desk.stop() == 0
    create_again(line.topics, line.stats_topic)


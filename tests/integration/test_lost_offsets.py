"""input.lost_offsets: records that are gone before they were read are counted, or end the desk; gaps are no loss."""

import os
import signal

from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import NewTopic

from support import config, wait
from support.articles import Writer
from support.line import extra_plugin
from support.topics import Record

LOST = 65


def articles(count, seed, partition=0, size=300):
    writer = Writer(seed)
    return [Record(writer.payload(size), f"{seed}-{n}".encode(), partition=partition) for n in range(count)]


def cut(line, before, partition=0):
    """The partition of the raw topic begins at `before` now."""
    for answer in line.topics.admin.delete_records([TopicPartition(line.raw, partition, before)]).values():
        answer.result(30)


def last_partition(line):
    """The last stats record's only partition, once all of it is read and committed."""
    end = line.topics.end_offsets(line.raw)[0]

    def told():
        found = [record["partitions"][0] for record in line.stats() if record["partitions"]]
        return found and found[-1]["committed"] == found[-1]["end"] == end and found[-1]

    return wait.until(told, 20, f"stats that know the end, {end}")


def test_what_is_cut_while_it_runs_is_counted(line):
    """The desk stands still while retention passes it. What did not come out is what was counted."""
    line = line()
    line.produce(articles(50, 1))
    desk = line.start()
    line.settle()
    desk.signal(signal.SIGSTOP)
    line.produce(articles(2000, 2), **{"batch.size": 10_000})
    cut(line, 1500)
    desk.signal(signal.SIGCONT)
    line.settle()
    line.produce(articles(50, 3))
    line.settle()
    one, out = last_partition(line), len(line.outputs())
    assert one["skipped"] > 0 and out + one["skipped"] == 2100 and one["lag"] == 0
    assert desk.logged(f"{line.raw}/0: {one['skipped']} offsets are gone, ")
    assert desk.stop() == 0


def test_a_desk_that_must_stop_does(line):
    """It ends with its own status, says what is gone and what to do, and has skipped nothing; then it is told to go on."""
    line = line()
    line.produce(articles(50, 1))
    desk = line.start(input={"lost_offsets": "stop"})
    line.settle()
    assert desk.stop() == 0
    at = line.topics.committed(line.group, line.raw)[0]
    line.produce(articles(100, 2))
    cut(line, at + 30)
    desk.start(ready=False)
    assert desk.wait() == LOST
    assert desk.logged(f"{line.raw}/0: 30 offsets are gone, {at} to {at + 29}: the log begins at {at + 30}. .*"
                       f'lost_offsets = "go-on".* {line.group} .*--reset-offsets')
    assert line.topics.committed(line.group, line.raw)[0] == at and len(line.outputs()) == 50
    desk.settings = config.merged(desk.settings, {"input": {"lost_offsets": "go-on"}})
    desk.file.write_text(config.members(desk.settings))
    desk.start()
    line.settle()
    assert len(line.outputs()) == 120 and desk.stop() == 0


def test_a_new_group_is_no_loss(line):
    """Nothing was committed, and the log begins in its middle: it starts there, also where it must stop for what is gone."""
    line = line(partitions=1)
    line.produce(articles(100, 1))
    cut(line, 40)
    desk = line.start(input={"lost_offsets": "stop"})
    line.settle()
    assert last_partition(line)["skipped"] == 0 and len(line.outputs()) == 60
    assert desk.logged(f"{line.raw}/0: group {line.group} has no offset for it: it starts at earliest")
    assert desk.stop() == 0


def in_transactions(line, seed, count, partition=0):
    """Transactions of five articles; every other one is aborted. How many articles are there to be read."""
    producer = Producer({"bootstrap.servers": line.topics.address, "transactional.id": f"{line.raw}-{os.getpid()}", "log_level": 0})
    producer.init_transactions(30)
    for n in range(count):
        producer.begin_transaction()
        for article in articles(5, seed + n):
            producer.produce(line.raw, article.value, article.key, partition=partition)
        producer.flush(30)
        producer.abort_transaction(30) if n % 2 else producer.commit_transaction(30)
    wait.until(lambda: line.topics.closed(line.raw), 30, "the last marker to be written")
    return (count + 1) // 2 * 5


def test_gaps_are_no_loss(line):
    """Markers and aborted records, read with the log's beginning behind and at the desk's place. Then a cut into one transaction: of
    the gaps behind it nothing is counted."""
    line = line()
    count = in_transactions(line, 100, 20)
    desk = line.start()
    line.settle()
    cut(line, 60)
    count += in_transactions(line, 200, 20)
    line.settle()
    assert last_partition(line)["skipped"] == 0 and len(line.outputs()) == count
    assert desk.stop() == 0
    at = line.topics.committed(line.group, line.raw)[0]
    cut(line, at)
    count += in_transactions(line, 300, 4)
    desk.start()
    line.settle()
    assert last_partition(line)["skipped"] == 0 and len(line.outputs()) == count
    assert desk.stop() == 0
    at = line.topics.committed(line.group, line.raw)[0]
    count += in_transactions(line, 400, 5)
    cut(line, at + 3)
    desk.start()
    line.settle()
    assert last_partition(line)["skipped"] == 3 and len(line.outputs()) == count - 3
    assert desk.stop() == 0


def test_an_end_that_is_cut_behind_markers_is_no_loss(line):
    """All of partition 1 is read, to the marker at its end, and then cut. That the other partition is fetched anew, its queue having
    been full, must not ask for the marker's place again."""
    line = line(partitions=2)
    count = in_transactions(line, 100, 5, partition=1)
    desk = line.start(input={"lost_offsets": "stop"}, kafka={"consumer": ["queued.max.messages.kbytes=64"]})
    line.settle()
    cut(line, line.topics.end_offsets(line.raw)[1], partition=1)
    count += len(line.produce(articles(1000, 2)))
    line.settle()
    assert desk.stop() == 0 and len(line.outputs()) == count


def test_a_topic_that_is_made_anew_at_once_is_read_from_its_first_record(line):
    """The group does not notice, and the new log's offsets are those that the desk has seen of the old one."""
    line = line()
    count = len(line.produce(articles(50, 1)))
    desk = line.start()
    line.settle()
    line.topics.admin.delete_topics([line.raw])[line.raw].result(30)
    new = NewTopic(line.raw, num_partitions=1, replication_factor=1)
    wait.until(lambda: line.topics.admin.create_topics([new])[line.raw].exception(30) is None, 30, "it to be made", interval=0.01)
    wait.until(lambda: line.topics.partitions(line.raw) == 1, 30, "it to be there")
    count += len(line.produce(articles(20, 2)))
    wait.until(lambda: len(line.outputs()) >= count, 30, "the new topic's records to come out")
    wait.until(lambda: line.topics.committed(line.group, line.raw) == {0: 20}, 30, "their offsets to be committed")
    assert len(line.outputs()) == count and desk.stop() == 0


def test_a_partition_that_was_cut_does_not_wait_for_the_others_backlog(line):
    """While it looks for its new beginning, the others' queue is full and empty many times, and they are fetched anew each time."""
    line = line(partitions=2)
    line.produce(articles(50, 1, partition=1))
    desk = line.start([extra_plugin("faulty", nap_us=3000)], input={"max_bytes": 4 << 20}, desk={"memory": 16 << 20},
                      kafka={"consumer": ["queued.max.messages.kbytes=64", "max.partition.fetch.bytes=65536"]})
    line.settle()
    desk.signal(signal.SIGSTOP)
    line.produce(articles(500, 2, partition=1))
    many = articles(500, 3, size=3000)
    backlog = sum(len(line.produce(many, **{"batch.size": 20_000})) for _ in range(12))
    cut(line, 400, partition=1)
    desk.signal(signal.SIGCONT)
    wait.until(lambda: line.topics.end_offsets(line.out)[1] == 200, 60, "what is left of it to come out")
    assert line.topics.end_offsets(line.out)[0] < backlog, "it came behind all others"
    line.settle()
    assert len(line.outputs()) == 200 + backlog and desk.stop() == 0

"""A read_committed consumer that runs while faults happen. What it was given must be, in the end, what the topic holds: each
offset once, in order, nothing that is not there afterwards and nothing left out."""

import threading

from confluent_kafka import KafkaError, TopicPartition

from . import wait


class Watcher:
    def __init__(self, topics, topic):
        self.topic, self.seen, self.wrong = topic, [], []
        self.consumer = topics.consumer(**{"isolation.level": "read_committed"})
        self.next = dict.fromkeys(range(topics.partitions(topic)), 0)
        self.assign()
        self.end, self.stuck = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def assign(self):
        self.consumer.assign([TopicPartition(self.topic, number, offset) for number, offset in self.next.items()])

    def run(self):
        while not self.end.is_set():
            if self.stuck.is_set():
                self.stuck.clear()
                self.assign()
            for message in self.consumer.consume(1000, 0.1):
                if not message.error():
                    self.seen.append((message.partition(), message.offset(), hash(message.value())))
                    self.next[message.partition()] = message.offset() + 1
                elif message.error().code() not in (KafkaError._PARTITION_EOF, KafkaError._ALL_BROKERS_DOWN) \
                        and not message.error().retriable() and message.error().code() >= 0:
                    self.wrong.append(str(message.error()))
        self.consumer.close()

    def check(self, records):
        """`records` as read from the topic at the end."""
        there = [(record.partition, record.offset, hash(record.value)) for record in records]
        try:
            wait.until(lambda: len(self.seen) >= len(there), 20, "the watching consumer to see all records")
        except wait.Timeout:  # after brokers' faults librdkafka may stand still: it goes on where it is
            self.stuck.set()
            wait.until(lambda: len(self.seen) >= len(there), 60, f"the watching consumer to see all {len(there)} records")
        self.stop()
        assert not self.wrong, self.wrong
        assert sorted(self.seen) == sorted(there), "what a read_committed consumer saw on the way is not what is there now"
        last = {}
        for partition, offset, _ in self.seen:
            assert offset > last.get(partition, -1), f"{self.topic}/{partition}: {offset} after {last[partition]}"
            last[partition] = offset

    def stop(self):
        self.end.set()
        self.thread.join(30)

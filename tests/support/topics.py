"""Topics, records and offsets of a running cluster, as short calls."""

import dataclasses
import itertools

from confluent_kafka import (TIMESTAMP_CREATE_TIME, Consumer, IsolationLevel, KafkaError, KafkaException, Producer,
                             TopicPartition)
from confluent_kafka.admin import NewPartitions, NewTopic, OffsetSpec

from . import wait

counter = itertools.count(1)
MOVING = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE, KafkaError.UNKNOWN_TOPIC_OR_PART,
          KafkaError.BROKER_NOT_AVAILABLE, KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.NOT_COORDINATOR,
          KafkaError.COORDINATOR_LOAD_IN_PROGRESS, KafkaError._WAIT_COORD, KafkaError._TRANSPORT,
          KafkaError._TIMED_OUT, KafkaError._TIMED_OUT_QUEUE, KafkaError.OFFSET_NOT_AVAILABLE,
          KafkaError.UNKNOWN_LEADER_EPOCH, KafkaError.FENCED_LEADER_EPOCH)


@dataclasses.dataclass
class Record:
    """One record. `value` and `key` are bytes or None; `timestamp` is in milliseconds; partition and offset are set
    once it is in a topic."""

    value: bytes | None
    key: bytes | None = None
    headers: list = dataclasses.field(default_factory=list)
    timestamp: int | None = None
    partition: int | None = None
    offset: int | None = None
    topic: str | None = None

    def header(self, name):
        """The last header of this name as text, or None."""
        values = [value for key, value in self.headers if key == name]
        return values[-1].decode() if values and values[-1] is not None else None

    @property
    def place(self):
        return (self.topic, self.partition, self.offset)


class Topics:
    def __init__(self, cluster):
        self.cluster, self.admin, self.members = cluster, cluster.admin, {}

    @property
    def address(self):
        return self.cluster.address

    def create(self, name, partitions=1, **settings):
        """A new topic whose name begins with `name`; settings like max_message_bytes=20000. Returns the name."""
        name = f"{name}-{next(counter)}"
        settings = {key.replace("_", "."): str(value) for key, value in settings.items()}
        new = NewTopic(name, num_partitions=partitions, replication_factor=min(3, len(self.cluster.nodes)),
                       config=settings)
        self.admin.create_topics([new])[name].result(30)
        wait.until(lambda: self.partitions(name) == partitions, 30, f"topic {name} to be there")
        return name

    def grow(self, name, partitions):
        self.admin.create_partitions([NewPartitions(name, partitions)])[name].result(30)
        wait.until(lambda: self.partitions(name) == partitions, 30, f"topic {name} to have grown")

    def partitions(self, name):
        """How many partitions it has, counting only those with a leader."""
        topic = self.admin.list_topics(name, timeout=10).topics[name]
        return sum(1 for partition in topic.partitions.values() if partition.leader >= 0) if not topic.error else 0

    def produce(self, topic, records, **settings):
        """Sends the records (Record, or bytes for the value alone) and waits for all of them. Returns Records that know
        where they are, in the order given."""
        producer = Producer({"bootstrap.servers": self.address, "enable.idempotence": True, "linger.ms": 5,
                             "message.max.bytes": 100_000_000, "log_level": 0, **settings})
        sent = [one if isinstance(one, Record) else Record(one) for one in records]
        failures = []

        def delivered(record):
            def report(error, message):
                if error:
                    failures.append(error)
                    return
                record.topic, record.partition, record.offset = message.topic(), message.partition(), message.offset()
                record.timestamp = message.timestamp()[1]
            return report

        for record in sent:
            place = {} if record.partition is None else {"partition": record.partition}
            if record.timestamp is not None:
                place["timestamp"] = record.timestamp
            while True:
                try:
                    producer.produce(topic, value=record.value, key=record.key, headers=record.headers,
                                     on_delivery=delivered(record), **place)
                    break
                except BufferError:
                    producer.poll(0.1)
            producer.poll(0)
        assert producer.flush(60) == 0, "records were not delivered within 60 s"
        assert not failures, failures[0]
        return sent

    def end_offsets(self, topic, level=IsolationLevel.READ_UNCOMMITTED):
        """{partition: the offset after its last record}; with READ_COMMITTED only to where no transaction is open."""
        asked = {TopicPartition(topic, number): OffsetSpec.latest() for number in range(self.partitions(topic))}

        def ask():
            answers = self.admin.list_offsets(asked, isolation_level=level, request_timeout=5)
            try:
                return {place.partition: answer.result(10).offset for place, answer in answers.items()}
            except TimeoutError:
                return None
            except KafkaException as failure:
                if failure.args[0].code() in MOVING:
                    return None
                raise

        return wait.until(ask, 60, f"the leaders of {topic} to answer") if asked else {}

    def count(self, topic):
        """How many records were ever written to it (control records of transactions count too)."""
        return sum(self.end_offsets(topic).values())

    def closed(self, topic):
        """No transaction is open in it. (Markers are written after the commit has been answered.)"""
        return self.end_offsets(topic, IsolationLevel.READ_COMMITTED) == self.end_offsets(topic)

    def consumer(self, **settings):
        return Consumer({"bootstrap.servers": self.address, "group.id": f"reader-{next(counter)}",
                         "enable.auto.commit": False, "enable.partition.eof": True, "fetch.max.bytes": 100_000_000,
                         "max.partition.fetch.bytes": 100_000_000, "receive.message.max.bytes": 200_000_000,
                         "log_level": 0, **settings})

    def read(self, topic, timeout=60, **settings):
        """Everything in the topic, from the beginning to where its partitions end now: by partition, then by offset."""
        ends = {number: end for number, end in self.end_offsets(topic).items() if end > 0}
        consumer = self.consumer(**settings)
        records, open_partitions = [], set(ends)
        consumer.assign([TopicPartition(topic, number, 0) for number in ends])

        def step():
            for message in consumer.consume(10_000, 0.05):
                if message.error():
                    assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
                    open_partitions.discard(message.partition())  # control records stand at the end
                    continue
                if message.offset() + 1 >= ends[message.partition()]:
                    open_partitions.discard(message.partition())
                if message.offset() < ends[message.partition()]:
                    kind, timestamp = message.timestamp()
                    records.append(Record(message.value(), message.key(), message.headers() or [],
                                          timestamp if kind == TIMESTAMP_CREATE_TIME else None,
                                          message.partition(), message.offset(), topic))
            return not open_partitions

        try:
            wait.until(step, timeout, f"the end of {topic}", interval=0)
        finally:
            consumer.close()
        return sorted(records, key=lambda record: (record.partition, record.offset))

    def wait_for(self, topic, count, timeout=60):
        """Waits until at least this many records were written to the topic; then reads all."""
        wait.until(lambda: self.count(topic) >= count, timeout, f"{count} records in {topic}")
        return self.read(topic)

    def committed(self, group, topic):
        """{partition: committed offset} of a group, without those that have none. Does not join the group. (A consumer
        that never subscribes asks: the admin client's own call crashes while a coordinator moves, librdkafka 2.12.)"""
        if group not in self.members:
            self.members[group] = self.consumer(**{"group.id": group})
        asked = [TopicPartition(topic, number) for number in range(self.partitions(topic))]

        def ask():
            try:
                return {one.partition: one.offset for one in self.members[group].committed(asked, timeout=10)}
            except KafkaException as failure:
                if failure.args[0].code() in MOVING:
                    return None
                raise

        answer = wait.until(ask, 30, f"the coordinator of {group} to answer")
        return {number: offset for number, offset in answer.items() if offset >= 0}

    def lag(self, group, *topics):
        """How many records of the topics the group has not committed."""
        lag = 0
        for topic in topics:
            committed = self.committed(group, topic)
            lag += sum(end - committed.get(number, 0) for number, end in self.end_offsets(topic).items())
        return lag

    def wait_for_lag_zero(self, group, *topics, timeout=60):
        wait.until(lambda: self.lag(group, *topics) == 0, timeout, f"lag 0 of {group} on {topics}")

"""A real Apache Kafka on loopback: KRaft, one process a node, ports that were free, data in a folder of the caller's.

Each node is broker and controller at once, unless the controller is asked to be a process of its own. A node never
outlives the tests (see process.bound_to_us). Nodes can be stopped, killed, frozen and started again on the same ports and
data, which is what the fault tests need. For those a broker can have a second listener, whose advertised port is that of a
proxy (support/toxiproxy.py): the daemon is pointed there, the checkers are not.
"""

import base64
import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import uuid

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from . import process, wait

ROOT = pathlib.Path(__file__).resolve().parents[2]
JARS = pathlib.Path(os.environ.get("COPYDESK_KAFKA", ROOT / "build" / "kafka"))
LOGGING = pathlib.Path(__file__).with_name("kafka") / "log4j2.properties"
JVM = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"]
START_SECONDS = 60


def free_ports(count):
    """Ports that nobody listens on. They are free until somebody takes them: callers retry."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


class Node:
    """One broker or controller process, or both in one. `proxy`: (the port it listens on, the port it advertises)."""

    def __init__(self, cluster, number, port, controller_port, proxy=None, roles=("broker", "controller")):
        self.cluster, self.number, self.port, self.controller_port = cluster, number, port, controller_port
        self.proxy, self.roles = proxy, roles
        self.folder = cluster.folder / f"node{number}"
        self.folder.mkdir(parents=True)
        self.log = self.folder / "log"
        self.process = None

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def listeners(self):
        controller = f"CONTROLLER://127.0.0.1:{self.controller_port}"
        if "broker" not in self.roles:
            return {"listeners": controller}
        own, told = [f"PLAINTEXT://{self.address}"], [f"PLAINTEXT://{self.address}"]
        if self.proxy:
            own.append(f"PROXIED://127.0.0.1:{self.proxy[0]}")
            told.append(f"PROXIED://127.0.0.1:{self.proxy[1]}")
        return {"listeners": ",".join(own + [controller] * ("controller" in self.roles)),
                "advertised.listeners": ",".join(told), "inter.broker.listener.name": "PLAINTEXT",
                "listener.security.protocol.map":
                    "PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL"}

    def write_properties(self):
        cluster = self.cluster
        copies = min(3, len(cluster.nodes))
        voters = [node for node in cluster.every if "controller" in node.roles]
        settings = {
            "process.roles": ",".join(self.roles),
            "node.id": self.number,
            "controller.quorum.voters": ",".join(f"{n.number}@127.0.0.1:{n.controller_port}" for n in voters),
            "controller.listener.names": "CONTROLLER",
            **self.listeners(),
            "log.dirs": self.folder / "data",
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": copies,
            "offsets.topic.num.partitions": 4,
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": max(1, copies - 1),
            "transaction.state.log.num.partitions": 4,
            "share.coordinator.state.topic.replication.factor": copies,
            "share.coordinator.state.topic.min.isr": max(1, copies - 1),
            "group.initial.rebalance.delay.ms": 0,
            "log.retention.ms": -1,  # old timestamps are not old records
            "log.cleaner.dedupe.buffer.size": 8 << 20,
            **(cluster.settings(self) if callable(cluster.settings) else cluster.settings),
        }
        path = self.folder / "server.properties"
        path.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        return path

    def java(self, heap, *arguments):
        return ["java", f"-Xmx{heap}m", *JVM, f"-Dlog4j2.configurationFile={LOGGING}", "-cp", f"{JARS}/*", *arguments]

    def format(self):
        subprocess.run(
            self.java(128, "kafka.tools.StorageTool", "format", "-t", self.cluster.id,
                      "-c", self.write_properties(), *self.cluster.format_options),
            check=True, stdin=subprocess.DEVNULL, stdout=self.log.open("ab"), stderr=subprocess.STDOUT)

    def start(self):
        self.process = subprocess.Popen(
            process.bound_to_us(self.java(self.cluster.heap, "kafka.Kafka", self.folder / "server.properties")),
            stdin=subprocess.DEVNULL, stdout=self.log.open("ab"), stderr=subprocess.STDOUT, cwd=self.folder)

    def started(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"Kafka ended with status {self.process.returncode}:\n{self.log.read_text()[-3000:]}")
        return len(re.findall("Kafka Server started", self.log.read_text()))

    def stop(self, number=signal.SIGTERM, timeout=30):
        """Ends the process with this signal and waits for it; harder when it does not go."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(number)
        if number != signal.SIGCONT:
            self.process.send_signal(signal.SIGCONT)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout)


class Cluster:
    """`size` nodes. Use as a context manager. `settings` are more broker properties, or a function that gives them for a
    node; `controller`: one more process, that is the only controller; `proxied`: a second listener behind a proxy."""

    def __init__(self, folder, size=1, heap=512, settings=None, controller=False, proxied=False, format_options=()):
        self.folder, self.size, self.heap, self.settings = pathlib.Path(folder), size, heap, settings or {}
        self.separate, self.proxied, self.format_options = controller, proxied, format_options
        self.id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "A", 1)
        self.nodes, self.controller = [], None

    @property
    def every(self):
        """All nodes; the controller first, if it is a process of its own."""
        return ([self.controller] if self.controller else []) + self.nodes

    @property
    def address(self):
        """For bootstrap.servers."""
        return ",".join(node.address for node in self.nodes)

    def __enter__(self):
        if not any(JARS.glob("kafka_*.jar")):
            raise RuntimeError(f"Kafka's jars are not in {JARS}: ./dev setup")
        for attempt in range(3):
            try:
                return self.start(self.folder / f"attempt{attempt}")
            except RuntimeError as failure:  # a port that somebody else took meanwhile
                self.stop()
                if attempt == 2 or "Address already in use" not in str(failure):
                    raise

    def __exit__(self, *_):
        self.stop()

    def start(self, folder):
        self.folder = folder
        ports = iter(free_ports(4 * self.size + 1))
        roles = ("broker",) if self.separate else ("broker", "controller")
        self.nodes, self.controller = [], None
        for number in range(1, self.size + 1):
            proxy = (next(ports), next(ports)) if self.proxied else None
            self.nodes.append(Node(self, number, next(ports), next(ports), proxy, roles))
        if self.separate:
            self.controller = Node(self, 100, None, next(ports), roles=("controller",))
        for node in self.every:
            node.format()
        for node in self.every:
            node.start()
        for node in self.every:
            wait.until(node.started, START_SECONDS, f"Kafka to start (see {node.log})")
        self.admin = AdminClient({"bootstrap.servers": self.address, "log_level": 0})
        wait.until(self.complete, START_SECONDS, "the cluster to know all of its nodes")
        return self

    @property
    def proxied_address(self):
        """For bootstrap.servers of whoever shall go through the proxies."""
        return ",".join(f"127.0.0.1:{node.proxy[1]}" for node in self.nodes)

    def complete(self):
        try:
            return len(self.admin.list_topics(timeout=5).brokers) == self.size
        except KafkaException:
            return False

    def stop(self):
        for node in self.every:
            node.stop(signal.SIGKILL)

"""Credentials, certificates, rights. Rows 20 to 23, on a broker of its own with SASL, TLS and ACLs.

The mechanism is PLAIN: SCRAM of librdkafka before 2.6.1 is refused by Kafka 4, whatever the password (a nonce that is sent
twice, librdkafka #4895), and Debian 12 has 2.0.2.
"""

import pathlib
import subprocess
import tempfile

import pytest

from confluent_kafka.admin import (AclBinding, AclBindingFilter, AclOperation, AclPermissionType, ResourcePatternType,
                                   ResourceType)

from faults.harness import EXACTLY_ONCE, STEADY, FaultLine, back, both, cpu_share, degraded, spread
from support import process, wait
from support.broker import Cluster, free_ports
from support.topics import Topics

USER, PASSWORD = "copydesk", "swordfish"
JAAS = "listener.name.sasl.plain.sasl.jaas.config"


def users(password):
    return f'org.apache.kafka.common.security.plain.PlainLoginModule required user_{USER}="{password}";'


def certificates(folder):
    """An authority, a key with a certificate of it for the broker, a certificate that ran out, and another authority."""
    script = """
    set -e
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=Authority -keyout ca.key -out ca.pem
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=Other -keyout other.key -out other.pem
    openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout broker.key -out broker.csr
    printf 'subjectAltName=IP:127.0.0.1\\n' >names
    openssl x509 -req -in broker.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile names -out broker.pem
    openssl x509 -req -in broker.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 0 -extfile names -out expired.pem
    openssl rsa -aes256 -passout pass:swordfish -in broker.key -out locked.key
    for name in broker expired; do
        openssl pkcs8 -topk8 -nocrypt -in broker.key >$name-store.pem
        cat $name.pem ca.pem >>$name-store.pem
    done
    """
    done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


class Guarded(Cluster):
    """The PLAINTEXT listener is the checkers', who may do everything; SASL and TLS are the daemon's."""

    def __init__(self, folder):
        self.keys, self.taken = certificates(pathlib.Path(folder)), PASSWORD
        self.sasl, self.tls, self.expired = free_ports(3)
        super().__init__(pathlib.Path(folder) / "kafka", 1, 384, self.guard)

    def guard(self, node):
        def tls(name, store):
            return {f"listener.name.{name}.ssl.keystore.type": "PEM",
                    f"listener.name.{name}.ssl.keystore.location": self.keys / store}

        return {
            "listeners": f"PLAINTEXT://{node.address},CONTROLLER://127.0.0.1:{node.controller_port},"
                         f"SASL://127.0.0.1:{self.sasl},TLS://127.0.0.1:{self.tls},EXPIRED://127.0.0.1:{self.expired}",
            "advertised.listeners": f"PLAINTEXT://{node.address},SASL://127.0.0.1:{self.sasl},TLS://127.0.0.1:{self.tls},"
                                    f"EXPIRED://127.0.0.1:{self.expired}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL,EXPIRED:SSL",
            "sasl.enabled.mechanisms": "PLAIN",
            JAAS: users(self.taken),
            "listener.name.sasl.plain.connections.max.reauth.ms": 3000,
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS;User:CN=localhost",
            "allow.everyone.if.no.acl.found": "true",
            **tls("tls", "broker-store.pem"), **tls("expired", "expired-store.pem")}

    def password(self, text):
        """What the broker takes from now on. It is started anew for it."""
        if text == self.taken:
            return
        self.taken = text
        (node,) = self.nodes
        node.stop()
        node.write_properties()
        back(node)


@pytest.fixture(scope="module")
def guarded():
    with tempfile.TemporaryDirectory(prefix="copydesk-kafka-") as folder, Guarded(folder) as cluster:
        yield cluster


class GuardedLine(FaultLine):
    def sasl(self, password=PASSWORD):
        return {"kafka": {"common": [f"bootstrap.servers=127.0.0.1:{self.topics.cluster.sasl}",
                                     "security.protocol=SASL_PLAINTEXT", "sasl.mechanism=PLAIN",
                                     f"sasl.username={USER}", f"sasl.password={password}", "reconnect.backoff.max.ms=1000"]}}

    def tls(self, port, authority):
        keys = self.topics.cluster.keys
        return {"kafka": {"common": [f"bootstrap.servers=127.0.0.1:{port}", "security.protocol=SSL",
                                     f"ssl.ca.location={keys / authority}", f"ssl.key.location={keys / 'locked.key'}",
                                     f"ssl.certificate.location={keys / 'broker.pem'}", f"ssl.key.password={PASSWORD}"]}}


@pytest.fixture
def safe(guarded, folder, delivery, request):
    line = GuardedLine(Topics(guarded), folder, delivery, partitions=2)
    yield line
    failed = getattr(request.node, "failed", False)
    line.clean_up(show=failed)
    guarded.password(PASSWORD)
    guarded.admin.delete_acls([AclBindingFilter(ResourceType.ANY, None, ResourcePatternType.ANY, None, None, AclOperation.ANY,
                                                AclPermissionType.ANY)])
    if not failed:
        line.audit()


@both
def test_r20_wrong_password_at_the_start(safe):
    """It waits, says why, and does not spin; the password is not in the log. Once the broker agrees, it goes on."""
    records = safe.produce(spread(300))
    desk = safe.desk([], **safe.sasl("haddock")).start(ready=False)
    desk.wait_for_log("(?i)authentication")
    assert cpu_share(desk.pid, 3) < 0.3 and desk.running()
    assert "haddock" not in desk.log
    safe.topics.cluster.password("haddock")
    wait.until(desk.ready_or_gone, 60, "READY=1")
    safe.done(records, repeats=False)


def test_r20_password_changed_while_running(safe):
    records = safe.produce(spread(4000))
    desk = safe.start([STEADY], **safe.sasl())
    safe.came_out(300)
    safe.topics.cluster.password("another")
    desk.wait_for_log("(?i)authentication fail|SASL authentication error")
    wait.until(lambda: degraded(desk), 60, "the status to tell")
    assert cpu_share(desk.pid, 3) < 0.3 and desk.running()
    safe.topics.cluster.password(PASSWORD)
    safe.done(records, repeats=True)


@both
def test_r21_connections_end_every_three_seconds(safe):
    """librdkafka 2.0.2 does not authenticate again, so the broker closes its connections: through 15 s of work."""
    records = safe.produce(spread(2000))
    desk = safe.start([STEADY], **safe.sasl())
    for seed in range(1, 6):
        before = len(records)
        records += safe.produce(spread(1500, seed=seed))
        safe.came_out(before)
    wait.until(lambda: desk.log.count("Disconnected") + desk.log.count("disconnected") >= 2 or safe_lag(safe) == 0, 30,
               "connections to be closed")
    safe.done(records)


def safe_lag(line):
    return line.topics.lag(line.group, line.raw)


def forbid(admin, kind, name, operation):
    binding = AclBinding(kind, name, ResourcePatternType.LITERAL, f"User:{USER}", "*", operation, AclPermissionType.DENY)
    admin.create_acls([binding])[binding].result(30)


def allow_again(admin, kind, name):
    admin.delete_acls([AclBindingFilter(kind, name, ResourcePatternType.ANY, None, None, AclOperation.ANY,
                                        AclPermissionType.ANY)])


def ended_as_documented(desk, line):
    """With transactions a right that is gone is fatal: 75, and the next start waits for it."""
    assert line.delivery == EXACTLY_ONCE and desk.process.returncode in (1, 75), desk.log[-2000:]
    return True


@both
@pytest.mark.parametrize("what", ["output", "input", "group"])
def test_r22_a_right_taken_away(safe, what):
    """Told, waited for, and nothing lost when it is given back."""
    admin = safe.topics.admin
    kind, name, operation = {"output": (ResourceType.TOPIC, safe.out, AclOperation.WRITE),
                             "input": (ResourceType.TOPIC, safe.raw, AclOperation.READ),
                             "group": (ResourceType.GROUP, safe.group, AclOperation.READ)}[what]
    records = safe.produce(spread(4000))
    desk = safe.start([STEADY], **safe.sasl())
    safe.came_out(300)
    forbid(admin, kind, name, operation)
    wait.until(lambda: not desk.running() or degraded(desk) and desk.logged("AUTHORIZATION|[Aa]uthori[sz]"), 60,
               "the status and the log to tell")
    if desk.running():
        assert cpu_share(desk.pid, 3) < 0.9
    allow_again(admin, kind, name)
    if not desk.running() and ended_as_documented(desk, safe):
        desk.start()
    safe.done(records, repeats=True, ordered=what != "output")


@pytest.mark.parametrize("case", ["expired", "other"])
def test_r23_certificates(safe, case):
    """Ran out, or of an authority that we do not know: told clearly, not READY, no key and no password in the log."""
    cluster = safe.topics.cluster
    port, authority = (cluster.expired, "ca.pem") if case == "expired" else (cluster.tls, "other.pem")
    desk = safe.desk([], **safe.tls(port, authority)).start(ready=False)
    desk.wait_for_log("(?i)certificate")
    wait.stays(lambda: desk.running() and not desk.notifications.ready(), 3, "it waits")
    assert PASSWORD not in desk.log and "PRIVATE KEY" not in desk.log
    assert not any(PASSWORD in argument for argument in process.command_line(desk.pid))
    assert desk.stop() == 0


def test_r23_a_sound_certificate(safe):
    """The same with nothing wrong: the test above fails for its reason."""
    records = safe.produce(spread(100))
    safe.start([], **safe.tls(safe.topics.cluster.tls, "ca.pem"))
    safe.done(records)

"""The control socket of a running daemon: `copydesk status` and `copydesk reload`, clients of ill will, and a start that takes
its time."""

import json
import os
import re
import resource
import signal
import socket
import subprocess
import threading

import pytest

from support import config, process, wait
from support.articles import Writer
from support.desk import BUILD, Notifications, ledger_balances, run
from support.line import extra_plugin
from support.topics import Record

READY, FAILED, USAGE, NOT_RUNNING, NOT_WELL = 0, 1, 2, 3, 4


def articles(count, seed=1, size=300):
    writer = Writer(seed)
    return [Record(writer.payload(size), b"%d" % n) for n in range(count)]


def socket_of(desk):
    return desk.folder.parent / f"{desk.settings['name']}.sock"


def status(desk):
    """(exit status, the status as `copydesk status --json` gives it)"""
    done = run(["status", "--json", "--socket", socket_of(desk)])
    assert done.returncode in (READY, NOT_WELL), done.stderr.decode()
    return done.returncode, json.loads(done.stdout)


def reload(desk, *arguments):
    """(exit status, what it said)"""
    done = run(["reload", "--config", desk.file, *arguments])
    return done.returncode, (done.stdout + done.stderr).decode()


def ask(desk, line=b'{"version":1,"command":"status"}\n'):
    """A connection over which one line was sent."""
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(socket_of(desk)))
    client.sendall(line)
    return client


# ---- Status -------------------------------------------------------------------------------------------------------------

def test_a_ready_daemon_tells_all(line):
    line = line(partitions=2)
    desk = line.start(["language_detect", "dedupe"])
    inputs = line.produce([Record(one.value, one.key, partition=n % 2) for n, one in enumerate(articles(100))])
    line.settle()
    wait.until(lambda: all(one["committed"] == 50 for one in status(desk)[1]["stats"]["partitions"]), 20, "all to be committed")
    code, told = status(desk)
    assert code == READY
    assert told["state"] == "ready" and told["reasons"] == []
    assert told["pid"] == desk.pid and told["file"] == str(desk.file) and told["group"] == line.group
    assert told["reload"] == {"last": "none", "running": False}
    stats = told["stats"]
    assert stats["status"] == "ok"
    children = {child["name"]: child["pid"] for child in stats["workers"]}
    assert sorted(children.values()) == sorted(desk.children()) and children["store"] == desk.store()
    assert stats["total"]["read"] == stats["total"]["published"] == len(inputs)
    ledger_balances(stats)
    assert [(stage["name"], stage["articles"]) for stage in stats["stages"]] == [("language_detect", 100), ("dedupe", 100)]
    assert 0 < stats["memory_limit"]
    assert desk.stop() == 0


def test_people_get_tables(line):
    line = line()
    desk = line.start(["language_detect"])
    line.produce(articles(20))
    line.settle()
    done = run(["status", "--config", desk.file])
    assert done.returncode == READY and not done.stderr, done
    text = done.stdout.decode()
    pid = desk.workers()[0]
    assert re.search(r"^desk0: ready since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC \(\d+ s\)$", text, re.M), text
    assert re.search(rf"^worker \d +ready +{pid} ", text, re.M), text
    assert re.search(rf"^{line.raw} +0 +1 +20 +20 +0 +0 +0 ", text, re.M), text
    assert re.search(r"^language_detect +\S+ +20 +20( +0){9} +[\d.]+ *$", text, re.M), text
    assert "ledger    read 20 = published 20 + dropped 0 + dead-lettered 0 + abandoned 0 + in flight 0\n" in text
    assert desk.stop() == 0


def test_a_degraded_daemon_says_why_and_since_when(line):
    """The store stands still with claims in its hands."""
    line = line()
    desk = line.start(["dedupe"])
    line.produce(articles(10))
    line.settle()
    os.kill(desk.store(), signal.SIGSTOP)
    line.produce(articles(10, seed=2))
    wait.until(lambda: status(desk)[0] == NOT_WELL, 30, "the store's silence to be noticed")
    _, told = status(desk)
    (reason,) = told["reasons"]
    assert told["state"] == "degraded" and reason["from"] == "desk" and "store" in reason["text"]
    assert reason["since_ms"] <= told["stats"]["time_ms"]
    assert told["stats"]["status"] == f"degraded: {reason['text']}"
    text = run(["status", "--config", desk.file]).stdout.decode()
    assert re.search(r"^desk0: degraded since .*\n  desk: .*store.* \(for \d+ s\)$", text, re.M), text
    wait.until(lambda: "store" in desk.notifications.status(), 10, "the service manager to be told the same")
    os.kill(desk.store(), signal.SIGCONT)
    wait.until(lambda: status(desk)[0] == READY, 30, "all to be well again")
    assert status(desk)[1]["since_ms"] > told["since_ms"]
    line.settle()
    assert desk.stop() == 0


def test_one_that_does_not_run_is_another_matter(line):
    line = line()
    desk = line.desk()
    for command in ("status", "reload", "tap"):
        done = run([command, "--config", desk.file])
        assert done.returncode == NOT_RUNNING and str(socket_of(desk)) in done.stderr.decode(), done
    desk.start()
    assert status(desk)[0] == READY
    desk.kill()
    assert socket_of(desk).exists(), "nobody removed it"
    assert run(["status", "--config", desk.file]).returncode == NOT_RUNNING
    desk.start()
    assert status(desk)[0] == READY
    assert desk.stop() == 0
    assert not socket_of(desk).exists()
    assert run(["status", "--config", desk.file]).returncode == NOT_RUNNING


@pytest.mark.parametrize("arguments", [["status", "x"], ["status", "--no-such-option"], ["reload", "--timeout", "0"],
                                       ["reload", "--timeout", "soon"], ["status", "--socket", "/" + "x" * 200],
                                       ["tap", "x"], ["tap", "--count", "0"], ["tap", "--count=5x"], ["tap", "--sample=-1"],
                                       ["tap", "--partition", "raw"], ["tap", "--partition", "raw/"], ["tap", "--partition=/0"],
                                       ["tap", "--partition", "r\"w/0"], ["tap", "--partition=raw/0x"], ["tap", "--all", "-d"]])
def test_wrong_usage(arguments):
    assert run(arguments).returncode == USAGE


@pytest.mark.parametrize("answer", [
    b"", b"\n", b"no JSON\n", b"\xff\xfe\n", b"[1]\n", b'{"ok":true}\n', b'{"ok":false}\n', b'{"ok":true,"status":7', b"x" * 300_000,
    b'{"version":1,"ok":false,"error":"busy","message":"too many \\u001b[31mclients"}\n'])
@pytest.mark.parametrize("command", ["status", "reload", "tap"])
def test_whatever_answers_there_the_command_fails_and_says_so(folder, command, answer):
    path = folder / "odd.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def serve():
            client, _ = server.accept()
            with client:
                client.recv(4096)
                client.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        done = run([command, "--socket", path])
        thread.join()
    assert done.returncode == FAILED and done.stderr.startswith(b"copydesk: "), done
    assert b"\x1b" not in done.stderr and done.stderr.count(b"\n") == 1
    assert not done.stdout


def test_a_configuration_without_a_socket(folder):
    file = folder / "copydesk.conf"
    file.write_text('run_dir = "";\n')
    done = run(["status", "--config", file])
    assert done.returncode == USAGE and b"run_dir" in done.stderr


def test_a_second_daemon_of_the_same_name_leaves_the_first_its_socket(line):
    line = line()
    first = line.start()
    second = line.desk(name="other")
    second.file.write_text(config.members({**second.settings, "name": "desk0"}))
    second.start()
    assert second.logged(r"no control socket: .*another copydeskd answers")
    assert status(first)[1]["pid"] == first.pid
    assert second.stop() == 0
    assert status(first)[1]["pid"] == first.pid
    assert first.stop() == 0


def test_without_a_folder_for_it_the_daemon_does_without(line):
    line = line()
    desk = line.desk(run_dir="/not/there").start()
    assert desk.logged(r"no control socket: /not/there/desk0\.sock: No such file or directory \(run_dir\)")
    inputs = line.produce(articles(10))
    line.settle()
    line.verify(inputs)
    assert desk.stop() == 0


# ---- Reload ---------------------------------------------------------------------------------------------------------------

def test_a_reload_that_is_accepted(line):
    line = line()
    desk = line.start(["language_detect"])
    inputs = line.produce(articles(200))
    before = status(desk)[1]["stats"]["pipeline"]
    desk.file.write_text(config.members(line.settings(["language_detect", "dedupe"], "desk0")))
    code, said = reload(desk)
    assert code == 0, said
    _, told = status(desk)
    assert said == f"accepted: pipeline {told['stats']['pipeline']}\n" and told["stats"]["pipeline"] != before
    assert told["reload"]["last"] == "accepted" and abs(told["reload"]["time_ms"] - told["stats"]["time_ms"]) < 60_000
    assert "RELOADING=1" in desk.notifications.said and desk.notifications.said.count("READY=1") == 2
    inputs += line.produce(articles(200, seed=2))
    line.settle()
    line.verify(inputs)
    assert not desk.logged("epoch 2"), "there was a rebalance"
    assert desk.stop() == 0


def test_a_reload_that_is_refused_for_its_file(line):
    """The file has errors, so the command has to be told the socket."""
    line = line()
    desk = line.start(["language_detect"])
    good, workers = desk.file.read_text(), desk.workers()
    desk.file.write_text("nmae = 1;\n" + good + "\ntwo = 2;\n")
    done = run(["reload", "--socket", socket_of(desk)])
    assert done.returncode == FAILED
    assert re.search(rf"refused, the running configuration goes on: {re.escape(str(desk.file))}:1: .*nmae.*and more",
                     done.stderr.decode())
    code, told = status(desk)
    assert code == READY and told["reload"]["last"] == "refused" and "nmae" in told["reload"]["reason"]
    text = run(["status", "--socket", socket_of(desk)]).stdout.decode()
    assert re.search(r"^reload    refused at .*: .*nmae", text, re.M), text
    assert desk.workers() == workers
    desk.file.write_text(good)
    assert reload(desk)[0] == 0
    assert status(desk)[1]["reload"]["last"] == "accepted"
    assert desk.stop() == 0


@pytest.mark.parametrize("changes, key", [
    ({"group": "another"}, "group"),
    ({"kafka": {"common": ["bootstrap.servers=127.0.0.1:1"]}}, "kafka.common"),
    ({"input": {"topics": ["another"]}}, "input.topics"),
    ({"output": {"topic": "another"}}, "output.topic"),
])
def test_what_only_a_restart_can_change_is_refused_by_name(line, changes, key):
    line = line()
    desk = line.start(["language_detect"])
    desk.file.write_text(config.members(line.settings(["language_detect"], "desk0", **changes)))
    code, said = reload(desk)
    assert code == FAILED and f"{key} is not what it was, and only a restart can change it" in said
    assert desk.stop() == 0


def test_a_reload_that_is_refused_for_its_plugins(line):
    line = line()
    desk = line.start(["language_detect"])
    desk.file.write_text(config.members(line.settings(["language_detect", extra_plugin("open_fails")], "desk0")))
    code, said = reload(desk)
    assert code == FAILED and "open_fails" in said, said
    inputs = line.produce(articles(20))
    line.settle()
    line.verify(inputs)
    assert desk.stop() == 0


def test_many_who_ask_for_a_reload_at_once_all_hear_of_it(line):
    """With a SIGHUP among them, and articles under way."""
    line = line()
    desk = line.start(["language_detect"])
    inputs = line.produce(articles(2000))
    asking = [subprocess.Popen([BUILD / "copydesk", "reload", "--config", desk.file], stdout=subprocess.PIPE) for _ in range(8)]
    desk.signal(signal.SIGHUP)
    pipeline = status(desk)[1]["stats"]["pipeline"].encode()
    for one in asking:
        assert one.communicate(timeout=60)[0] == b"accepted: pipeline " + pipeline + b"\n"
        assert one.returncode == 0
    line.settle()
    line.verify(inputs)
    assert desk.stop() == 0


# ---- Clients of ill will --------------------------------------------------------------------------------------------------

def never_reads(desk, stop):
    """Asks for more and more answers and takes none."""
    with ask(desk) as client:
        client.settimeout(0.2)
        while not stop.is_set():
            try:
                client.sendall(b'{"version":1,"command":"status"}\n' * 1000)
            except TimeoutError:
                pass


def sends_garbage(desk, stop):
    while not stop.is_set():
        with ask(desk, os.urandom(20_000)[:4096]) as client:
            client.recv(1000)


def sends_a_line_of_a_gigabyte(desk, stop):
    megabyte = b"x" * (1 << 20)
    while not stop.is_set():
        with ask(desk, b"{") as client:
            for _ in range(1024):
                client.sendall(megabyte)


def says_nothing(desk, stop):
    clients = [ask(desk, b"") for _ in range(20)]
    stop.wait(60)
    for client in clients:
        client.close()


def comes_and_goes(desk, stop):
    while not stop.is_set():
        ask(desk).close()


def persistently(behave):
    """Whatever the daemon does about it, the client tries again."""
    def run_until(desk, stop):
        while not stop.is_set():
            try:
                behave(desk, stop)
            except OSError:
                pass
    return run_until


@pytest.mark.parametrize("behave", [never_reads, sends_garbage, sends_a_line_of_a_gigabyte, says_nothing, comes_and_goes])
def test_the_data_path_does_not_notice(line, behave):
    line = line()
    desk = line.start(["language_detect"])
    line.produce(articles(50))
    line.settle()
    before = process.memory(desk.pid)["anonymous"]
    stop = threading.Event()
    crowd = [threading.Thread(target=persistently(behave), args=(desk, stop)) for _ in range(3)]
    for one in crowd:
        one.start()
    try:
        inputs = line.produce(articles(3000, seed=2))
        line.settle(60)
        after = process.memory(desk.pid)["anonymous"]
    finally:
        stop.set()
        for one in crowd:
            one.join()
    line.verify(line.topics.read(line.raw)[:50] + inputs)
    assert after - before < 32 << 20, f"{(after - before) >> 20} MiB more"
    wait.until(lambda: run(["status", "--config", desk.file]).returncode == READY, 30, "room for those who mean well")
    assert desk.stop() == 0


# ---- A start that takes its time --------------------------------------------------------------------------------------------

def test_a_start_without_brokers_asks_for_more_time_and_says_why(line):
    """systemd would else end it after TimeoutStartSec and start it anew, for ever."""
    desk = line().desk(kafka={"common": ["bootstrap.servers=127.0.0.1:1"], "consumer": []}).start(ready=False)
    asked = wait.until(lambda: [said for said in desk.notifications.said if said.startswith("EXTEND_TIMEOUT_USEC=")][1:], 60,
                       "more time to be asked for again and again")
    assert set(asked) == {"EXTEND_TIMEOUT_USEC=30000000"}
    assert "starting" in desk.notifications.status() and "broker" in desk.notifications.status()
    code, told = status(desk)
    assert code == NOT_WELL and told["state"] == "starting"
    assert [reason["from"] for reason in told["reasons"]][:1] == ["start"] and "broker" in told["reasons"][0]["text"]
    assert reload(desk) == (FAILED, "copydesk: refused, the running configuration goes on: it is still starting\n")
    assert not desk.notifications.ready()
    assert desk.stop(timeout=30) == 0


# ---- What runs out ----------------------------------------------------------------------------------------------------------

def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def test_a_limit_of_forty_descriptors(line):
    """RLIMIT_NOFILE=40: it works; when they are used up it says so, does not spin, and takes up what waits once there are some."""
    line = line()
    desk = line.desk(["language_detect"], environment={"WATCHDOG_USEC": "2000000"})
    desk.start()
    resource.prlimit(desk.pid, resource.RLIMIT_NOFILE, (40, 40))
    inputs = line.produce(articles(200))
    line.settle()
    crowd = []
    while descriptors(desk.pid) < 40 and len(crowd) < 16:
        crowd.append(ask(desk))
        crowd[-1].recv(1 << 20)
    resource.prlimit(desk.pid, resource.RLIMIT_NOFILE, (descriptors(desk.pid), 40))
    os.kill(desk.workers()[0], signal.SIGKILL)
    desk.wait_for_log("Too many open files")
    inputs += line.produce(articles(200, seed=2))
    line.settle()
    used, fed = process.cpu_seconds(desk.pid), desk.notifications.said.count("WATCHDOG=1")
    wait.stays(desk.running, 3, "the desk runs without descriptors")
    assert process.cpu_seconds(desk.pid) - used < 1, "it spins"
    assert desk.notifications.said.count("WATCHDOG=1") >= fed + 2, "the watchdog starves"
    assert "degraded" in desk.notifications.status()
    for client in crowd:
        client.close()
    resource.prlimit(desk.pid, resource.RLIMIT_NOFILE, (descriptors(desk.pid), 40))
    assert status(desk)[1]["state"] == "degraded", "the reason can be asked for"
    code, said = reload(desk)
    assert code == FAILED and "Too many open files" in said, said
    resource.prlimit(desk.pid, resource.RLIMIT_NOFILE, (40, 40))
    wait.until(lambda: status(desk)[0] == READY and len(desk.workers()) == 2, 30, "the worker to be replaced")
    inputs += line.produce(articles(200, seed=3))
    line.settle()
    line.verify(inputs)
    assert desk.stop() == 0


def test_too_few_descriptors_to_start_with(folder):
    file = folder / "copydesk.conf"
    file.write_text(f"""
        input = {{ topics = ["raw"]; }}; output = {{ topic = "out"; }}; dead_letters = {{ topic = "dead"; }};
        kafka = {{ common = ["bootstrap.servers=127.0.0.1:1"]; }}; desk = {{ workers = 4; }};
        state_dir = "{folder}"; run_dir = "{folder}"; plugin_dir = "{BUILD}/plugins"; stages = ( {{ plugin = "language_detect"; }} );""")
    done = subprocess.run(["prlimit", "--nofile=16", BUILD / "copydeskd", "--config", file], capture_output=True, timeout=60)
    assert done.returncode == 1 and b"Too many open files" in done.stderr, done


def test_a_log_that_is_full_from_the_start(line):
    """Standard error is a pipe without room: no line gets out, no article waits, and what was dropped is counted and said."""
    line = line()
    desk = line.desk([extra_plugin("misbehave")], log={"level": "debug"})
    path = desk.folder / "notify"
    desk.notifications = Notifications(path)
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(writer, True)
    desk.process = subprocess.Popen(
        process.bound_to_us([desk.program, "--config", desk.file]), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=writer, env={**os.environ, "NOTIFY_SOCKET": str(path)})
    os.close(writer)
    wait.until(desk.ready_or_gone, 60, "READY=1")
    made = Writer(75)
    inputs = line.produce([Record(made.payload(100, **({"text": "misbehave:reject"} if n % 2 else {}))) for n in range(2000)])
    line.settle()
    line.verify(inputs)
    dropped = status(desk)[1]["log"]["dropped"]
    assert dropped >= 3
    os.set_blocking(reader, False)
    drained = b""

    def drain():
        nonlocal drained
        try:
            drained = (drained + os.read(reader, 1 << 20))[-65536:]
        except BlockingIOError:
            pass
        return re.search(rb"(\d+) log lines were dropped: standard error was full", drained)

    drain()
    reload(desk)  # has something to log
    said = wait.until(drain, 30, "the line that says what was lost")
    assert int(said[1]) >= dropped
    assert desk.stop() == 0
    os.close(reader)

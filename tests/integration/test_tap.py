"""`copydesk tap`: what it shows is what was published, whole or not at all; the desk waits for nobody who watches."""

import json
import pathlib
import re
import signal
import socket
import subprocess
import threading

import pytest

from support import config, process, wait
from support.articles import Writer
from support.desk import BUILD, run
from support.line import extra_plugin
from support.terminal import Terminal
from support.topics import Record

OK, FAILED, NOT_RUNNING = 0, 1, 3
TAPS, BUFFER = 4, 2 << 20  # at once, and bytes of each: daemon/control/


def articles(count, seed=1, size=300, partitions=1):
    writer = Writer(seed)
    return [Record(writer.payload(size), b"%d" % n, partition=n % partitions) for n in range(count)]


def socket_of(desk):
    return desk.folder.parent / f"{desk.settings['name']}.sock"


def taps(desk):
    """How many watch: who does sees all that goes out from now on."""
    return json.loads(run(["status", "--json", "--socket", socket_of(desk)]).stdout)["taps"]


class Tap:
    """A running `copydesk tap`, its standard output and error in files."""

    def __init__(self, desk, *arguments):
        before = taps(desk)
        self.out, self.err = (desk.folder / f"tap{before}.{end}" for end in ("out", "err"))
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(
                process.bound_to_us([BUILD / "copydesk", "tap", "--config", desk.file, *arguments]), stdout=out, stderr=err)
        wait.until(lambda: taps(desk) == before + 1, 20, "the tap to be open")

    def lines(self, count):
        """The lines, when there are so many."""
        return wait.until(lambda: (lines := self.out.read_bytes().splitlines())[count - 1:] and lines, 60, f"{count} lines")

    def end(self, number=signal.SIGINT):
        if number:
            self.process.send_signal(number)
        return self.process.wait(20)


def tap_by_hand(desk):
    """A tap that reads when it is told to, and a file to read it from."""
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(60)
    client.connect(str(socket_of(desk)))
    client.sendall(b'{"version":1,"command":"tap"}\n')
    stream = client.makefile("rb")
    assert json.loads(stream.readline()) == {"version": 1, "ok": True, "tap": {}}
    return client, stream


def one_line(value):
    return re.sub(rb"[\r\n]", b" ", value)


# ---- What is shown ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("delivery", ["at-least-once", "exactly-once"])
def test_what_it_shows_is_what_is_in_the_output_topic(line, delivery):
    line = line(partitions=2)
    desk = line.start(["language_detect"], delivery=delivery)
    tap = Tap(desk)
    inputs = articles(300, partitions=2)
    inputs[7].value = json.dumps(json.loads(inputs[7].value), indent=1).replace("\n", "\r\n").encode()
    inputs[8].value = None
    line.produce(inputs)
    line.settle()
    shown = tap.lines(299)
    assert sorted(shown) == sorted(one_line(record.value) for record in line.outputs() if record.value is not None)
    for partition in range(2):
        sources = [json.loads(one)["provenance"]["source"] for one in shown]
        offsets = [source["offset"] for source in sources if source["partition"] == partition]
        assert offsets == sorted(set(offsets))
    assert tap.end() == OK and tap.err.read_bytes() == b""
    wait.until(lambda: taps(desk) == 0, 20, "the daemon to notice")
    assert desk.stop() == 0


def test_a_choice(line):
    line = line(partitions=2)
    desk = line.start(["language_detect"])
    some = Tap(desk, "--partition", f"{line.raw}/1", "--count", "5")
    few = Tap(desk, "--partition", f"{line.raw}/0", "--sample", "10")
    none = Tap(desk, "--partition", f"{line.raw}/7", "--all")
    line.produce(articles(200, partitions=2))
    line.settle()
    places = [json.loads(one)["provenance"]["source"] for one in some.lines(5)]
    assert [(place["partition"], place["offset"]) for place in places] == [(1, n) for n in range(5)]
    assert some.end(None) == OK
    places = [json.loads(one)["provenance"]["source"] for one in few.lines(10)]
    assert [(place["partition"], place["offset"]) for place in places] == [(0, n) for n in range(0, 100, 10)]
    assert few.end(signal.SIGTERM) == OK and none.end() == OK
    assert not none.out.read_bytes() and not none.err.read_bytes()
    assert desk.stop() == 0


def test_dead_letters(line):
    """Broken bytes, a refusal of a stage, and an article that the output topic refuses: that was not published."""
    line = line()
    small = line.topics.create("out-small", max_message_bytes=5000)
    desk = line.start([extra_plugin("misbehave")], output={"topic": small})
    everything, dead = Tap(desk, "--all"), Tap(desk, "--dead-letters")
    line.produce([Record(b"\xff\x1b no JSON", b"\xfe"), Record(Writer(1).payload(100, text="misbehave:reject"), b"refused"),
                  Record(b'{"text":"' + "—".encode() * 7000 + b'"}', b"large"), *articles(3)])
    line.settle()
    letters = line.letters()
    shown = [json.loads(one) for one in dead.lines(3)]
    assert all(set(one) == {"dead_letter"} for one in shown)
    shown = sorted((one["dead_letter"] for one in shown), key=lambda one: one["offset"])
    for one, letter in zip(shown, sorted(letters, key=lambda letter: int(letter.header("copydesk-offset"))), strict=True):
        for name in ("class", "stage", "reason", "topic", "partition", "offset", "attempts"):
            assert str(one[name]) == letter.header(f"copydesk-{name}")
        assert one["size"] == len(letter.value) and one["key"] == letter.key.decode(errors="replace")
        assert one["payload"] == letter.value[:1000].decode(errors="replace").removesuffix("\ufffd")
    assert [one["class"] for one in shown] == ["decode", "reject", "too-large"]
    assert shown[1]["plugin_version"] and shown[0]["byte"] == 0
    lines = everything.lines(6)
    assert sorted(one for one in lines if b'"dead_letter"' not in one) == sorted(one.value for one in line.topics.read(small))
    assert sorted(one for one in lines if b'"dead_letter"' in one) == sorted(dead.lines(3))
    assert everything.end() == OK and dead.end() == OK
    assert desk.stop() == 0


def test_on_a_terminal_people_read_it(line):
    line = line()
    desk = line.start(["language_detect"])
    with Terminal([BUILD / "copydesk", "tap", "--all", "--socket", socket_of(desk)], rows=50, columns=100) as terminal:
        wait.until(lambda: taps(desk) == 1, 20, "the tap to be open")
        line.produce([Record(b"no JSON \x1b]0;title\x07", b"a"), Record(Writer(1).payload(300, title="The pier is closed"), b"b")])
        terminal.shows("The pier is closed", 30)
        terminal.shows(rf"dead letter  {line.raw}/0@0  decode in decode: .*\n +18 bytes: no JSON \]0;title$", 30)
        terminal.press("\x03")
        assert terminal.wait() == OK
    assert desk.stop() == 0


# ---- Who is slow, and who is many -----------------------------------------------------------------------------------------

def test_one_that_does_not_read_holds_nothing_up_and_is_told_what_it_missed(line):
    """Five times what the buffer holds: so much is kept for it, and what the socket holds, and no more."""
    line = line()
    desk = line.start(["language_detect"])
    line.produce(articles(50))
    line.settle()
    client, stream = tap_by_hand(desk)
    watching = Tap(desk, "--count", "1")
    count = 4000
    inputs = line.produce(articles(count, seed=2, size=2500))
    line.settle()
    assert watching.end(None) == OK
    line.verify(line.topics.read(line.raw)[:50] + inputs)
    published = iter(record.value for record in line.outputs()[50:])
    shown = left_out = kept = 0
    while shown + left_out < count:
        one = json.loads(said := stream.readline())
        if "left_out" in one:
            left_out += one["left_out"]
            for _ in range(one["left_out"]):
                next(published)
        else:
            assert said == b'{"article":' + next(published) + b"}\n"
            shown += 1
            kept += len(said)
    socket_holds = int(pathlib.Path("/proc/sys/net/core/wmem_default").read_text())
    assert left_out > 0 and BUFFER - 10_000 < kept < BUFFER + 2 * socket_holds
    line.produce(articles(1, seed=3))
    assert json.loads(stream.readline())["article"]["enrichment"]
    client.close()
    assert desk.stop() == 0


def test_the_command_says_what_it_was_too_slow_for(line):
    """Two whose output nobody reads: one is interrupted all the same, the other's is read after all."""
    line = line()
    desk = line.start(["language_detect"])
    errors = desk.folder / "tap.err"
    with errors.open("wb") as err:
        stuck, slow = (subprocess.Popen(process.bound_to_us([BUILD / "copydesk", "tap", "--config", desk.file]),
                                        stdout=subprocess.PIPE, stderr=where) for where in (subprocess.DEVNULL, err))
    wait.until(lambda: taps(desk) == 2, 20, "the taps to be open")
    count, lines = 4000, []
    line.produce(articles(count, size=2500))
    line.settle()
    stuck.send_signal(signal.SIGINT)
    assert stuck.wait(20) == OK
    stuck.stdout.close()
    reader = threading.Thread(target=lambda: lines.extend(slow.stdout))
    reader.start()

    def told():
        return sum(int(number) for number in re.findall(rb"copydesk: (\d+) left out", errors.read_bytes()))

    wait.until(lambda: len(lines) + told() == count, 60, "all to be shown or told", interval=0.1)
    slow.send_signal(signal.SIGINT)
    assert slow.wait(20) == OK
    reader.join()
    assert told() > 0 and len(lines) > 400
    published = iter(record.value + b"\n" for record in line.outputs())
    assert all(one in published for one in lines), "not in the order of the topic, or torn"
    assert desk.stop() == 0


def test_so_many_at_once(line):
    line = line()
    desk = line.start(["language_detect"])
    open_ones = [tap_by_hand(desk) for _ in range(TAPS)]
    done = run(["tap", "--config", desk.file])
    assert done.returncode == FAILED and b"too many taps" in done.stderr and not done.stdout
    assert taps(desk) == TAPS
    open_ones[1][1].close()
    open_ones[1][0].close()
    wait.until(lambda: taps(desk) == TAPS - 1, 20, "one to be free")
    another = Tap(desk, "--count", "1")
    line.produce(articles(1))
    assert another.end(None) == OK and len(another.lines(1)) == 1
    for client, _ in open_ones:
        client.close()
    assert desk.stop() == 0


# ---- Its daemon, and its reader, go their ways ------------------------------------------------------------------------------

def test_a_reload_does_not_end_it(line):
    line = line()
    desk = line.start(["language_detect"])
    tap = Tap(desk)
    line.produce(articles(50))
    line.settle()
    desk.file.write_text(config.members(line.settings(["language_detect", "quote_extract"], "desk0")))
    assert run(["reload", "--config", desk.file]).returncode == OK
    line.produce(articles(50, seed=2))
    line.settle()
    shown = tap.lines(100)
    assert sorted(shown) == sorted(record.value for record in line.outputs())
    assert ["quotes" in json.loads(one)["enrichment"] for one in shown] == [False] * 50 + [True] * 50
    assert tap.end() == OK
    assert desk.stop() == 0


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_the_end_of_the_daemon_is_told(line, end):
    line = line()
    desk = line.start(["language_detect"])
    tap = Tap(desk)
    line.produce(articles(20))
    line.settle()
    tap.lines(20)
    getattr(desk, end)()
    assert tap.end(None) == NOT_RUNNING
    assert tap.err.read_bytes() == b"copydesk: the daemon has ended\n" and len(tap.lines(20)) == 20


def test_it_ends_with_its_reader(line):
    """Without another article to find out by."""
    line = line()
    desk = line.start(["language_detect"])
    tap = subprocess.Popen([BUILD / "copydesk", "tap", "--config", desk.file], stdout=subprocess.PIPE)
    wait.until(lambda: taps(desk) == 1, 20, "the tap to be open")
    tap.stdout.close()
    assert tap.wait(20) == OK
    assert desk.stop() == 0

"""The desk's own process and the machine under it: signals, memory, descriptors, clocks, logs. Rows 42 to 49, 55 to 59."""

import fcntl
import os
import pathlib
import random
import re
import resource
import signal
import subprocess

import pytest

from faults.harness import STEADY, Words, both, cpu_share, place_of, spread
from integration import test_delivery, test_environment, test_reload, test_start
from support import process, wait
from support.cgroup import Group
from support.desk import Notifications
from support.line import extra_plugin
from support.systemd import Systemd

ROOT = pathlib.Path(__file__).resolve().parents[2]
KILLS, ROUNDS = 50, 4


@both
@pytest.mark.parametrize("round_", range(ROUNDS))
def test_r42_killed_anywhere(line, round_):
    """200 times kill -9 after a random while, four rounds of 50, a static member each time: nothing lost, order kept."""
    rng = random.Random(42 + round_)
    line = line(partitions=3, watch=True)
    records, seed = line.produce(spread(2000, 3, seed=0)), 1
    desk = line.desk([STEADY], static=True, desk={"workers": 2, "commit_interval": 100})
    for kill in range(KILLS):
        desk.start(ready=False)
        moment = rng.choice(["at once", "ready", "some", "many"])
        before = line.count()
        if moment != "at once":
            wait.until(desk.ready_or_gone, 60, f"READY=1; the log ends:\n{desk.log[-3000:]}")
        if moment in ("some", "many"):
            line.came_out(before + (1 if moment == "some" else rng.randrange(50, 300)))
        if line.topics.lag(line.group, line.raw) < 1000:
            records += line.produce(spread(1000, 3, seed=seed))
            seed += 1
        assert desk.running(), desk.log[-3000:]
        desk.kill()
    assert line.topics.lag(line.group, line.raw) > 0
    desk.start()
    line.done(records, timeout=180)


@both
def test_r42_killed_five_times(line):
    test_delivery.test_kill_9_of_the_desk_in_mid_stream_loses_nothing(line)


@both
def test_r43_sigterm_drains(line):
    test_delivery.test_sigterm_drains_commits_and_leaves(line)


@pytest.mark.short
def test_r43_second_sigterm_is_fast(line):
    test_delivery.test_a_second_sigterm_ends_it_at_once(line)


@pytest.mark.short
def test_r44_reload_with_a_bad_file(line):
    test_reload.test_a_bad_file_is_refused_and_the_old_set_goes_on(line)


def test_r44_reload_with_a_bad_plugin(line):
    test_reload.test_a_plugin_that_cannot_start_is_refused_and_the_old_set_goes_on(line)


def start_by_shell(desk, command):
    """Starts the desk by a shell command in which $@ is the daemon's."""
    path = desk.folder / "notify"
    desk.notifications = Notifications(path)
    desk.starts += 1
    desk.process = subprocess.Popen(
        process.bound_to_us(["sh", "-c", command, "sh", str(desk.program), "--config", str(desk.file)]),
        env={**os.environ, "NOTIFY_SOCKET": str(path)}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    wait.until(desk.ready_or_gone, 30, "READY=1")


@pytest.mark.short
@pytest.mark.parametrize("closed", ["2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_r45_closed_descriptors(line, closed):
    """Started without them: what is opened first does not become the place where the log goes."""
    line = line(partitions=2)
    records = line.produce(spread(500))
    desk = line.desk([extra_plugin("misbehave")])
    start_by_shell(desk, f'exec "$@" {closed}')
    assert desk.running(), "it does not start"
    records += line.produce(spread(50, seed=2, text="misbehave:segv")[:3])
    line.done(records)


@pytest.mark.short
def test_r45_log_pipe_closed(line):
    """SIGPIPE: the reader of the log goes away."""
    line = line(partitions=2)
    records = line.produce(spread(300))
    desk = line.desk([extra_plugin("misbehave")])
    path = desk.folder / "notify"
    desk.notifications = Notifications(path)
    desk.starts += 1
    desk.process = subprocess.Popen(
        process.bound_to_us([desk.program, "--config", desk.file]), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env={**os.environ, "NOTIFY_SOCKET": str(path)})
    wait.until(desk.ready_or_gone, 30, "READY=1")
    desk.process.stderr.close()
    desk.process.stdout.close()
    records += line.produce(spread(3, seed=2, text="misbehave:segv"))
    line.done(records)


def test_r47_no_memory(line, folder):
    """The n-th allocation of the desk fails, n at random, 40 times. The desk goes on, or aborts and says so; then a start
    helps, and nothing is lost."""
    rng, words = random.Random(47), Words(folder)
    line = line(partitions=2)
    records = line.produce(spread(6000))
    desk = line.desk([STEADY, extra_plugin("misbehave")], static=True, environment=words.environment)
    desk.start()
    ended = 0
    for round_ in range(40):
        failed = words["malloc_failed"]
        words["malloc_left"] = rng.choice([1, 2, 3, rng.randrange(4, 40), rng.randrange(40, 2000)])
        wait.until(lambda: words["malloc_failed"] > failed or not desk.running(), 30, "an allocation to fail")
        before = line.count()
        wait.until(lambda: line.count() > before or not desk.running(), 30, "the desk to go on or to end")
        if not desk.running():
            assert desk.process.returncode in (1, -signal.SIGABRT), (desk.process.returncode, desk.log[-2000:])
            assert re.search("no memory|Cannot allocate memory|ENOMEM", desk.log), desk.log[-2000:]
            ended += 1
            words["malloc_left"] = 0
            desk.start()
        if line.topics.lag(line.group, line.raw) < 1000:
            records += line.produce(spread(1000, seed=100 + round_))
    words["malloc_left"] = 0
    line.done(records, repeats=True)
    assert words["malloc_failed"] == 40 and ended > 0


def test_r48_worker_killed_for_its_memory(line):
    """The kernel kills it in its control group: the article is tried once more alone, then it is a dead letter."""
    line = line(partitions=2)
    calm, greedy = spread(400), spread(1, seed=2, text="misbehave:eat_memory")
    records = line.produce(calm[:200] + greedy + calm[200:])
    desk = line.desk([extra_plugin("misbehave")], desk={"workers": 1}, worker={"memory": 0})
    with Group("memory", max=96 << 20) as group:
        desk.start()

        def confine():
            """Each worker, also those that replace a dead one; whoever eats before it is in the group eats until it is."""
            for pid in desk.workers():
                try:
                    group.add(pid)
                except (ProcessLookupError, OSError):
                    pass
            return line.topics.lag(line.group, line.raw) == 0

        wait.until(confine, 120, "everything to be settled", interval=0.005)
        line.done(records)
    (letter,) = line.letters()
    assert letter.header("copydesk-class") == "crash" and letter.header("copydesk-signal") == "SIGKILL"


def test_r49_desk_killed_for_its_memory(line):
    """The kernel kills the desk in its control group, in mid-stream; the next start takes it up."""
    line = line(partitions=2)
    records = line.produce(spread(300))
    desk = line.desk([extra_plugin("faulty", nap_us=20_000)], static=True)
    with Group("memory", max=1 << 30) as group:
        start_by_shell(desk, f'echo $$ >{group.path}/cgroup.procs; exec "$@"')
        line.came_out(100)
        children = desk.children()
        records += line.produce(spread(2500, size=20_000, seed=2))
        pathlib.Path(f"/proc/{desk.pid}/oom_score_adj").write_text("1000")  # whoever asks for more, it is the desk that pays
        group.limit("memory.max", group.used() + (8 << 20))
        subprocess.run(["sh", "-c", f"echo $$ >{group.path}/cgroup.procs; head -c 64M /dev/zero | tail -c 64M >/dev/null"], timeout=60)
        assert desk.wait(60) == -signal.SIGKILL
        wait.until(lambda: not any(process.alive(pid) for pid in children), 20, "its children to end with it")
    assert line.topics.lag(line.group, line.raw) > 0
    line.desks.clear()
    other = line.desk([], name="desk0", static=True)
    other.start()
    line.settle(120)
    outputs = line.outputs()
    assert {place_of(record) for record in outputs} == {record.place for record in records}
    assert other.stop() == 0


@pytest.mark.short
def test_r55_no_descriptors(line):
    """None are left while a worker dies: its replacement waits for one, without a hot loop and without harm to the rest."""
    line = line(partitions=2)
    records = line.produce(spread(4000))
    desk = line.start([STEADY])
    line.came_out(300)
    used = len(list(pathlib.Path(f"/proc/{desk.pid}/fd").iterdir()))
    before = resource.prlimit(desk.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(desk.pid, resource.RLIMIT_NOFILE, (min(used - 8, 40), before[1]))
    victim = desk.workers()[0]
    os.kill(victim, signal.SIGKILL)
    wait.until(lambda: not process.alive(victim), 10, "the worker to be gone")
    desk.wait_for_log("Too many open files|EMFILE")
    assert cpu_share(desk.pid, 3) < 0.5
    assert desk.running()
    resource.prlimit(desk.pid, resource.RLIMIT_NOFILE, before)
    wait.until(lambda: len(desk.workers()) == 2, 30, "the worker to be replaced")
    line.done(records)


@pytest.mark.short
@pytest.mark.parametrize("word", ["threads_fail", "spawn_fails"])
def test_r56_no_threads_no_processes(line, folder, word):
    """A clear end at the start, not a crash."""
    words = Words(folder)
    line = line()
    words[word] = 1
    desk = line.desk([STEADY], environment=words.environment).start(ready=False)
    assert desk.wait(30) in (1, 2)
    assert re.search("thread|temporarily unavailable|cannot be (made|started)", desk.log), desk.log[-2000:]
    desk.process = None


def test_r56_processes_fail_later(line):
    """No more tasks in the control group while a worker dies: tried again until there is one."""
    line = line(partitions=2)
    records = line.produce(spread(3000))
    desk = line.start([STEADY])
    with Group("pids", max=4096) as group:
        group.add(desk.pid)
        line.came_out(300)
        group.limit("pids.max", 1)
        os.kill(desk.workers()[0], signal.SIGKILL)
        desk.wait_for_log("temporarily unavailable|cannot be started|EAGAIN")
        assert cpu_share(desk.pid, 2) < 0.5 and desk.running()
        group.limit("pids.max", 4096)
        wait.until(lambda: len(desk.workers()) == 2, 30, "the worker to be replaced")
        line.done(records)


@pytest.mark.short
def test_r57_the_clock_jumps(line, folder):
    """An hour forth, a day back, ten years forth: timers do not notice."""
    words = Words(folder)
    line = line(partitions=2)
    records = line.produce(spread(4000))
    desk = line.desk([STEADY], environment={**words.environment, "WATCHDOG_USEC": "2000000", "WATCHDOG_PID": ""})
    desk.environment.pop("WATCHDOG_PID")
    desk.start()
    for number, jump in enumerate([3600, -86_400, 315_360_000, 0], 1):
        words["clock_seconds"] = jump
        line.came_out(600 * number)
        pings = desk.notifications.said.count("WATCHDOG=1")
        wait.until(lambda: desk.notifications.said.count("WATCHDOG=1") > pings, 5, "the watchdog to be fed")
    line.done(records, repeats=False)
    assert line.last_stats()


@pytest.mark.short
def test_r58_secrets_and_cores(line):
    test_start.test_secrets_do_not_show(line)


@pytest.mark.short
def test_r58_no_core_dumps(line):
    desk = line().start([STEADY])
    for pid in desk.workers():
        limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
        assert re.search(r"Max core file size +0 ", limits), limits
    assert re.search(r"^LimitCORE=0$", (ROOT / "systemd" / "copydeskd.service.in").read_text(), re.M)
    assert desk.stop() == 0


@pytest.mark.short
def test_r59_log_blocked(line):
    test_environment.test_a_log_that_nobody_reads_does_not_stop_it(line)


def test_r59_dropped_lines_are_counted(line):
    """The reader stands still, the pipe fills; when it reads again, the log says how many lines are missing."""
    line = line(partitions=1)
    desk = line.desk([extra_plugin("misbehave")], log={"level": "debug"})
    path = desk.folder / "notify"
    desk.notifications = Notifications(path)
    desk.starts += 1
    desk.process = subprocess.Popen(
        process.bound_to_us([desk.program, "--config", desk.file]), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, env={**os.environ, "NOTIFY_SOCKET": str(path)})
    fcntl.fcntl(desk.process.stderr, fcntl.F_SETPIPE_SZ, 4096)
    records = line.produce(spread(100, 1) + spread(30, 1, seed=3, text="misbehave:segv")
                           + spread(3, 1, seed=4, text="misbehave:flood_log"))
    line.settle(120)
    os.set_blocking(desk.process.stderr.fileno(), False)
    said = b""

    def told():
        nonlocal said
        said += desk.process.stderr.read() or b""
        if b"lines were dropped" not in said:
            desk.signal(signal.SIGHUP)  # gives it something to say
        return re.search(rb"(\d+) log lines were dropped", said)

    wait.until(told, 30, "the log to tell how many lines are missing", interval=0.2)
    desk.process.stderr.close()
    line.done(records)


UNIT = """[Service]
Type=notify
NotifyAccess=main
ExecStart={program} --config {file}
StandardError=append:{log}
WatchdogSec=2s
KillMode=mixed
Restart=on-failure
RestartSec=100ms
RestartPreventExitStatus=2 65
TimeoutStopSec=20s
"""


def test_r46_a_main_loop_that_hangs(line, folder):
    """Under a real systemd: frozen, it feeds no watchdog, is killed with its whole control group, and started anew."""
    line = line(partitions=2)
    records = line.produce(spread(6000))
    desk = line.desk([STEADY], static=True)
    shipped = (ROOT / "systemd" / "copydeskd.service.in").read_text()
    for setting in ("Type=notify", "NotifyAccess=main", "KillMode=mixed", "Restart=on-failure", "RestartPreventExitStatus=2 65"):
        assert setting in shipped.splitlines() and setting in UNIT.splitlines()
    unit = UNIT.format(program=desk.program, file=desk.file, log=desk.log_file)
    with Systemd(folder, {"copydeskd.service": unit}) as systemd:
        wait.until(lambda: systemd.property("copydeskd", "ActiveState") == "active", 30, "the service to be active")
        for number in range(1, 3):
            line.came_out(500 * number)
            main = systemd.main_pid("copydeskd")
            children = process.children(main)
            assert len(children) == 2
            os.kill(main, signal.SIGSTOP)
            wait.until(lambda: systemd.property("copydeskd", "NRestarts") == str(number), 20, "the watchdog to bite")
            wait.until(lambda: systemd.property("copydeskd", "ActiveState") == "active", 30, "the service to be active again")
            assert not any(process.alive(pid) for pid in [main, *children])
        line.settle(120)
        systemd.control("stop", "copydeskd")
        assert systemd.property("copydeskd", "Result") == "success"
    line.verify(records, repeats=True)

"""A running copydeskd: configuration, start, readiness, log, signals, exit status, children.

Readiness is read as systemd reads it: a datagram socket named by NOTIFY_SOCKET, on which the daemon says READY=1.
"""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading

from . import config, process, wait

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("COPYDESK_BUILD", ROOT / "build")).resolve()
PLUGINS = BUILD / "plugins"
TEST_PLUGINS = BUILD / "tests" / "plugins"
# The folder of a librdkafka for the daemons, and for them alone; and an assignor for those that name none (./dev soak librdkafka).
LIBRDKAFKA = os.environ.get("COPYDESK_LIBRDKAFKA", "")
ASSIGNOR = os.environ.get("COPYDESK_ASSIGNOR", "")


class Notifications:
    """The socket that a service manager holds. Collects what was said, in order."""

    def __init__(self, path):
        self.path, self.said = path, []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            try:
                self.said += self.socket.recv(65536).decode(errors="replace").splitlines()
            except OSError:
                return

    def ready(self):
        return "READY=1" in self.said

    def status(self):
        """The last STATUS= line, or ""."""
        return next((line[7:] for line in reversed(self.said) if line.startswith("STATUS=")), "")

    def close(self):
        self.socket.close()


class Desk:
    """Made by Line.desk; one process, restartable on the same files with start()."""

    def __init__(self, folder, settings, program="copydeskd", environment=None):
        self.folder, self.program = pathlib.Path(folder), BUILD / program
        self.folder.mkdir(parents=True, exist_ok=True)
        self.settings = settings
        self.file = self.folder / "copydesk.conf"
        self.file.write_text(config.members(settings))
        self.log_file = self.folder / "log"
        self.environment = {**({"LD_LIBRARY_PATH": LIBRDKAFKA} if LIBRDKAFKA else {}), **(environment or {})}
        self.process = self.notifications = None
        self.starts = 0

    @property
    def group(self):
        return self.settings["group"]

    @property
    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def start(self, ready=True, timeout=60):
        """Starts it and, unless told otherwise, waits until it says that it is ready."""
        path = self.folder / "notify"
        path.unlink(missing_ok=True)
        if len(str(path)) > 100:  # sun_path holds 108
            raise ValueError(f"too long for a socket: {path}")
        self.notifications = Notifications(path)
        self.starts += 1
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                process.bound_to_us([self.program, "--config", self.file]), stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd=self.folder, env={**os.environ, "NOTIFY_SOCKET": str(path), **self.environment})
        if ready:
            wait.until(self.ready_or_gone, timeout, f"READY=1; the log ends:\n{self.log[-3000:]}")
            if self.process.poll() is not None:
                raise AssertionError(f"ended with status {self.process.returncode}; its log:\n{self.log[-5000:]}")
            mapped = pathlib.Path(f"/proc/{self.pid}/maps").read_text()
            assert not LIBRDKAFKA or f"{LIBRDKAFKA}/librdkafka.so" in mapped, "it runs with another librdkafka"
        return self

    def ready_or_gone(self):
        return self.notifications.ready() or self.process.poll() is not None

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process is not None and self.process.poll() is None

    def children(self):
        return process.children(self.pid)

    def workers(self):
        """Process ids of the workers, without the store."""
        return [pid for pid in self.children() if "--store" not in process.command_line(pid)]

    def store(self):
        """The store's process id, or None."""
        return next((pid for pid in self.children() if "--store" in process.command_line(pid)), None)

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=60):
        """Waits for the end; gives the exit status (negative: the signal)."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise wait.Timeout(f"it did not end within {timeout} s; the log ends:\n{self.log[-5000:]}") from None
        self.notifications.close()
        return status

    def stop(self, timeout=60):
        """SIGTERM; gives the exit status."""
        self.signal(signal.SIGTERM)
        return self.wait(timeout)

    def kill(self):
        """kill -9, and waits until its children are gone too."""
        left = self.children()
        self.signal(signal.SIGKILL)
        self.wait()
        wait.until(lambda: not any(process.alive(pid) for pid in left), 20, "the children of a killed desk to end")

    def clean_up(self):
        if self.running():
            left = process.family(self.pid)
            self.signal(signal.SIGKILL)
            self.wait()
            for pid in left:
                if process.alive(pid):
                    os.kill(pid, signal.SIGKILL)

    def status(self):
        """What `copydesk status` says, also that there is no answer."""
        done = run(["status", "--config", self.file])
        return (done.stdout + done.stderr).decode(errors="replace")

    def logged(self, pattern):
        """The first match of the pattern in the log, or None."""
        return re.search(pattern, self.log)

    def wait_for_log(self, pattern, timeout=30):
        return wait.until(lambda: self.logged(pattern), timeout, f"/{pattern}/ in the log:\n{self.log[-3000:]}")


def check(file):
    """`copydesk check FILE`: (exit status, standard output and error)."""
    done = run(["check", file])
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def run(arguments, given=b"", timeout=120):
    """`copydesk ARGUMENTS`: the finished process with stdout and stderr as bytes."""
    return subprocess.run([BUILD / "copydesk", *map(str, arguments)], input=given, capture_output=True, timeout=timeout)


def ledger_balances(stats):
    """The rule of the ledger, for each partition of one stats record."""
    for one in stats["partitions"]:
        accounted = one["published"] + one["dropped"] + one["dead_lettered"] + one["abandoned"] + one["in_flight"]
        assert one["read"] == accounted, f"the ledger does not balance: {json.dumps(one)}"

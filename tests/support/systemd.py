"""A systemd of the test's own: in namespaces of its own, with a folder of units and a control group below ours. It sees the
machine's files and its loopback, and nothing of the machine's services. Needs root and a cgroup2 hierarchy."""

import os
import pathlib
import shutil
import subprocess
import uuid

from . import process, wait

PROGRAM = pathlib.Path("/usr/lib/systemd/systemd")
STUBS = {"basic.target": "[Unit]\nDescription=basic\n", "sysinit.target": "[Unit]\nDescription=sysinit\n",
         "shutdown.target": "[Unit]\nDescription=shutdown\nDefaultDependencies=no\n",
         "exit.target": "[Unit]\nDescription=exit\nDefaultDependencies=no\n"}
BOOT = """
set -e
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock /run/systemd
umount -R /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
export container=unshare SYSTEMD_UNIT_PATH={units}
exec {program} --system --unit=test.target --log-target=console --log-level=warning
"""


def hierarchy():
    """Where cgroup2 is mounted."""
    for path in ("/sys/fs/cgroup/unified", "/sys/fs/cgroup"):
        if (pathlib.Path(path) / "cgroup.procs").exists() and (pathlib.Path(path) / "cgroup.controllers").exists():
            return pathlib.Path(path)
    raise RuntimeError("no cgroup2 hierarchy is mounted")


class Systemd:
    """Use as a context manager. `units` are {name: text}; test.target wants them all."""

    def __init__(self, folder, units):
        self.folder = pathlib.Path(folder)
        self.units = self.folder / "units"
        self.units.mkdir()
        wants = "".join(f"Wants={name}\n" for name in units)
        target = f"[Unit]\nDescription=test\nDefaultDependencies=no\n{wants}"
        for name, text in {**STUBS, **units, "test.target": target}.items():
            (self.units / name).write_text(text)
        (self.folder / "boot.sh").write_text(BOOT.format(units=self.units, program=PROGRAM))
        self.group = hierarchy() / f"copydesk-{uuid.uuid4().hex[:8]}"
        self.log = self.folder / "systemd.log"

    def __enter__(self):
        self.group.mkdir()
        enter = f"echo $$ >{self.group}/cgroup.procs; exec unshare --mount --pid --uts --ipc --cgroup --fork " \
                f"--kill-child --mount-proc bash {self.folder}/boot.sh"
        self.process = subprocess.Popen(process.bound_to_us(["bash", "-c", enter]), stdin=subprocess.DEVNULL,
                                        stdout=self.log.open("ab"), stderr=subprocess.STDOUT,
                                        env={**os.environ, "TERM": "dumb"})
        wait.until(lambda: process.children(self.process.pid), 10, "the namespaces to be there")
        (self.pid,) = process.children(self.process.pid)
        wait.until(lambda: self.control("is-system-running").strip() in ("running", "degraded"), 60,
                   f"systemd to be up: {self.log.read_text()[-2000:]}", interval=0.2)
        return self

    def control(self, *words):
        """systemctl, inside."""
        return subprocess.run(["nsenter", "-t", str(self.pid), "-m", "-p", "-u", "-i", "-C", "--", "systemctl", *words],
                              capture_output=True, text=True, timeout=60).stdout

    def property(self, unit, name):
        return self.control("show", "--value", "-p", name, unit).strip()

    def main_pid(self, unit):
        """As the machine knows it, or None."""
        inner = self.property(unit, "MainPID")
        for pid in process.family(self.pid):
            if process.status(pid).get("NSpid", "").split()[-1:] == [inner]:
                return pid
        return None

    def __exit__(self, *_):
        left = process.family(self.process.pid)
        self.process.kill()
        self.process.wait()
        wait.until(lambda: not any(process.alive(pid) for pid in left), 20, "systemd to be gone")
        for group in sorted((path for path in self.group.rglob("*") if path.is_dir()), key=lambda path: -len(path.parts)):
            group.rmdir()
        self.group.rmdir()
        shutil.rmtree(self.units)

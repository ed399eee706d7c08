"""A control group of the test's own, to bound memory or tasks of one process. Version 1 or 2, whatever is mounted; needs
root, as a container or a virtual machine of the tests has it."""

import pathlib
import uuid

ROOT = pathlib.Path("/sys/fs/cgroup")


def own(controller):
    """The folder below which groups of this controller can be made: (folder, version)."""
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        if controller in names.split(","):
            return ROOT / controller / path.lstrip("/"), 1
    return ROOT, 2


class Group:
    """Use as a context manager. `limits` are {file: value}, files as version 2 names them: memory.max, pids.max."""

    ONE = {"memory.max": ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes"), "pids.max": ("pids.max",)}

    def __init__(self, controller, **limits):
        parent, version = own(controller)
        self.path = parent / f"copydesk-{uuid.uuid4().hex[:8]}"
        self.limits = {f"{controller}.{key}": value for key, value in limits.items()}
        self.version = version

    def __enter__(self):
        self.path.mkdir()
        for name, value in self.limits.items():
            self.limit(name, value)
        return self

    def limit(self, name, value):
        for file in self.ONE[name] if self.version == 1 else (name,):
            if (self.path / file).exists():
                (self.path / file).write_text(str(value))

    def used(self):
        """Bytes, of a group that bounds memory."""
        return int((self.path / ("memory.usage_in_bytes" if self.version == 1 else "memory.current")).read_text())

    def add(self, pid):
        (self.path / "cgroup.procs").write_text(str(pid))

    def __exit__(self, *_):
        for pid in (self.path / "cgroup.procs").read_text().split():
            (self.path.parent / "cgroup.procs").write_text(pid)
        self.path.rmdir()

"""Toxiproxy between the daemon and the brokers: one process, one proxy a broker, faults put in and taken out at run time."""

import json
import os
import pathlib
import subprocess
import urllib.error
import urllib.request

from . import process, wait
from .broker import free_ports

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("COPYDESK_TOXIPROXY", ROOT / "build" / "toxiproxy" / "server"))


class Network:
    """Use as a context manager. `links` are {name: (port that is listened on, port that it leads to)}."""

    def __init__(self, links):
        self.links = links

    def __enter__(self):
        if not PROGRAM.exists():
            raise RuntimeError(f"{PROGRAM} is not there: ./dev soak faults builds it")
        (port,) = free_ports(1)
        self.base = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            process.bound_to_us([PROGRAM, "-host", "127.0.0.1", "-port", port]), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "LOG_LEVEL": "error"})
        wait.until(self.answers, 20, "toxiproxy to answer")
        for name, (here, there) in self.links.items():
            self.ask("POST", "/proxies", {"name": name, "listen": f"127.0.0.1:{here}", "upstream": f"127.0.0.1:{there}",
                                          "enabled": True})
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def answers(self):
        try:
            return self.ask("GET", "/version") is not None
        except urllib.error.URLError:
            return False

    def ask(self, method, path, body=None):
        request = urllib.request.Request(self.base + path, method=method,
                                         data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else {}

    def add(self, kind, stream="downstream", names=None, toxicity=1.0, **attributes):
        """The toxic on all links, or on those named. downstream is what the brokers send, upstream what the daemon sends."""
        for name in names or self.links:
            self.ask("POST", f"/proxies/{name}/toxics", {"name": f"{kind}_{stream}", "type": kind, "stream": stream,
                                                         "toxicity": toxicity, "attributes": attributes})

    def up(self, name, enabled):
        self.ask("POST", f"/proxies/{name}", {"enabled": enabled})

    def heal(self):
        """Takes all toxics out, and opens what was closed."""
        self.ask("POST", "/reset")

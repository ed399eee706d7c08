"""Runs cases.json through `copydesk run` and compares: run.py COPYDESK PLUGIN_DIR. Standard library only."""

import json
import pathlib
import subprocess
import sys

copydesk, plugins = sys.argv[1:]
wrong = 0
for case in json.loads((pathlib.Path(__file__).parent / "cases.json").read_text(encoding="utf-8")):
    command = [copydesk, "run", "--stages", "reading_time", "--set", f"plugin_dir={plugins}", "--workers", "1"]
    for name, value in case.get("options", {}).items():
        command += ["--set", f"reading_time.{name}={value}"]
    done = subprocess.run(command, input=json.dumps({"text": case["text"]}) + "\n", capture_output=True, text=True)
    lines = done.stdout.splitlines()
    found = json.loads(lines[0])["enrichment"]["reading"] if lines else None
    if done.returncode != 0 or found != case["expect"]:
        wrong += 1
        print(f"{case['name']}: expected {case['expect']}, found {found}\n{done.stderr}", file=sys.stderr)
sys.exit(wrong > 0)

"""What the documentation lists is what the code has: links that lead somewhere, and tables without a gap."""

import re
import subprocess

import pytest

from support.desk import BUILD, ROOT

DOCS = ROOT / "docs"


def text(name):
    return (ROOT / name).read_text()


def pages():
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "*.md"], capture_output=True, check=True).stdout.decode()
    return sorted(name for name in listed.split("\0") if name)


@pytest.mark.parametrize("page", pages())
def test_links_lead_somewhere(page):
    folder = (ROOT / page).parent
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", re.sub(r"```.*?```", "", text(page), flags=re.S))
    missing = [target for target in targets if "://" not in target and not (folder / target).exists()]
    assert not missing, f"{page}: {missing}"


def not_in(page, names):
    """Those names that the page does not show as code."""
    shown = text(page)
    return [name for name in sorted(set(names)) if f"`{name}`" not in shown]


def test_every_member_of_the_stats_is_explained():
    source = text("daemon/stats/stats.c")
    names = re.findall(r'(?:number|text|cd_json_key)\(out, "(\w+)"', source)
    assert len(names) > 30
    assert not_in("docs/stats.md", names) == []


def test_every_header_of_a_dead_letter_is_explained():
    names = re.findall(r'"(copydesk-[\w-]+)"', text("daemon/kafka/headers.c"))
    assert len(names) > 10
    assert not_in("docs/dead-letters.md", names) == []


def test_every_class_of_a_dead_letter_is_explained():
    source = "".join(text(f"daemon/desk/{name}") for name in ("outcome.c", "crew.c", "desk.c")) + text("daemon/kafka/outlet.c")
    page = text("docs/dead-letters.md")
    classes = {"decode", "too-large", "reject", "retries-exhausted", "crash", "timeout"}
    assert [name for name in sorted(classes) if f'"{name}"' not in source] == [], "a class that the code does not have"
    assert [name for name in sorted(classes) if f"| `{name}` |" not in page] == []


def test_every_setting_of_librdkafka_is_explained():
    source = "".join(text(f"daemon/kafka/{name}.c") for name in ("intake", "outlet", "stats_topic", "client"))
    names = re.findall(r'^    \{"([a-z.]+)", "', source, flags=re.M) + re.findall(r'cd_kafka_conf_set\(conf, "([a-z.]+)"', source)
    assert len(names) > 12
    assert not_in("docs/delivery.md", names) == []


def test_every_key_is_explained():
    listed = subprocess.run([BUILD / "copydesk", "check", "--keys"], capture_output=True, text=True, check=True).stdout
    keys = re.findall(r"^([a-z_]+(?:\.[a-z_]+)*)\b", listed, flags=re.M)
    page = text("docs/configuration.md")
    assert len(keys) > 30
    assert [key for key in keys if f"| `{key}` |" not in page] == []


def test_every_command_has_its_place_in_the_man_page():
    listed = subprocess.run([BUILD / "copydesk", "--help"], capture_output=True, text=True, check=True).stdout
    commands = re.findall(r"^  (\w+) ", listed, flags=re.M)
    page = text("docs/man/copydesk.1")
    assert len(commands) >= 4
    assert [command for command in commands if f".Ss copydesk {command}\n" not in page] == []


def test_every_member_of_the_status_is_explained():
    names = re.findall(r'(?:number|text|cd_json_key)\(out, "(\w+)"', text("daemon/control/status.c"))
    assert len(names) > 15
    assert not_in("docs/control.md", names) == []


def test_every_refusal_of_the_control_socket_is_explained():
    codes = re.findall(r'refuse\(c, "([\w-]+)"|\\"error\\":\\"([\w-]+)\\"', text("daemon/control/control.c"))
    assert len(codes) > 5
    assert not_in("docs/control.md", ["".join(pair) for pair in codes]) == []


@pytest.mark.parametrize("command", ["run", "check", "dedupe", "explain", "probe", "demo", "replay", "status", "top", "tap", "reload"])
def test_every_option_is_in_the_man_page(command):
    helped = subprocess.run([BUILD / "copydesk", command, "--help"], capture_output=True, text=True, check=True).stdout
    options = set(re.findall(r"--(\w[\w-]*)", helped.split("Mandatory or optional")[0])) - {"help", "usage", "config"}
    page = text("docs/man/copydesk.1")
    assert [option for option in sorted(options) if f"Fl -{option}" not in page] == []

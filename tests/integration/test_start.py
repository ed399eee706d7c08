"""Starting: configurations and plugins that must be refused, with file, line and reason; the shipped files; the
readiness that systemd waits for."""

import pathlib
import re
import subprocess

import pytest

from support import process
from support.articles import Writer
from support.desk import BUILD, TEST_PLUGINS, Desk, check
from support.line import extra_plugin

CONF = pathlib.Path(__file__).resolve().parents[2] / "conf"

BROKEN = {
    "an unknown key": ('nmae = "x";', r"nmae"),
    "an unknown key in a group": ("desk = { wrokers = 2; };", r"wrokers"),
    "a wrong type": ('desk = { workers = "two"; };', r"workers"),
    "out of range": ("desk = { workers = -1; };", r"workers"),
    "syntax": ("desk = { workers = ;", r"syntax"),
    "an unknown format": ('input = { topics = ["a"]; format = "xml"; };', r"xml"),
    "a stage without a plugin": ('stages = ( { name = "x"; } );', r"plugin"),
    "an unknown plugin": ('stages = ( { plugin = "no_such_plugin"; } );', r"no_such_plugin"),
    "an unknown option of a plugin": (
        f'stages = ( {{ plugin = "{TEST_PLUGINS}/options.so"; luod = true; }} );', r"luod"),
    "an option out of its range": (
        f'stages = ( {{ plugin = "{TEST_PLUGINS}/options.so"; limit = 101; }} );', r"limit"),
    "an option of the wrong type": (
        f'stages = ( {{ plugin = "{TEST_PLUGINS}/options.so"; limit = "7"; }} );', r"limit"),
    "a choice that is none": (
        f'stages = ( {{ plugin = "{TEST_PLUGINS}/options.so"; mode = "rude"; }} );', r"rude"),
    "two stages of one name": (
        f'stages = ( {{ plugin = "{TEST_PLUGINS}/options.so"; }}, {{ plugin = "{TEST_PLUGINS}/options.so"; }} );',
        r"options"),
    "an unknown Kafka property": (
        'kafka = { common = ["bootstrap.servers=127.0.0.1:1", "no.such.property=1"]; };', r"no\.such\.property"),
}

GOOD = """name = "desk";
input = { topics = ["raw"]; };
output = { topic = "out"; };
dead_letters = { topic = "dead"; };
kafka = { common = ["bootstrap.servers=127.0.0.1:1"]; };
"""


@pytest.mark.parametrize("case", BROKEN)
@pytest.mark.parametrize("how", ["check", "start"])
def test_a_bad_configuration_is_refused_with_file_and_line(folder, case, how):
    broken, said = BROKEN[case]
    key = broken.split()[0]
    lines = [line for line in GOOD.splitlines() if not line.startswith(f"{key} ")]
    state = f'state_dir = "{folder}";'
    file = folder / "copydesk.conf"
    file.write_text("\n".join([*lines, state, broken]) + "\n")
    if how == "check":
        status, output = check(file)
    else:
        done = subprocess.run([BUILD / "copydeskd", "--config", file], capture_output=True, timeout=20)
        status, output = done.returncode, (done.stdout + done.stderr).decode()
    assert status == 2, output
    assert re.search(rf"{re.escape(str(file))}:{len(lines) + 2}\b", output), output
    assert re.search(said, output), output


def test_all_errors_are_told_at_once(folder):
    file = folder / "copydesk.conf"
    file.write_text(GOOD + 'one = 1;\ntwo = 2;\nretry = { attempts = "many"; };\n')
    status, output = check(file)
    assert status == 2
    for line in (6, 7, 8):
        assert f"{file}:{line}" in output, output


@pytest.mark.parametrize("missing", ["input", "output", "dead_letters", "kafka"])
def test_what_must_be_there_is_named(folder, missing):
    file = folder / "copydesk.conf"
    file.write_text("\n".join(line for line in GOOD.splitlines() if not line.startswith(missing)) + "\n")
    status, output = check(file)
    assert status == 2 and missing in output, output


def test_a_good_configuration_is_accepted_without_a_broker(folder):
    file = folder / "copydesk.conf"
    file.write_text(GOOD + f'state_dir = "{folder}";\nstages = ( {{ plugin = "language_detect"; }} );\n'
                    f'plugin_dir = "{BUILD}/plugins";\n')
    status, output = check(file)
    assert status == 0, output


def test_the_daemon_checks_too(folder):
    """`copydeskd --config FILE --check`, for ExecStartPre= and for whoever has only the daemon at hand."""
    file = folder / "copydesk.conf"
    for text, expected in ((GOOD, 0), (GOOD + "one = 1;\n", 2)):
        file.write_text(text)
        done = subprocess.run([BUILD / "copydeskd", "--config", file, "--check"], capture_output=True, timeout=20)
        assert done.returncode == expected, done


def test_no_configuration_and_wrong_usage(folder):
    for arguments in (["--config", str(folder / "not-there.conf")], ["--no-such-option"], []):
        done = subprocess.run([BUILD / "copydeskd", *arguments], capture_output=True, timeout=60, cwd=folder)
        if arguments == [] and done.returncode != 2:
            continue  # the system's own configuration may be there
        assert done.returncode == 2, arguments
        assert done.stderr or done.stdout


REFUSED = {
    "other_major": r"abi_major.*wanted 1.*found 2",
    "newer_minor": r"abi_minor_needed",
    "no_entry": r"copydesk_plugin",
    "no_process": r"process",
    "null_descriptor": r"NULL",
    "open_fails": r"the moon is in the wrong house|open",
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_plugin_that_does_not_fit_is_refused_by_name_and_reason(line, name):
    line = line()
    desk = line.desk([extra_plugin(name)])
    desk.start(ready=False)
    assert desk.wait(60) in (1, 2)
    assert re.search(REFUSED[name], desk.log), desk.log
    assert name in desk.log
    assert not desk.notifications.ready()


@pytest.mark.parametrize("mode", [0o666, 0o775])
def test_a_plugin_that_others_may_write_is_refused(line, mode):
    line = line()
    copy = line.folder / "slow.so"
    copy.write_bytes((TEST_PLUGINS / "slow.so").read_bytes())
    copy.chmod(mode)
    desk = line.desk([{"plugin": str(copy)}]).start(ready=False)
    assert desk.wait(60) in (1, 2)
    assert "writable" in desk.log, desk.log


def test_a_file_that_is_no_shared_object_is_refused(line):
    line = line()
    text = line.folder / "text.so"
    text.write_text("no ELF")
    desk = line.desk([{"plugin": str(text)}]).start(ready=False)
    assert desk.wait(60) in (1, 2)
    assert "text.so" in desk.log


def shipped(line, name, folder):
    """A shipped configuration with only topics, addresses and folders replaced."""
    text = (CONF / name).read_text()

    def replace(pattern, with_this, required=True):
        nonlocal text
        text, count = re.subn(pattern, with_this, text, flags=re.M)
        assert count or not required, f"conf/{name} has no /{pattern}/"

    replace(r"bootstrap\.servers=[^\"]*", f"bootstrap.servers={line.topics.address}")
    replace(r'\btopics = \[[^\]]*\]', f'topics = ["{line.raw}"]')
    for group, topic in (("output", line.out), ("dead_letters", line.dead), ("stats", line.stats_topic)):
        replace(rf'^({group} [=:]\s*\{{[^}}]*?\btopic = )"[^"]*"', rf'\1"{topic}"', required=group != "stats")
    replace(r'^group = "[^"]*"', f'group = "{line.group}"', required=False)
    for key in ("state_dir", "plugin_dir"):
        replace(rf'^{key} = "[^"]*";\n', "", required=False)
    text += f'\nstate_dir = "{folder}";\nplugin_dir = "{BUILD}/plugins";\n'
    if not re.search(r"^group = ", text, flags=re.M):
        text += f'group = "{line.group}";\n'
    return text


@pytest.mark.parametrize("name", ["copydesk.conf", "copydesk.minimal.conf"])
def test_the_shipped_configurations_run(line, name):
    line = line()
    desk = line.desk()
    desk.file.write_text(shipped(line, name, line.folder))
    inputs = line.produce(Writer(51).payloads(20))
    status, output = check(desk.file)
    assert status == 0, output
    desk.start()
    line.settle()
    documents = line.verify(inputs)
    if name == "copydesk.conf":
        assert set(documents[0]["enrichment"]) == {"language", "credits", "duplicate", "quotes"}
    assert desk.stop() == 0


def test_readiness_and_status_for_the_service_manager(line):
    desk = line().start()
    said = desk.notifications.said
    assert "READY=1" in said
    assert desk.notifications.status(), "a status line for systemctl status"
    assert len(desk.workers()) == 2 and all(process.alive(pid) for pid in desk.workers())


def test_a_missing_output_topic_is_told(line):
    line = line()
    line.out = "this-topic-is-not-there"
    line.produce(Writer(52).payloads(1))
    desk = line.desk().start(ready=False)
    desk.wait_for_log("this-topic-is-not-there", 60)


def test_secrets_do_not_show(line):
    """Neither on the command line of any process nor in the log."""
    line = line()
    settings = line.settings()
    settings["kafka"]["producer"] = ["ssl.key.password=swordfish"]
    desk = Desk(line.folder / "secret", settings)
    line.desks.append(desk)
    desk.start()
    for pid in process.family(desk.pid):
        assert not any("swordfish" in argument for argument in process.command_line(pid))
    assert desk.stop() == 0
    assert "swordfish" not in desk.log
    assert "swordfish" in desk.file.read_text()

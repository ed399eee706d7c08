"""copydesk probe: the bundled plugins pass all of it, and each check finds a plugin that breaks what it is about."""

import json
import pathlib
import re
import shutil

import pytest

from support.desk import PLUGINS, TEST_PLUGINS, run

WORKER = ["symbols", "descriptor", "options", "life", "articles", "spans", "annotations", "determinism", "instances", "time",
          "memory", "leftovers"]
STORE = ["claims", "redelivery", "forget", "durability"]
BREAKS = TEST_PLUGINS / "breaks.so"


def probe(plugin, *arguments, status=0):
    """The report, as JSON; {check: its part of it}."""
    done = run(["probe", "--json", *arguments, plugin])
    assert done.returncode == status, done.stdout.decode() + done.stderr.decode()
    report = json.loads(done.stdout)
    checks = {check["check"]: check for check in report["checks"]}
    assert report["passed"] + report["failed"] == len(checks)
    assert report["failed"] == sum(not check["ok"] for check in checks.values())
    return report, checks


def refused(*arguments):
    """What it said about something that it cannot probe."""
    done = run(["probe", *arguments])
    assert done.returncode == 2 and not done.stdout, done.stdout.decode()
    return done.stderr.decode()


# ---- Plugins that keep the contract --------------------------------------------------------------------------------------

@pytest.mark.parametrize("name, checks, spans", [("language_detect", WORKER, False), ("credit_strip", WORKER, True),
                                                 ("quote_extract", WORKER, True), ("dedupe", WORKER + STORE, False)])
def test_a_bundled_plugin_passes(name, checks, spans):
    report, found = probe(PLUGINS / f"{name}.so")
    assert list(found) == checks
    assert report["plugin"]["name"] == name
    said = re.match(r"(\d+) articles: (\d+) OK.* (\d+) the host's to refuse", found["articles"]["what"])
    articles, fine, hosts = map(int, said.groups())
    assert articles == fine + hosts and fine > 40 and hosts == 5
    assert (int(found["spans"]["what"].split()[0]) > 100) == spans


def test_a_model_passes_with_both_halves():
    _, found = probe(BREAKS)
    assert list(found) == WORKER + STORE
    assert int(found["claims"]["what"].split()[0]) > 5


# ---- Plugins that break it -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("deed, check, said", [
    ("crash_in_open", "life", "died of signal 6 (SIGABRT) while it opened"),
    ("crash_in_close", "life", "open and close without an article: the process died of signal 6"),
    ("crash_at_the_edge", "options", "breaks.limit=9: the process died of signal 6"),
    ("crash_on_nul", "articles", "died of signal 6 (SIGABRT); expected a verdict"),
    ("hang_on_quotes", "articles", "took longer than worker.article_cpu (100 ms) and was killed"),
    ("broken_json", "articles", "the annotation is not valid JSON"),
    ("unknown_verdict", "articles", "the unknown verdict 77"),
    ("fatal", "articles", "said FATAL"),
    ("counts_bytes", "spans", "is not in the text, which has"),
    ("trusts_annotations", "annotations", "behind the stages that it reads: the process died"),
    ("counts_calls", "determinism", "asked twice in one instance it said something else"),
    ("names_process", "determinism", "in another process it said something else"),
    ("keeps_the_largest", "determinism", "in a fresh process and in another order it said something else"),
    ("shares_state", "instances", "of two instances says something else than one alone"),
    ("quadratic", "time", "combining_marks: 64 KiB of it take"),
    ("leak", "memory", "bytes an article, in each of 4 rounds"),
    ("descriptor", "leftovers", "descriptors are open after its work"),
    ("crash_in_late_close", "leftovers", "when it closed after the articles"),
    ("thread", "leftovers", "2 threads after open"),
    ("process", "leftovers", "outlived its worker"),
    ("crash_in_claim", "claims", "expected an answer to its claim"),
    ("broken_answer", "claims", "the answer is not valid JSON"),
    ("unknown_answer", "claims", "the answer's verdict is 77"),
    ("remembers_nothing", "redelivery", "claiming once more: the same owner gets another answer"),
    ("drops_at_watermark", "redelivery", "claiming behind a watermark: the same owner gets another answer"),
    ("store_descriptor", "redelivery", "descriptors are open after its work"),
    ("crash_in_forget", "forget", "died of signal 6"),
    ("forgets_all", "forget", "after another owner was forgotten: the same owner gets another answer"),
    ("keeps_in_memory", "durability", "after closing and opening again: the same owner gets another answer"),
    ("saves_at_the_end", "durability", "after SIGKILL and opening again: the same owner gets another answer"),
    ("answers_by_process", "durability", "in a second fresh store: the same owner gets another answer"),
])
def test_a_check_finds_what_breaks_it(deed, check, said):
    sets = ["--set", f"breaks.deed={deed}"] + (["--set", "worker.article_cpu=100"] if deed == "hang_on_quotes" else [])
    done = run(["probe", "--checks", check, *sets, BREAKS])
    report = done.stdout.decode()
    assert done.returncode == 1, report
    assert re.search(rf"^FAILED  {check} ", report, flags=re.M), report
    assert said in report


def test_which_article_it_was():
    _, found = probe(BREAKS, "--set", "breaks.deed=crash_on_nul", "--checks", "articles", status=1)
    assert [fault["article"] for fault in found["articles"]["first"]] == ["nul_inside", "nul_only"]
    articles = run(["probe", "--articles"]).stdout.splitlines()
    assert sum(b'"id":"nul_inside"' in article for article in articles) == 1


def test_a_process_left_behind_is_ended():
    probe(BREAKS, "--set", "breaks.deed=process", "--checks", "leftovers", status=1)
    for maps in pathlib.Path("/proc").glob("[0-9]*/maps"):
        try:
            assert str(BREAKS) not in maps.read_text(), f"{maps.parent} is still there"
        except OSError:
            pass  # gone, or another user's


def test_what_a_library_exports_besides():
    _, found = probe(TEST_PLUGINS / "castor.so", "--checks", "symbols", status=1)
    assert [fault["what"].split(";")[0] for fault in found["symbols"]["first"]] == ["exports twin_name", "exports twin_variable"]


def test_a_descriptor_that_changes_and_is_faulty():
    _, found = probe(TEST_PLUGINS / "changing.so", "--checks", "descriptor", status=1)
    said = " ".join(fault["what"] for fault in found["descriptor"]["first"])
    for part in ("another descriptor when it is called again", 'name is "Changing"', 'version is "1"', 'summary is ""',
                 "silent has no help"):
        assert part in said, said


def test_one_that_does_not_open_is_told_once():
    done = run(["probe", TEST_PLUGINS / "open_fails.so"])
    assert done.returncode == 1
    assert done.stdout.decode().count("FAILED") == 1
    assert b"stage open_fails: the plugin's open failed" in done.stdout
    assert b"the moon is in the wrong house" in done.stderr


# ---- What cannot be probed ------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name, said", [
    ("other_major", "abi_major: wanted 1, found 2"), ("newer_minor", "abi_minor_needed"),
    ("short_descriptor", "size: wanted at least"), ("no_entry", "exports no function copydesk_plugin"),
    ("no_process", "`process` is NULL"), ("half_store", "2 of the 3 are there"), ("odd_words", "field `version`"),
    ("null_descriptor", "returned NULL"),
])
def test_the_loader_refuses(name, said):
    error = refused(TEST_PLUGINS / f"{name}.so")
    assert f"{name}.so: " in error and said in error


def test_a_file_that_others_can_write(tmp_path):
    plugin = tmp_path / "breaks.so"
    shutil.copy(BREAKS, plugin)
    plugin.chmod(0o666)
    assert "must not be writable by group or others" in refused(plugin)


@pytest.mark.parametrize("arguments, said", [
    ([], "which FILE.so?"), (["/nowhere/none.so"], "No such file"), (["--checks", "spans,luck", BREAKS], 'no check "luck"'),
    (["--set", "breaks.unknown=1", BREAKS], "unknown option 'unknown'"), (["--set", "breaks.limit=10", BREAKS], "limit"),
])
def test_usage(arguments, said):
    assert said in refused(*arguments)


def test_a_file_whose_name_no_stage_can_have(tmp_path):
    plugin = tmp_path / 'Breaks-2, "new".so'
    shutil.copy(BREAKS, plugin)
    probe(plugin, "--checks", "life", "--set", "plugin.deed=crash_in_close", status=1)
    probe(plugin, "--checks", "instances", "--set", "plugin.deed=")


def test_it_leaves_no_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    probe(BREAKS, "--checks", "claims")
    assert list(tmp_path.iterdir()) == []

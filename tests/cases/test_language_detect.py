"""language_detect's golden cases (plugins/language_detect/cases), through `copydesk run`, one call for each set of
options."""

import functools
import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
COPYDESK = pathlib.Path(os.environ.get("COPYDESK_BUILD", ROOT / "build")) / "copydesk"
MEMBERS = ["code", "tag", "script", "confidence", "reliable", "shares"]


@functools.cache
def load_cases():
    """[(name, case)] of all files, in order."""
    found = []
    for path in sorted((ROOT / "plugins/language_detect/cases").glob("*.json")):
        found += [(f"{path.stem}: {case['name']}", case) for case in json.loads(path.read_text(encoding="utf-8"))]
    return found


def run(articles, options):
    """{id: the member `language`} of the articles that came out."""
    command = [COPYDESK, "run", "--stages", "language_detect"]
    for name, value in options:
        command += ["--set", f"language_detect.{name}={value}"]
    lines = "".join(json.dumps(article) + "\n" for article in articles)
    done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return {out["id"]: out["enrichment"]["language"] for out in map(json.loads, done.stdout.splitlines())}


@functools.cache
def answers(options):
    """The answers to all cases with these options."""
    wanted = [(name, case) for name, case in load_cases() if tuple(case.get("options", {}).items()) == options]
    return run([{"id": name, "text": case["text"], **({"lang": case["lang"]} if "lang" in case else {})}
                for name, case in wanted], options)


def check_form(language):
    assert [key for key in language if key != "hint"] == MEMBERS
    assert 0 <= language["confidence"] <= 1
    assert language["reliable"] == (language["confidence"] >= 0.9)
    assert language["tag"].split("-")[0] == language["code"]
    shares = [share["share"] for share in language["shares"]]
    assert shares == sorted(shares, reverse=True) and sum(shares) <= 1.01 and all(shares)
    if language["code"] == "und":
        assert language["confidence"] == 0 and shares == []
    else:
        assert language["shares"][0]["code"] == language["code"]


@pytest.mark.parametrize("name,case", load_cases(), ids=[name for name, _ in load_cases()])
def test_case(name, case):
    out, expect = answers(tuple(case.get("options", {}).items())), case["expect"]
    if expect == "dropped":
        assert name not in out
        return
    language = out[name]
    check_form(language)
    for key in ("code", "tag", "script", "reliable"):
        if key in expect:
            assert language[key] == expect[key], language
    shares = {share["code"]: share["share"] for share in language["shares"]}
    for code, (least, most) in expect.get("shares", {}).items():
        assert least <= shares.get(code, 0) <= most, language
    if "hint" in expect:
        assert language.get("hint") == expect["hint"]


def test_the_same_text_gives_the_same_bytes():
    articles = [{"id": name, "text": case["text"]} for name, case in load_cases()]
    assert run(articles, ()) == run(articles[::-1], ())


def test_ten_thousand_words_in_two_languages_are_seen_in_the_sample():
    english = "The council decided on Monday evening that the bridge will stay closed until spring. "
    german = "Der Rat beschloss am Montagabend, dass die Brücke bis zum Frühjahr gesperrt bleibt. "
    text = "".join(english.replace("bridge", f"bridge {i}") for i in range(600)) + "".join(
        german.replace("Brücke", f"Brücke {i}") for i in range(300))
    out = run([{"id": "long", "text": text}], ())["long"]
    shares = {share["code"]: share["share"] for share in out["shares"]}
    assert out["code"] == "en"
    assert 0.25 < shares["de"] < 0.42


@pytest.mark.parametrize("lang,counted", [("de-AT", "hint_agrees 1"), ("en", "hint_differs 1")])
def test_a_mismatch_with_the_input_is_counted(tmp_path, lang, counted):
    text = "Die Brücke über den Mühlbach bleibt bis zum Frühjahr gesperrt, wie der Rat von Varnholt am Montagabend beschloss."
    article = tmp_path / "article.json"
    article.write_text(json.dumps({"text": text, "lang": lang}))
    done = subprocess.run([COPYDESK, "explain", "--stages", "language_detect", article], capture_output=True, text=True,
                          timeout=60)
    assert counted in done.stdout, done.stdout + done.stderr


def test_check_says_that_the_second_engine_is_off(tmp_path):
    file = tmp_path / "copydesk.conf"
    file.write_text('input: { topics = ["raw"]; }; output: { topic = "out"; }; dead_letters: { topic = "dead"; };\n'
                    'stages = ( { plugin = "language_detect"; } );\n'
                    'kafka: { common = ["bootstrap.servers=127.0.0.1:1"]; };\n')
    done = subprocess.run([COPYDESK, "check", file], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "the second engine is off" in done.stderr, done.stderr

"""copydesk dedupe: what it shows is what was answered; what it exports fills a new store that answers alike; what it forgets is
no original any more; and it works beside a store that is being written."""

import contextlib
import json
import os
import random
import signal
import subprocess

import pytest

from support import process, wait
from support.desk import BUILD, run

WORDS = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in "bdfgklmnprst"]


def words(rng, count):
    return [f"{rng.choice(WORDS)}{rng.choice(WORDS)}" for _ in range(count)]


def stream(seed, stories):
    """Each story as it is, and some of them again: word for word, edited, in half, and with other figures."""
    rng = random.Random(seed)
    for number in range(stories):
        text, figures = words(rng, 100), "1,204 of 377 and 88 for 5150"
        yield f"s{number}", " ".join(text) + f" {figures}"
        if number % 3 == 0:
            yield f"s{number}-exact", " ".join(text).upper() + f", {figures}."
        if number % 4 == 0:
            edited = [rng.choice(WORDS) if rng.random() < 0.05 else word for word in text]
            yield f"s{number}-near", " ".join(edited) + f" {figures}"
        if number % 5 == 0:
            yield f"s{number}-half", " ".join(text[:45])
        if number % 7 == 0:
            yield f"s{number}-form", " ".join(text) + " 1,999 of 123 and 45 for 6789"


class Folder:
    """A state folder with what `copydesk run` put into it."""

    def __init__(self, path, articles=(), **options):
        self.path, self.path_in = path, path.with_suffix(".jsonl")
        self.sets = [f"--set=dedupe.{name}={value}" for name, value in options.items()]
        self.path_in.write_text("".join(json.dumps({"id": name, "text": text}) + "\n" for name, text in articles))
        self.out = self.enrich() if articles else b""
        self.answers = {document["id"]: document["enrichment"]["duplicate"] for document in map(json.loads, self.out.splitlines())}

    def enrich(self):
        done = run(["run", "--state", self.path, "--stages", "dedupe", *self.sets, self.path_in])
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def dedupe(self, *arguments, given=b"", status=0):
        done = run(["dedupe", "--state", self.path, *self.sets, *arguments], given)
        assert done.returncode == status, done.stderr.decode()
        return done

    def lines(self, *arguments, **settings):
        return [json.loads(line) for line in self.dedupe(*arguments, **settings).stdout.splitlines()]


@pytest.fixture
def folder_of(tmp_path):
    def make(name, *arguments, **options):
        return Folder(tmp_path / name, *arguments, **options)
    return make


@pytest.fixture
def filled(folder_of):
    return folder_of("filled", list(stream(71, 120)), segment_records=60)


# ---- looking ------------------------------------------------------------------------------------------------------------

def test_stats_count_what_is_there(filled):
    (stats,) = filled.lines("stats", "--count", "--json")
    assert stats["articles"] == len(filled.answers) == sum(one["articles"] for one in stats["segments"])
    assert [one["sealed"] for one in stats["segments"]] == [True] * (len(stats["segments"]) - 1) + [False]
    relations = [answer["relation"] for answer in filled.answers.values()]
    assert stats["relations"] == {name: relations.count(name) for name in stats["relations"]}
    assert stats["damaged"] == 0
    shown = filled.dedupe("stats").stdout.decode().split()
    assert shown[shown.index("all") + 1] == str(stats["articles"])


def test_find_shows_the_answer_and_the_cluster(filled):
    found = filled.lines("find", "s12-near", "--json")
    assert [one["id"] for one in found] == ["s12", "s12-exact", "s12-near"]
    assert [one["id"] for one in found if one["asked_for"]] == ["s12-near"]
    for one in found:
        assert {key: one[key] for key in filled.answers[one["id"]]} == filled.answers[one["id"]]
    (asked,) = [one for one in found if one["asked_for"]]
    place = f"{asked['topic']}/{asked['partition']}/{asked['offset']}"
    assert filled.lines("find", place, "--json") == found
    assert "s12-exact" in filled.dedupe("find", "s12").stdout.decode()


def test_why_shows_how_close_it_is(filled):
    for name in ("s0-near", "s0-exact", "s0-half", "s0-form", "s1"):
        (why,) = filled.lines("why", name, "--json")
        assert why["answered"] == why["today"] == filled.answers[name], "the search for it gives what it gave"
        chosen = [one for one in why["compared"] if why["today"]["of"] and one["id"] == why["today"]["of"]["id"]]
        assert len(chosen) == (1 if why["today"]["of"] else 0)
        for one in chosen:
            assert (one["relation"], round(one["jaccard"], 3)) == (why["today"]["relation"], why["today"]["jaccard"])
    (form,) = filled.lines("why", "s0-form", "--json")
    assert form["compared"][0]["figures"] >= 3 and form["compared"][0]["figures_agree"] == 0
    assert "figures" in form["compared"][0]["rule"]
    assert "jaccard" in filled.dedupe("why", "s0-near").stdout.decode()


def test_why_of_an_article_that_is_not_in_the_store(filled, tmp_path):
    text = dict(stream(71, 120))["s8"]
    article = tmp_path / "article.json"
    article.write_text(json.dumps({"id": "fresh", "text": text + " one two three"}))
    (why,) = filled.lines("why", "--article", article, "--json")
    assert why["answer"]["relation"] == "near" and why["answer"]["of"]["id"] == "s8"
    enriched = json.dumps({"id": "fresh", "text": "else", "enrichment": {"credits": {"body": text}}}).encode()
    (why,) = filled.lines("why", "--article=-", "--json", given=enriched)
    assert why["answer"]["relation"] == "exact", "what credit_strip left is what is compared"
    assert filled.lines("stats", "--json")[0]["articles"] == len(filled.answers), "looking adds nothing"


# ---- export and import ---------------------------------------------------------------------------------------------------

def test_what_is_exported_fills_a_store_that_answers_alike(filled, folder_of):
    exported = filled.dedupe("export").stdout
    assert len(exported.splitlines()) == len(filled.answers)
    new = folder_of("new")
    new.sets, new.path_in = ["--set=dedupe.segment_records=100"], filled.path_in
    new.dedupe("import", given=exported)
    assert new.dedupe("export").stdout == exported
    assert b"known already" in new.dedupe("import", given=exported).stderr
    assert new.dedupe("export").stdout == exported, "the same once more changes nothing"
    memos = {document["id"]: document["enrichment"]["duplicate"] for document in map(json.loads, new.enrich().splitlines())}
    assert memos == filled.answers, "every memo is there"
    fresh = folder_of("fresh", [(f"{name}-again", text) for name, text in stream(71, 40)])
    fresh.path, fresh.sets = new.path, new.sets
    late = [json.loads(line)["enrichment"]["duplicate"] for line in fresh.enrich().splitlines()]
    assert all(answer["relation"] in ("exact", "template") for answer in late), "and finds new copies"


def test_enriched_articles_fill_a_store_that_answers_alike(filled, folder_of):
    new = folder_of("new", segment_records=60)
    new.dedupe("import", given=filled.out)
    assert new.dedupe("export").stdout == filled.dedupe("export").stdout
    bare = b"".join(json.dumps({**document, "enrichment": {}}).encode() + b"\n"
                    for document in map(json.loads, filled.out.splitlines()))
    decided = folder_of("decided", segment_records=60)
    decided.dedupe("import", given=bare)
    assert decided.dedupe("export").stdout == filled.dedupe("export").stdout, "without an answer they are decided"


def test_the_forgotten_stay_forgotten_through_an_export(filled, folder_of):
    filled.dedupe("forget", "s3")
    assert [one["forgotten"] for one in filled.lines("find", "s3", "--json") if one["id"] == "s3"] == [True]
    new = folder_of("new")
    new.dedupe("import", given=filled.dedupe("export").stdout)
    assert [one["forgotten"] for one in new.lines("find", "s3", "--json") if one["id"] == "s3"] == [True]


@pytest.mark.parametrize("line, said", [
    (b"{broken", b"no JSON"),
    (b'["array"]', b"no line of"),
    (b'{"text": "raw"}', b"provenance"),
    (b'{"text": "x", "provenance": {"source": {"file": "f", "line": -3}}}', b"provenance"),
    (b'{"text": 7, "provenance": {"source": {"file": "f", "line": 3}}}', b"/text"),
    (b'{"text": "x", "provenance": {"source": {"file": "f", "line": 3}}, "enrichment": {"duplicate": {"relation": "odd"}}}',
     b"no answer"),
])
def test_a_bad_line_is_told_and_the_rest_goes_on(filled, folder_of, line, said):
    exported = filled.dedupe("export").stdout.splitlines()
    new = folder_of("new")
    done = new.dedupe("import", given=b"\n".join([exported[0], line, exported[1], b""]), status=1)
    assert done.stderr.startswith(b"-:2: ") and said in done.stderr
    assert b"2 articles imported, 0 known already, 1 refused" in done.stderr
    assert new.lines("stats", "--json")[0]["articles"] == 2


def test_damaged_lines_of_an_export_are_refused(filled, folder_of):
    """Whatever is done to a line: it is taken whole or refused, and nothing breaks."""
    rng, lines = random.Random(5), filled.dedupe("export").stdout.splitlines()[:40]
    members = list(json.loads(lines[0]))
    damaged = []
    for number, line in enumerate(lines):
        record = json.loads(line)
        if number % 2:
            record[rng.choice(members)] = rng.choice([None, "", "zz", -7, 1e300, [], {}, "f" * 5000])
        damaged.append(json.dumps(record).encode())
    new = folder_of("new")
    done = run(["dedupe", "--state", new.path, "import"], b"\n".join(damaged))
    assert done.returncode in (0, 1), done.stderr.decode()
    done = run(["dedupe", "--state", new.path, "stats", "--count", "--json"])
    assert json.loads(done.stdout)["damaged"] == 0


def test_another_version_is_refused_by_name(filled, folder_of):
    new = folder_of("new")
    other = filled.dedupe("export").stdout.replace(b'"hash":', b'"hash":9')
    done = new.dedupe("import", given=other, status=1)
    assert b"another version" in done.stderr and b"enriched" in done.stderr


# ---- forgetting ----------------------------------------------------------------------------------------------------------

def test_what_is_forgotten_is_no_original_any_more(filled, folder_of):
    article = json.dumps({"id": "late", "text": dict(stream(71, 120))["s1"]}).encode()
    (before,) = filled.lines("why", "--article=-", "--json", given=article)
    assert before["answer"]["of"]["id"] == "s1"
    dry = filled.dedupe("forget", "--dry-run", "s1").stdout
    assert b"would forget s1" in dry
    assert filled.lines("why", "--article=-", "--json", given=article) == [before], "a dry run does nothing"
    filled.dedupe("forget", "s1")
    (after,) = filled.lines("why", "--article=-", "--json", given=article)
    assert after["answer"]["relation"] == "none"


# ---- how it is called -----------------------------------------------------------------------------------------------------

def test_errors_say_what_is_wrong(filled, folder_of, tmp_path):
    assert run(["dedupe", "--help"]).returncode == 0
    assert b"which store" in run(["dedupe", "stats"]).stderr
    for arguments, said in [(["frob"], b"frob"), (["find"], b"which ARTICLE"), (["why"], b"which ARTICLE"), ([], b"which command"),
                            (["stats", "--dry-run"], b"writes nothing"), (["stats", "--set=dedupe.window=soon"], b"window"),
                            (["stats", "--set=dedupe.store=memory"], b"memory")]:
        assert said in filled.dedupe(*arguments, status=2).stderr, arguments
    for command in ("find", "why", "forget"):
        assert b"no article nobody" in filled.dedupe(command, "nobody", status=1).stderr
    assert b"No such file" in folder_of("nowhere").dedupe("stats", status=1).stderr
    (tmp_path / "empty" / "dedupe").mkdir(parents=True)
    assert b"no store" in folder_of("empty").dedupe("stats", status=1).stderr
    missing = filled.dedupe("import", tmp_path / "none.jsonl", status=1)
    assert b"No such file" in missing.stderr


def test_the_configuration_says_where_the_store_is(filled, tmp_path):
    configured = tmp_path / "copydesk.conf"
    state = tmp_path / "name"
    state.mkdir()
    (state / "desk").symlink_to(filled.path)
    (filled.path / "twins").symlink_to(filled.path / "dedupe")
    text = f'name = "desk"; state_dir = "{state}"; input = {{ fields = {{ text = "/body"; }}; }}; stages = ( STAGES );'
    configured.write_text(text.replace("STAGES", '{ plugin = "dedupe"; window = 3; strict = true; }'))
    done = run(["dedupe", "-c", configured, "why", "s0-near"])
    assert done.returncode == 0 and b"profile strict" in done.stdout, done.stderr.decode()
    article = json.dumps({"body": dict(stream(71, 120))["s8"]}).encode()
    assert b"exact of s8" in run(["dedupe", "--config", configured, "why", "--article=-"], article).stdout
    configured.write_text(text.replace("STAGES", '{ plugin = "dedupe"; }, { plugin = "dedupe"; name = "twins"; member = "t"; }'))
    assert b"--stage=" in run(["dedupe", "-c", configured, "stats"]).stderr
    done = run(["dedupe", "-c", configured, "--stage=twins", "stats", "--json"])
    assert json.loads(done.stdout)["folder"].endswith("/twins")
    configured.write_text(text.replace("STAGES", '{ plugin = "credit_strip"; }'))
    assert run(["dedupe", "-c", configured, "stats"]).returncode == 2


# ---- beside a store that is written ----------------------------------------------------------------------------------------

def store_of(parent):
    return next((pid for pid in process.children(parent) if "--store" in process.command_line(pid)), None)


def check_export(path, articles):
    """Of a store that grows at this moment: what comes out is what came in first, whole and in order."""
    done = run(["dedupe", "--state", path, "export"])
    if done.returncode != 0:
        assert b"no store" in done.stderr or b"No such file" in done.stderr, done.stderr.decode()
        return 0
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["offset"] for record in records] == list(range(1, len(records) + 1))
    assert [record["id"] for record in records] == [name for name, _ in articles[:len(records)]]
    return len(records)


def test_readers_beside_a_store_that_grows_and_is_killed(folder_of, tmp_path):
    articles = [(f"{seed}-{name}", text) for seed in range(8) for name, text in stream(900 + seed, 900)]
    folder = folder_of("busy", segment_records=800)
    folder.path_in.write_text("".join(json.dumps({"id": name, "text": text}) + "\n" for name, text in articles))
    command = [BUILD / "copydesk", "run", "--state", folder.path, "--stages", "dedupe", *folder.sets, folder.path_in]
    rng, seen, kills, written = random.Random(9), [], 0, 0
    with open(tmp_path / "out", "wb") as out, subprocess.Popen(process.bound_to_us(command), stdout=out) as running:
        while running.poll() is None:
            seen.append(check_export(folder.path, articles))
            reader = subprocess.Popen([BUILD / "copydesk", "dedupe", "--state", folder.path, "export"],
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            reader.stdout.read(1)  # it is in the midst of it
            store, size = store_of(running.pid), os.fstat(out.fileno()).st_size
            # Far from the last one: an article that two kills meet is refused.
            if store is not None and size > written + 300_000 and rng.random() < 0.5:
                written = size
                with contextlib.suppress(ProcessLookupError):
                    os.kill(store, signal.SIGKILL)
                    kills += 1
            reader.kill()
            reader.communicate()
    assert running.returncode == 0 and kills >= 2
    assert len({count for count in seen if 0 < count < len(articles)}) >= 3, f"it was not read while it grew: {seen}"
    assert sorted(seen) == seen, "nothing that was there is gone"
    assert check_export(folder.path, articles) == len(articles)
    calm = folder_of("calm", segment_records=800)
    calm.path_in = folder.path_in
    calm.enrich()
    assert calm.dedupe("export").stdout == folder.dedupe("export").stdout, "as if nobody had been killed"


def test_beside_a_running_daemon(line):
    """Reading works; writing is refused until it has stopped."""
    line = line()
    text = " ".join(words(random.Random(3), 80))
    line.produce([json.dumps({"id": f"n{number}", "text": text}).encode() for number in range(3)])
    desk = line.start(["dedupe"])
    line.settle()
    found = run(["dedupe", "-c", desk.file, "find", f"{line.raw}/0/1", "--json"])
    assert [json.loads(one)["relation"] for one in found.stdout.splitlines()] == ["none", "exact", "exact"], found.stderr
    for command in (["forget", "n0"], ["import", "/dev/null"]):
        refused = run(["dedupe", "-c", desk.file, *command])
        assert refused.returncode == 1 and b"in use" in refused.stderr
    assert run(["dedupe", "-c", desk.file, "forget", "--dry-run", "n0"]).returncode == 0
    assert desk.stop() == 0
    assert run(["dedupe", "-c", desk.file, "forget", "n0", "n1", "n2"]).returncode == 0
    line.produce([json.dumps({"id": "n3", "text": text}).encode()])
    desk.start()
    line.settle()
    wait.until(lambda: line.topics.count(line.out) >= 4, 20, "the fourth to come out")
    assert json.loads(line.outputs()[-1].value)["enrichment"]["duplicate"]["relation"] == "none"

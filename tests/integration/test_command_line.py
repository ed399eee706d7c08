"""copydesk: run, check and explain, without any Kafka."""

import json
import subprocess

import pytest

from support import verify
from support.articles import Writer
from support.desk import BUILD, TEST_PLUGINS, run
from support.topics import Record

ALL = "language_detect,credit_strip,dedupe,quote_extract"


def lines(payloads):
    return b"".join(payload + b"\n" for payload in payloads)


def documents(output):
    return [json.loads(line) for line in output.splitlines()]


def test_json_lines_through_all_stages_in_order():
    payloads = Writer(61).payloads(300)
    done = run(["run", "--stages", ALL, "--workers", "3"], lines(payloads))
    assert done.returncode == 0, done.stderr.decode()
    out = done.stdout.splitlines()
    assert len(out) == 300
    for number, (payload, line) in enumerate(zip(payloads, out), 1):
        document = json.loads(line)
        assert verify.without_added(verify.members(line.decode())) == verify.members(payload.decode())
        assert document["provenance"]["source"]["line"] == number
        assert set(document["enrichment"]) == {"language", "credits", "duplicate", "quotes"}
        if verify.SCHEMA.exists():
            verify.validator().validate(document)
        verify.check_spans(document)
    assert len(done.stderr.splitlines()) == 1, "one summary line, and no progress bar where there is no terminal"


def test_files_and_their_names(tmp_path):
    writer = Writer(62)
    for name in ("one.jsonl", "two.jsonl"):
        (tmp_path / name).write_bytes(lines(writer.payloads(3)))
    done = run(["run", "--stages", "language_detect", tmp_path / "one.jsonl", tmp_path / "two.jsonl"])
    assert done.returncode == 0, done.stderr.decode()
    sources = [document["provenance"]["source"] for document in documents(done.stdout)]
    assert [source["line"] for source in sources] == [1, 2, 3, 1, 2, 3]
    assert [source["file"].split("/")[-1] for source in sources] == ["one.jsonl"] * 3 + ["two.jsonl"] * 3


def test_plain_text_files(tmp_path):
    texts = ["First text.\nTwo lines.", "{not JSON, but text}", "Drittes Stück."]
    files = []
    for number, text in enumerate(texts):
        files.append(tmp_path / f"{number}.txt")
        files[-1].write_text(text)
    done = run(["run", "--stages", "language_detect", "--text", *files])
    assert done.returncode == 0, done.stderr.decode()
    assert [document["text"] for document in documents(done.stdout)] == texts


def test_a_bad_line_is_told_and_kept_and_the_rest_goes_on(tmp_path):
    payloads = Writer(63).payloads(4)
    given = [payloads[0], b'{"text": broken}', payloads[1], b'{"id": "no text"}', payloads[2], payloads[3]]
    kept = tmp_path / "dead.jsonl"
    done = run(["run", "--stages", "language_detect", "--dead-letters", kept], lines(given))
    assert done.returncode == 1
    assert [document["id"] for document in documents(done.stdout)] == ["article-1", "article-2", "article-3", "article-4"]
    errors = done.stderr.decode()
    assert "2" in errors and "4" in errors
    assert len(kept.read_bytes().splitlines()) == 2


@pytest.mark.plain_build
def test_a_crash_costs_one_line():
    writer = Writer(64)
    payloads = [writer.payload(100, **({"text": "misbehave:segv"} if n == 50 else {})) for n in range(100)]
    done = run(["run", "--stages", f"{TEST_PLUGINS}/misbehave.so", "--workers", "2"], lines(payloads))
    assert done.returncode == 1
    assert [document["id"] for document in documents(done.stdout)] == [
        f"article-{n + 1}" for n in range(100) if n != 50]
    assert "SIGSEGV" in done.stderr.decode()


def test_options_on_the_command_line():
    done = run(["run", "--stages", f"{TEST_PLUGINS}/options.so", "--set", "options.limit=99", "--set",
                "options.mode=strict"], b'{"text": "x"}\n')
    assert done.returncode == 0, done.stderr.decode()
    (document,) = documents(done.stdout)
    assert document["enrichment"]["options"]["limit"] == 99 and document["enrichment"]["options"]["mode"] == "strict"


def test_state_is_kept_where_told(tmp_path):
    text = Writer(65).text(1200)
    first = lines([json.dumps({"id": "first", "text": text}).encode()])
    again = lines([json.dumps({"id": "again", "text": text}).encode()])
    (tmp_path / "a").write_bytes(first)
    (tmp_path / "b").write_bytes(again)
    state = tmp_path / "state"
    state.mkdir()
    relations = []
    for name in ("a", "b"):
        done = run(["run", "--stages", "dedupe", "--state", state, tmp_path / name])
        assert done.returncode == 0, done.stderr.decode()
        relations.append(documents(done.stdout)[0]["enrichment"]["duplicate"]["relation"])
    assert relations == ["none", "exact"]
    done = run(["run", "--stages", "dedupe", tmp_path / "b"])
    assert documents(done.stdout)[0]["enrichment"]["duplicate"]["relation"] == "none", "without --state nothing is kept"


def test_an_empty_input_is_no_error():
    done = run(["run", "--stages", "language_detect"])
    assert done.returncode == 0 and done.stdout == b""


def test_a_line_that_is_too_long_is_told_by_its_place_and_the_rest_goes_on(tmp_path):
    payloads = Writer(67).payloads(3)
    long = b'{"text": "' + b"x" * (3 << 20) + b'"}'
    file, kept = tmp_path / "in.jsonl", tmp_path / "dead.jsonl"
    file.write_bytes(lines([payloads[0], long, payloads[1], payloads[2]]))
    done = run(["run", "--stages", "language_detect", "--set", "input.max_bytes=1048576", "--dead-letters", kept, file])
    assert done.returncode == 1
    assert [document["id"] for document in documents(done.stdout)] == ["article-1", "article-2", "article-3"]
    assert [document["provenance"]["source"]["line"] for document in documents(done.stdout)] == [1, 3, 4]
    assert f"{file}:2: too-large in desk: it has {len(long)} bytes; the limit is 1048576" in done.stderr.decode()
    assert b"4 articles in, 3 out, 0 dropped, 1 refused" in done.stderr
    assert kept.read_bytes() == long + b"\n"


def test_a_last_line_without_its_end():
    done = run(["run", "--stages", "language_detect"], b'{"text": "one"}\n{"text": "two"}')
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 2


@pytest.mark.parametrize("arguments", [
    ["run", "--stages", "no_such_stage"], ["run", "--no-such-option"], ["no-such-command"], [],
    ["run", "--stages", "language_detect", "--set", "language_detect.no_such_option=1"],
    ["check", "/not/there.conf"]])
def test_wrong_usage_ends_with_2(arguments):
    done = run(arguments)
    assert done.returncode == 2, done
    assert done.stderr


def test_a_file_that_is_not_there_is_told_by_name():
    done = run(["run", "--stages", "language_detect", "/not/there.jsonl"])
    assert done.returncode == 1 and b"/not/there.jsonl" in done.stderr


@pytest.mark.plain_build
def test_a_reader_that_goes_away_is_no_crash(tmp_path):
    (tmp_path / "in").write_bytes(lines(Writer(66).payloads(2000)))
    done = subprocess.run(["bash", "-c", f"{BUILD}/copydesk run --stages language_detect {tmp_path}/in | head -n 1; "
                           "echo ${PIPESTATUS[0]}"], capture_output=True, timeout=60)
    status = int(done.stdout.splitlines()[-1])
    assert status in (1, 141), (status, done.stderr[-500:])


def test_check_says_what_is_configured(tmp_path):
    file = tmp_path / "copydesk.conf"
    file.write_text('input = { topics = ["raw"]; };\noutput = { topic = "out"; };\ndead_letters = { topic = "dead"; };\n'
                    f'state_dir = "{tmp_path}";\nkafka = {{ common = ["bootstrap.servers=127.0.0.1:1"]; }};\n'
                    f'stages = ( {{ plugin = "{TEST_PLUGINS}/options.so"; }} );\n')
    done = run(["check", file])
    assert done.returncode == 0, done.stderr.decode()
    file.write_text(file.read_text() + "desk = { workers = -3; };\n")
    done = run(["check", file])
    assert done.returncode == 2
    assert f"{file}:7" in (done.stderr + done.stdout).decode()


def test_explain_shows_each_stage(tmp_path):
    (tmp_path / "article.json").write_bytes(Writer(67).payload())
    done = run(["explain", "--stages", ALL, tmp_path / "article.json"])
    if done.returncode == 2:
        done = run(["explain", tmp_path / "article.json"])
    assert done.returncode == 0, done.stderr.decode()
    for stage in ALL.split(","):
        assert stage in done.stdout.decode()


def test_run_and_daemon_agree(line):
    """The same article gives the same enrichment by either way."""
    line = line()
    payloads = Writer(68).payloads(20)
    inputs = line.produce([Record(payload) for payload in payloads])
    line.start(ALL.split(","))
    line.settle()
    by_daemon = line.verify(inputs)
    by_run = documents(run(["run", "--stages", ALL], lines(payloads)).stdout)
    for one, other in zip(by_daemon, by_run, strict=True):
        for document in (one, other):
            if document["enrichment"]["duplicate"].get("of"):
                del document["enrichment"]["duplicate"]["of"]
        assert one["enrichment"] == other["enrichment"]


def test_the_demo_shows_articles_and_ends_by_itself():
    """No Kafka, no configuration, no terminal."""
    done = run(["demo"], timeout=120)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    assert len(done.stdout) > 500


@pytest.mark.parametrize("program", ["copydesk", "copydeskd"])
def test_version_and_help(program):
    for option in ("--version", "--help"):
        done = subprocess.run([BUILD / program, option], capture_output=True, timeout=20)
        assert done.returncode == 0 and done.stdout, (program, option)

"""The main job: a raw article in, the enriched article out; everything that can be in a record; bad ones to the dead
letters with a reason."""

import json

import pytest

from support import verify, wait
from support.articles import Writer
from support.line import extra_plugin as plugin
from support.topics import Record

STAGES = ("language_detect", "credit_strip", "dedupe", "quote_extract")

ARTICLE = {
    "id": "ferry-1",
    "title": "Ferry line opens",
    "source": "larnby-courier.example",
    "editor": {"notes": [1, 2.50, "Übung", None, True], "big": 12345678901234567890123},
    "text": "LARNBY (AP) — The new ferry line opened on Monday.\n\n“We counted every beam twice,” said Mara Ortwin, the "
            "harbour master of Larnby. “Nothing is loose.”\n\nAbout nine hundred people came to see the first crossing, "
            "and the weather was with them. The crossing takes forty minutes.",
}


def test_a_whole_article_goes_in_and_the_whole_enriched_article_comes_out(line):
    line = line()
    raw = json.dumps(ARTICLE, ensure_ascii=False, indent=1).encode()
    inputs = line.produce([Record(raw, b"ferry", [("feed", b"larnby")], 1_700_000_000_000)])
    desk = line.start(STAGES)
    line.settle()
    (document,) = line.verify(inputs)
    assert {key: document[key] for key in ARTICLE} == ARTICLE
    found = document["enrichment"]
    assert set(found) == {"language", "credits", "duplicate", "quotes"}
    assert found["language"]["code"] == "en"
    assert "“We counted every beam twice,” said Mara Ortwin" in found["credits"]["body"]
    assert found["duplicate"]["relation"] == "none" and found["duplicate"]["cluster"] == "ferry-1"
    assert [quote["speaker"]["name"] for quote in found["quotes"]] == ["Mara Ortwin"] * len(found["quotes"])
    assert "We counted every beam twice" in found["quotes"][0]["text"]
    assert [stage["name"] for stage in document["provenance"]["stages"]] == list(STAGES)
    assert desk.stop() == 0


def test_plain_text_and_json_in_one_topic(line):
    line = line()
    inputs = line.produce([
        Record("The ferry line of Larnby opened. Ünïcode — too.\nA second line.".encode(), b"plain"),
        Record(b' \n\t{"text": "an object behind white space"}', b"json"),
        Record(b"no key, so the place is the id"),
        Record(b'["no object", "so it is text"]', b"array"),
    ])
    line.start(input={"format": "auto"})
    line.settle()
    plain, parsed, keyless, array = line.verify(inputs)
    assert plain["text"] == "The ferry line of Larnby opened. Ünïcode — too.\nA second line."
    assert parsed["text"] == "an object behind white space"
    assert keyless["text"] == "no key, so the place is the id"
    assert array["text"] == '["no object", "so it is text"]'


def test_an_exact_copy_is_found_over_kafka(line):
    line = line()
    writer = Writer(11)
    text = writer.text(1500)
    inputs = line.produce([json.dumps({"id": f"copy-{n}", "text": text}).encode() for n in range(3)])
    line.start(["dedupe"])
    line.settle()
    first, second, third = line.verify(inputs)
    assert first["enrichment"]["duplicate"]["relation"] == "none"
    for copy in (second, third):
        assert copy["enrichment"]["duplicate"]["relation"] == "exact"
        assert copy["enrichment"]["duplicate"]["cluster"] == "copy-0"
        assert copy["enrichment"]["duplicate"]["of"]["offset"] == 0


BAD = {
    "no JSON": (b'{"text": "broken', "decode"),
    "a broken member that nobody reads": (b'{"text": "fine", "other": 01.2}', "decode"),
    "a broken literal": (b'{"text": "fine", "other": nul}', "decode"),
    "no object": (b'["an array"]', "decode"),
    "a number": (b"17", "decode"),
    "no text": (b'{"id": "7"}', "decode"),
    "the text is no string": (b'{"text": 7}', "decode"),
    "invalid UTF-8": (b'{"text": "a\xffb"}', "decode"),
    "a lone surrogate": (b'{"text": "a\\ud800b"}', "decode"),
    "a member twice": (b'{"text": "one", "text": "two"}', "decode"),
    "a member twice, once escaped": (b'{"text": "one", "te\\u0078t": "two"}', "decode"),
    "too deep": (b'{"text": "x", "deep": ' + b"[" * 3000 + b"]" * 3000 + b"}", "decode"),
    "something behind it": (b'{"text": "x"} {"text": "y"}', "decode"),
    "NUL behind it": (b'{"text": "x"}\x00', "decode"),
    "empty": (b"", "decode"),
    "white space": (b"  \n", "decode"),
    "a schema registry's frame": (b"\x00\x00\x00\x00\x07" + b'{"text": "framed"}', "decode"),
}


def test_bad_payloads_are_dead_letters_that_say_why(line):
    line = line()
    writer = Writer(5)
    records = []
    for name, (payload, _) in BAD.items():
        records += [Record(payload, name.encode(), [("feed", b"x")]), Record(writer.payload(200))]
    inputs = line.produce(records)
    line.start(input={"max_depth": 100})
    line.settle()
    line.verify(inputs)
    letters = {letter.key.decode(): letter for letter in line.letters()}
    assert set(letters) == set(BAD)
    for name, (_, kind) in BAD.items():
        letter = letters[name]
        assert letter.header("copydesk-class") == kind, name
        assert letter.header("copydesk-attempts") == "1", name
        assert len(letter.header("copydesk-reason")) > 10, name
    assert "byte" in letters["invalid UTF-8"].header("copydesk-reason")
    assert "text" in letters["no text"].header("copydesk-reason")
    reason = letters["a schema registry's frame"].header("copydesk-reason").lower()
    assert "schema" in reason or "confluent" in reason


def test_everything_that_a_record_can_be(line):
    """Tombstones, empty keys, no key, a hundred headers, a huge key, headers without a value or with the same name."""
    line = line()
    writer = Writer(6)
    many = [(f"header-{n % 50}", bytes([n])) for n in range(100)]
    inputs = line.produce([
        Record(writer.payload(), b"plain"),
        Record(None, b"gone"),
        Record(writer.payload(), None),
        Record(writer.payload(), b""),
        Record(writer.payload(), b"headers", many),
        Record(writer.payload(), b"odd headers", [("none", None), ("empty", b""), ("twice", b"1"), ("twice", b"\xff\x00")]),
        Record(writer.payload(), b"k" * 300_000),
        Record(None, b"gone too", [("why", b"retracted")], 1_500_000_000_000),
        Record(writer.payload(), bytes(range(256)), timestamp=1_600_000_000_123),
        Record(writer.payload(300_000), b"a long article"),
    ])
    line.start(["language_detect"])
    line.settle()
    documents = line.verify(inputs)
    assert [document is None for document in documents].count(True) == 2
    assert documents[2]["provenance"]["source"]["offset"] == 2
    assert line.letters() == []


def test_an_article_over_the_limit_is_a_dead_letter(line):
    line = line()
    writer = Writer(7)
    inputs = line.produce([writer.payload(500), Record(writer.payload(80_000), b"long"), writer.payload(500)])
    line.start(input={"max_bytes": 50_000})
    line.settle()
    line.verify(inputs)
    (letter,) = line.letters()
    assert letter.key == b"long" and letter.header("copydesk-class") in ("decode", "too-large")


def test_an_output_that_the_topic_refuses_is_a_dead_letter(line):
    line = line()
    out = line.topics.create("small-out", 1, max_message_bytes=20_000)
    line.out = out
    writer = Writer(8)
    inputs = line.produce([writer.payload(500), Record(writer.payload(60_000), b"long"), writer.payload(500)])
    line.start()
    line.settle()
    line.verify(inputs)
    (letter,) = line.letters()
    assert letter.key == b"long" and letter.header("copydesk-class") == "too-large"


def test_the_order_of_each_partition_is_kept(line):
    line = line(partitions=4)
    writer = Writer(9)
    inputs = line.produce([Record(writer.payload(rough), f"{n}".encode(), partition=n % 4)
                           for n, rough in enumerate([50, 9000, 300, 2000] * 1000)])
    line.start(["language_detect"], desk={"workers": 3})
    line.settle()
    line.verify(inputs)
    outputs = line.outputs()
    places = {(record.partition, json.loads(record.value)["provenance"]["source"]["partition"]) for record in outputs}
    assert places == {(n, n) for n in range(4)}, "with as many partitions, the number stays"


@pytest.mark.parametrize("partitions", [1, 3, 7])
def test_the_order_is_kept_where_the_output_has_other_partitions(line, partitions):
    line = line(partitions=4)
    line.out = line.topics.create("out-else", partitions)
    writer = Writer(10)
    inputs = line.produce([Record(writer.payload(100), None, partition=n % 4) for n in range(1000)])
    line.start()
    line.settle()
    line.verify(inputs)


def test_several_input_topics(line):
    line = line(partitions=2, extra_inputs=2)
    writer = Writer(12)
    inputs = []
    for topic in line.inputs:
        inputs += line.produce([Record(writer.payload(100), partition=n % 2) for n in range(100)], topic)
    line.start()
    line.settle()
    line.verify(inputs)


def test_a_pattern_of_input_topics(line):
    line = line(extra_inputs=1)
    prefix = line.topics.create("press-agency")
    line.inputs = [prefix, line.topics.create(f"{prefix}-foreign")]
    writer = Writer(13)
    inputs = []
    for topic in line.inputs:
        inputs += line.produce(writer.payloads(20), topic)
    line.start(input={"topics": [f"^{prefix}"]})
    line.settle()
    line.verify(inputs)


def test_start_latest_leaves_what_was_there(line):
    line = line()
    writer = Writer(14)
    line.produce(writer.payloads(10))
    desk = line.start(input={"start": "latest"})
    seen = {"partitions": []}

    def assigned():
        for record in line.stats():
            seen["partitions"] = [one for one in record["partitions"] if one["assigned"]] or seen["partitions"]
        return seen["partitions"]

    wait.until(assigned, 30, "the partition to be assigned")
    wait.until(lambda: line.topics.lag(line.group, line.raw) == 0, 30, "the position at the end to be committed")
    inputs = line.produce(writer.payloads(10))
    line.settle()
    line.verify(inputs)
    assert desk.stop() == 0


def test_start_at_a_timestamp(line):
    line = line(partitions=2)
    writer = Writer(15)
    old = 1_700_000_000_000
    line.produce([Record(writer.payload(), timestamp=old + n, partition=n % 2) for n in range(10)])
    inputs = line.produce([Record(writer.payload(), timestamp=old + 100_000 + n, partition=n % 2) for n in range(10)])
    line.start(input={"start": "timestamp:2023-11-14T22:13:40Z"})  # 1_700_000_020_000
    line.settle()
    line.verify(inputs)


def test_a_group_goes_on_where_it_was_whatever_start_says(line):
    line = line()
    writer = Writer(16)
    inputs = line.produce(writer.payloads(10))
    desk = line.start()
    line.settle()
    assert desk.stop() == 0
    inputs += line.produce(writer.payloads(10))
    line.start(input={"start": "latest"})
    line.settle()
    line.verify(inputs)


def test_the_same_input_gives_the_same_bytes(line):
    """Two desks in two groups, each with its own output: no clock and no random value in what comes out."""
    line = line(partitions=2)
    writer = Writer(17)
    inputs = line.produce([Record(writer.payload(), partition=n % 2) for n in range(50)])
    stages = ("language_detect", "credit_strip", "quote_extract")
    line.start(stages, name="one")
    line.settle()
    line.verify(inputs)
    first = [record.value for record in line.outputs()]
    line.out, line.group = line.topics.create("again", 2), f"{line.group}-again"
    line.start(stages, name="two")
    line.settle()
    line.verify(inputs)
    assert [record.value for record in line.outputs()] == first


def test_the_members_to_read_are_configured(line):
    line = line()
    inputs = line.produce([
        b'{"body": {"plain": "The text stands elsewhere."}, "text": 7, "guid": "g-1"}',
        b'{"body": {"plain": "And another."}, "a/b": 1}',
    ])
    line.start(["dedupe"], input={"fields": {"text": "/body/plain", "id": "/guid"}})
    line.settle()
    outputs = [json.loads(record.value) for record in line.outputs()]
    assert len(outputs) == len(inputs)
    assert outputs[0]["enrichment"]["duplicate"]["cluster"] == "g-1"
    assert outputs[1]["enrichment"]["duplicate"]["cluster"] == f"{line.raw}/0/1"


def test_an_enrichment_that_was_there_is_replaced(line):
    line = line()
    inputs = line.produce([
        b'{"enrichment": {"language": "old"}, "text": "Some words.", "provenance": "old", "last": 1}',
    ])
    line.start()
    line.settle()
    (document,) = line.verify(inputs)
    assert document["enrichment"] == {} and document["provenance"]["stages"] == [] and document["last"] == 1


def test_options_arrive_at_the_plugin(line):
    line = line()
    words = line.folder / "words.txt"
    words.write_text("one\ntwo\n")
    options = {"loud": True, "limit": 42, "share": 0.25, "label": "Grüße", "mode": "strict", "file": str(words),
               "names": ["a", "b"], "rules": ({"match": "x", "weight": 3}, {"match": "y"})}
    inputs = line.produce([b'{"text": "x"}'])
    line.start([plugin("options", **options), plugin("options", name="again", member="again")])
    line.settle()
    (document,) = line.verify(inputs)
    expected = {**options, "file": "one\ntwo\n", "rules": [{"match": "x", "weight": 3}, {"match": "y", "weight": 1}]}
    assert document["enrichment"]["options"] == expected
    assert document["enrichment"]["again"] == {"loud": False, "limit": 7, "share": 0.5, "label": "none",
                                               "mode": "gentle", "names": [], "rules": []}
    assert [stage["name"] for stage in document["provenance"]["stages"]] == ["options", "again"]
    assert verify.SCHEMA.exists()

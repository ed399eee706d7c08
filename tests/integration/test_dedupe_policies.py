"""What becomes of copies, by relation, on a real Kafka; within which key they meet, how long, and what a reload changes."""

import json
import random

from support import config, wait
from support.desk import run
from support.topics import Record

from test_reload import reload

DAY = 86_400_000


def words(rng, count):
    return " ".join("".join(rng.choices("abcdefghijklmnoprstuvw", k=rng.randint(3, 8))) for _ in range(count))


def story(seed):
    """{relation: text} of one story; the first is the original."""
    rng = random.Random(seed)
    lead, body, tail = words(rng, 60), words(rng, 60), words(rng, 60)
    figures = " of 1,204 and 377 and 88 and 5150"
    return {"none": f"{lead} {body}{figures}", "exact": f"{lead.upper()} {body}, {figures}.",
            "near": f"{lead} {body} {words(rng, 6)}{figures}", "contained": lead[:len(lead) // 2 + 80],
            "contains": f"{lead} {body}{figures} {tail} {words(rng, 200)}",
            "template": f"{lead} {body} of 1,999 and 123 and 45 and 6789"}


def records(texts, **members):
    return [Record(json.dumps({"id": name, "text": text, **members}).encode(), name.encode()) for name, text in texts.items()]


def duplicates(outputs):
    return {document["id"]: document["enrichment"]["duplicate"] for document in (json.loads(one.value) for one in outputs)}


def test_each_relation_has_its_own_policy(line):
    line = line()
    briefs, forms = line.topics.create("briefs"), line.topics.create("forms")
    # Each relation against the original alone: a story of its own for each.
    pairs = {f"{relation}-{name}": story(number)[key] for number, relation in
             enumerate(["exact", "near", "contained", "contains", "template"])
             for name, key in (("first", "none"), ("second", relation))}
    inputs = line.produce(records(pairs))
    line.start([{"plugin": "dedupe", "on_exact": "drop", "on_contained": "route:briefs", "on_template": "route:forms",
                 "on_contains": "drop"}],
               output={"routes": ({"name": "briefs", "topic": briefs}, {"name": "forms", "topic": forms})})
    line.settle()
    published = duplicates(line.outputs())
    assert {name: one["relation"] for name, one in published.items() if name.endswith("second")} == {"near-second": "near"}
    assert {name for name in published if name.endswith("first")} == {name for name in pairs if name.endswith("first")}
    (brief,), (form,) = duplicates(line.topics.read(briefs)).values(), duplicates(line.topics.read(forms)).values()
    assert (brief["relation"], brief["cluster"]) == ("contained", "contained-first")
    assert (form["relation"], form["cluster"]) == ("template", "template-second")
    assert len(inputs) == 10 and line.letters() == []
    expected = {"none": 5, "exact": 1, "near": 1, "contained": 1, "contains": 1, "template": 1, "related": 0, "redelivered": 0}

    def counted():
        latest = line.stats()[-1:]
        return latest and {name: latest[0]["stages"][0]["counters"].get(name) for name in expected} == expected

    wait.until(counted, 20, f"the counters to be {expected}")


def test_a_route_that_nobody_configured_is_a_dead_letter(line):
    line = line()
    text = story(9)
    line.produce(records({"first": text["none"], "second": text["exact"]}))
    line.start([{"plugin": "dedupe", "on_exact": "route:nowhere"}])
    line.settle()
    (letter,) = line.letters()
    assert letter.key == b"second" and letter.header("copydesk-class") == "reject"
    assert "nowhere" in letter.header("copydesk-reason")


def test_articles_meet_within_their_key_only(line):
    text = story(10)["none"]
    for key, member, early, late in (("source", "source", "gazette", "courier"), ("language", "lang", "en", "nl")):
        one = line()
        one.group = f"{one.group}-{key}"
        sent = [*records({"a1": text}, **{member: early}), *records({"b1": text}, **{member: late}),
                *records({"a2": text}, **{member: early}), *records({"n1": text}), *records({"n2": text})]
        one.produce(sent)
        one.start([{"plugin": "dedupe", "key": key}], name=key)
        one.settle()
        found = {name: answer["cluster"] for name, answer in duplicates(one.outputs()).items()}
        assert found == {"a1": "a1", "b1": "b1", "a2": "a1", "n1": "n1", "n2": "n1"}, key


def test_the_window_goes_by_the_brokers_time(line):
    """Not by ours: an article of years ago meets one of the day after, and none of the week after."""
    line = line()
    long_ago, text = 1_500_000_000_000, story(11)["none"]
    times = {"first": 0, "next-day": DAY, "in-sight": 2 * DAY, "week-after": 9 * DAY}
    padding = [Record(json.dumps({"id": f"p{n}", "text": story(100 + n)["none"]}).encode(), timestamp=long_ago + n * DAY // 2)
               for n in range(18)]
    sent = [Record(json.dumps({"id": name, "text": text}).encode(), timestamp=long_ago + after) for name, after in times.items()]
    line.produce(sorted(sent + padding, key=lambda record: record.timestamp))
    line.start([{"plugin": "dedupe", "window": 3, "segments": 3}])
    line.settle()
    found = duplicates(line.outputs())
    assert {name: found[name]["relation"] for name in times} == {
        "first": "none", "next-day": "exact", "in-sight": "exact", "week-after": "none"}


def test_what_a_reload_changes_and_what_it_leaves(line):
    """New policies and thresholds hold for new articles. Who is redelivered gets the answer of old. Under another key nobody
    meets who came before; under the old one again, they do."""
    line = line()
    text, other = story(12), story(13)
    desk = line.desk([{"plugin": "dedupe"}])
    desk.start()

    def send(name, body, **stage):
        if stage:
            reload(desk, {**desk.settings, "stages": ({"plugin": "dedupe", **stage},)})
        line.produce(records({name: body}, source="gazette"))
        line.settle()
        return duplicates(line.outputs()).get(name)

    assert send("a1", text["none"])["relation"] == "none"
    assert send("a2", text["exact"])["relation"] == "exact"
    assert send("a3", text["none"], on_exact="drop") is None, "dropped from now on"
    assert send("a4", text["exact"], key="source")["relation"] == "none", "under another key it meets nobody"
    assert send("a5", text["exact"])["cluster"] == "a4"
    assert send("b1", other["none"], key="none", profile="ocr")["relation"] == "none"
    assert send("a6", text["none"])["cluster"] == "a1", "and meets them again"
    before = duplicates(line.outputs())
    assert desk.stop() == 0
    line.group, line.out = f"{line.group}-again", line.topics.create("out-again")
    desk.settings = {**desk.settings, "group": line.group, "output": {"topic": line.out}}
    desk.file.write_text(config.members(desk.settings))
    desk.start()
    line.settle()
    after = duplicates(line.outputs())
    assert {name: after[name] for name in before} == before, "who was answered gets the same answer"
    assert after["a3"]["relation"] == "exact", "the policy is today's: annotate"


def test_the_first_of_two_forgets_what_the_second_drops(tmp_path):
    """A courier's copy of the gazette's story is the courier's first, until the second stage drops it as a copy of the gazette's:
    then no later article may be called a copy of it."""
    text, edited = story(14)["none"], story(14)["near"]
    configured = tmp_path / "copydesk.conf"
    configured.write_text('stages = ( { plugin = "dedupe"; name = "within"; member = "within"; key = "source"; },'
                          '           { plugin = "dedupe"; on_exact = "drop"; } );')

    def enrich(name, *articles):
        source = tmp_path / name
        source.write_text("".join(json.dumps({"id": key, "source": paper, "text": body}) + "\n" for key, paper, body in articles))
        done = run(["run", "--config", configured, "--state", tmp_path / "state", source])
        assert done.returncode == 0, done.stderr.decode()
        return {one["id"]: one["enrichment"] for one in map(json.loads, done.stdout.splitlines())}

    first = enrich("first.jsonl", ("g1", "gazette", text), ("c1", "courier", text))
    assert list(first) == ["g1"], "the courier's is dropped"
    (second,) = enrich("second.jsonl", ("c2", "courier", edited)).values()
    assert second["duplicate"]["of"]["id"] == "g1"
    assert (second["within"]["relation"], second["within"]["cluster"]) == ("none", "c2")
    again = enrich("first.jsonl", ("g1", "gazette", text), ("c1", "courier", text))
    assert again == first, "what was said stays said"

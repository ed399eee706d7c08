"""The oracle: what went in against what came out.

Every input must be in exactly one of: the output, the dead letters, the dropped ones named by the test. Outputs of one
source partition come in its order. A member of the input is in the output byte for byte. Each output is valid by the
published schema, and each span's text is the slice of the text that its numbers name.
"""

import functools
import json
import json.decoder
import json.scanner
import pathlib
import re

import jsonschema

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "docs" / "output-schema.json"
ADDED = ("enrichment", "provenance")
CLASSES = ("decode", "reject", "crash", "timeout", "too-large", "retries-exhausted")
SPACE = re.compile(r"[ \t\n\r]*")


@functools.cache
def validator():
    schema = json.loads(SCHEMA.read_text())
    cls = jsonschema.validators.validator_for(schema)
    cls.check_schema(schema)
    return cls(schema)


def members(text):
    """The members of a JSON object as [(key as written, value as written)], in their order."""
    found, decoder = [], json.JSONDecoder(strict=True)

    def after_space(position):
        return SPACE.match(text, position).end()

    at = after_space(0)
    assert text[at] == "{", "no object"
    at = after_space(at + 1)
    while text[at] != "}":
        assert text[at] == '"'
        _, end = json.decoder.scanstring(text, at + 1, True)
        key = text[at:end]
        at = after_space(end)
        assert text[at] == ":"
        at = after_space(at + 1)
        _, end = decoder.raw_decode(text, at)
        found.append((key, text[at:end]))
        at = after_space(end)
        if text[at] == ",":
            at = after_space(at + 1)
    assert after_space(at + 1) == len(text), "something behind the object"
    return found


def without_added(found):
    return [(key, value) for key, value in found if json.loads(key) not in ADDED]


def spans(thing):
    """All objects in an annotation that carry start, end and text or mention, each with its text."""
    if isinstance(thing, dict):
        if "start" in thing and "end" in thing:
            for key in ("mention", "text"):
                if isinstance(thing.get(key), str):
                    yield thing, thing[key]
                    break
        for one in thing.values():
            yield from spans(one)
    elif isinstance(thing, list):
        for one in thing:
            yield from spans(one)


def check_spans(document):
    text = document["text"]
    for name, annotation in document["enrichment"].items():
        for span, said in spans(annotation):
            if name == "quotes" and "parts" in span:
                continue  # its text joins the parts
            assert text[span["start"]:span["end"]] == said, f"{name}: {span} is not what stands there"


def check_output(output, source, by_schema=True):
    """One published record against the record it was made of. Gives the parsed document, None for a tombstone."""
    assert output.key == source.key, f"the key of {source.place} changed"
    assert output.timestamp == source.timestamp, f"the timestamp of {source.place} changed"
    assert output.headers[:len(source.headers)] == source.headers, f"the headers of {source.place} changed"
    added = output.headers[len(source.headers):]
    assert all(key.startswith("copydesk-") for key, _ in added), f"strange headers added: {added}"
    if source.value is None:
        assert output.value is None, f"{source.place} is a tombstone"
        return None
    assert [key for key, _ in added] == ["copydesk-pipeline"], f"headers added: {added}"
    text = output.value.decode("utf-8", errors="strict")
    document = json.loads(text)
    if by_schema and SCHEMA.exists():
        validator().validate(document)
    if source.value.lstrip()[:1] == b"{":
        before = without_added(members(source.value.decode("utf-8")))
        assert without_added(members(text)) == before, f"members of {source.place} changed"
        assert [json.loads(key) for key, _ in members(text)][-2:] == list(ADDED)
    place = document["provenance"]["source"]
    assert (place["topic"], place["partition"], place["offset"]) == source.place
    assert place.get("timestamp") == source.timestamp
    assert document["provenance"]["pipeline"] == output.header("copydesk-pipeline")
    check_spans(document)
    return document


def place_of_output(output, tombstones):
    if output.value is None:
        assert output.key in tombstones, f"a tombstone with the key {output.key!r} came from nowhere"
        return tombstones[output.key].place
    source = json.loads(output.value)["provenance"]["source"]
    return (source["topic"], source["partition"], source["offset"])


def place_of_dead_letter(letter):
    return (letter.header("copydesk-topic"), int(letter.header("copydesk-partition")),
            int(letter.header("copydesk-offset")))


def check_dead_letter(letter, source):
    """One dead letter against the record it was: key, headers and bytes unchanged, and headers that say why."""
    assert letter.key == source.key and letter.value == source.value, f"the dead letter of {source.place} was changed"
    assert letter.headers[:len(source.headers)] == source.headers, f"the headers of {source.place} changed"
    assert letter.header("copydesk-class") in CLASSES
    assert letter.header("copydesk-reason"), f"the dead letter of {source.place} gives no reason"
    assert letter.header("copydesk-stage") is not None
    assert int(letter.header("copydesk-attempts")) >= 1


def first_of_each(records, place):
    """The records without repetitions, first occurrence kept, as {place: record}."""
    seen = {}
    for record in records:
        seen.setdefault(place(record), record)
    return seen


def check_order(outputs, places):
    """Within an output partition, the first occurrences of one source partition come in its order; and a source
    partition goes to one output partition only."""
    homes, last = {}, {}
    seen = set()
    for record in outputs:  # by partition, then by offset
        topic, partition, offset = place = places[id(record)]
        home = homes.setdefault((topic, partition), record.partition)
        assert home == record.partition, f"{topic}/{partition} is spread over output partitions"
        if place in seen:
            continue
        seen.add(place)
        assert offset > last.get((topic, partition), -1), f"{place} came after offset {last[topic, partition]}"
        last[topic, partition] = offset


def verify(inputs, outputs, dead=(), dropped=(), repeats=False, each=1, ordered=True):
    """All of the above. `inputs` are Records as produced; `outputs` and `dead` as read from the topics; `dropped` the
    inputs that must be in neither. With `repeats` records may come more than once (a desk was killed), identical but
    for their place. Long runs let the schema check only one document in `each`.
    Order is asked for unless the fault is one that may change it (docs/delivery.md). Gives the parsed documents in the
    order of `inputs`, None where there is none."""
    sources = {record.place: record for record in inputs}
    tombstones = {record.key: record for record in inputs if record.value is None}
    places = {id(record): place_of_output(record, tombstones) for record in outputs}
    published = first_of_each(outputs, lambda record: places[id(record)])
    letters = first_of_each(dead, place_of_dead_letter)
    if not repeats:
        assert len(published) == len(outputs), f"{len(outputs) - len(published)} outputs came more than once"
        assert len(letters) == len(dead), f"{len(dead) - len(letters)} dead letters came more than once"
    gone = {record.place for record in dropped}
    expected = set(sources)
    found = set(published) | set(letters) | gone
    assert not expected - found, f"{len(expected - found)} lost, the first: {min(expected - found)}"
    assert not found - expected, f"{len(found - expected)} from nowhere, the first: {min(found - expected)}"
    for one, other in ((published, letters), (published, gone), (letters, gone)):
        assert not set(one) & set(other), f"in two places: {sorted(set(one) & set(other))[:3]}"
    for record in outputs:
        first = published[places[id(record)]]
        assert record.value == first.value, f"{places[id(record)]} came twice and not the same"
    if ordered:
        check_order(outputs, places)
    for place, letter in letters.items():
        check_dead_letter(letter, sources[place])
    documents = {place: check_output(output, sources[place], number % each == 0)
                 for number, (place, output) in enumerate(published.items())}
    return [documents.get(record.place) for record in inputs]

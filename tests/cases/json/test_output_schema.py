"""docs/output-schema.json takes what docs/ and the stages promise, and nothing else."""

import copy
import json
import pathlib

import jsonschema
import pytest

SCHEMA = json.loads((pathlib.Path(__file__).resolve().parents[3] / "docs" / "output-schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

SPAN = {"text": "(Photo by Pip Lowry)", "start": 30, "end": 50}
ARTICLE = {
    "id": "harbour-7", "text": "…", "anything": [1, {"of": "theirs"}],
    "enrichment": {
        "language": {"code": "en", "tag": "en-GB", "script": "Latn", "confidence": 0.99, "reliable": True,
                     "shares": [{"code": "en", "share": 0.97}]},
        "credits": {"headline": {"text": "Ferry sails", "start": 0, "end": 11}, "body": "The ferry sailed.",
                    "spans": [{"kind": "photo_credit", **SPAN, "people": ["Pip Lowry"], "agencies": [], "rule": "photo: by"}],
                    "authors": [], "published_by": None},
        "duplicate": {"relation": "near", "cluster": "harbour-3",
                      "of": {"id": "harbour-3", "topic": "raw", "partition": 0, "offset": 3}, "jaccard": 0.93, "containment": 0.98},
        "quotes": [{"id": "00ff", "text": "We sail", "start": 60, "end": 67, "kind": "direct", "parts": [{"start": 60, "end": 67}],
                    "speaker": {"name": "Ada Marsh", "mention": "Marsh", "start": 70, "end": 75, "role": None, "resolved_by": "last_name"},
                    "cue": {"text": "said", "start": 76, "end": 80}, "confidence": 0.9}],
        "mood": {"of a stage": "that nobody knows"},
    },
    "provenance": {"pipeline": "c0ffee", "source": {"topic": "raw", "partition": 0, "offset": 17, "timestamp": 1603324800000},
                   "stages": [{"name": "language_detect", "version": "1.0.0"}]},
}


def changed(path, value):
    """The article with one value set, or taken out where the value is `...`."""
    article = copy.deepcopy(ARTICLE)
    *way, last = path
    place = article
    for step in way:
        place = place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return article


E, P = "enrichment", "provenance"
QUOTE = (E, "quotes", 0)


@pytest.mark.parametrize("path, value", [
    (("text",), "as it is"), (("text",), ...), (("id",), 12),
    ((E,), {}), ((E, "language"), ...), ((E, "language", "code"), "und"), ((E, "language", "shares"), []),
    ((E, "credits", "headline"), None), ((E, "credits", "spans"), []), ((E, "credits", "published_by"), "Harbour Post"),
    ((E, "credits", "spans", 0, "people"), ...), ((E, "duplicate"), None), ((E, "duplicate", "of"), None),
    ((E, "duplicate", "jaccard"), None), ((E, "quotes"), []), ((*QUOTE, "speaker"), None), ((*QUOTE, "cue"), None),
    ((*QUOTE, "speaker", "role"), "harbour master"), ((E, "mood"), 1e9),
    ((P, "source"), {"file": "-", "line": 1}), ((P, "source", "timestamp"), None), ((P, "stages"), []),
])
def test_what_may_be(path, value):
    VALIDATOR.validate(changed(path, value))


@pytest.mark.parametrize("path, value", [
    ((E,), ...), ((P,), ...), ((E,), []), ((E, "language"), None), ((E, "language", "code"), "English"),
    ((E, "language", "confidence"), 1.5), ((E, "language", "extra"), 1), ((E, "language", "reliable"), "yes"),
    ((E, "credits", "body"), ...), ((E, "credits", "body"), None), ((E, "credits", "headline"), "text"),
    ((E, "credits", "headline", "kind"), "promo"), ((E, "credits", "spans", 0, "kind"), "mystery"),
    ((E, "credits", "spans", 0, "start"), -1), ((E, "credits", "spans", 0, "start"), ...), ((E, "credits", "spans", 0, "extra"), 1),
    ((E, "credits", "spans", 0, "rule"), ...), ((E, "credits", "authors"), [""]), ((E, "duplicate", "relation"), "maybe"),
    ((E, "duplicate", "of"), {"id": "x"}), ((E, "duplicate", "containment"), 2), ((E, "duplicate", "cluster"), ...),
    ((E, "quotes"), None), ((*QUOTE, "parts"), []), ((*QUOTE, "parts", 0, "end"), 1.5), ((*QUOTE, "kind"), "indirect"),
    ((*QUOTE, "speaker", "resolved_by"), "guess"), ((*QUOTE, "speaker", "name"), ""), ((*QUOTE, "speaker"), ...), ((*QUOTE, "extra"), 1),
    ((*QUOTE, "cue", "extra"), 1), ((P, "pipeline"), ""), ((P, "source"), {}), ((P, "source", "file"), "both"),
    ((P, "source"), {"file": "-", "line": 0}), ((P, "source", "timestamp"), ...), ((P, "stages", 0, "version"), ...), ((P, "extra"), 1),
])
def test_what_may_not_be(path, value):
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(changed(path, value))


@pytest.mark.parametrize("mark", [{"skipped": True}, {"skipped": True, "off": True}])
@pytest.mark.parametrize("member", ["language", "credits", "duplicate", "quotes"])
def test_a_stage_that_was_skipped_says_null(member, mark):
    article = changed((E, member), None)
    article[P]["stages"][0].update(mark)
    VALIDATOR.validate(article)


@pytest.mark.parametrize("mark", [{"off": True}, {"skipped": True, "off": False}, {"skipped": False}])
def test_what_marks_may_not_be(mark):
    article = copy.deepcopy(ARTICLE)
    article[P]["stages"][0].update(mark)
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(article)


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    VALIDATOR.validate(ARTICLE)

#!/usr/bin/env python3
"""Count how many pronouns that speak quote_extract resolves to the right full name.

usage: pronouns.py [--errors N] LABELLED.jsonl LABELS.tsv COPYDESK

The labelled articles are no part of the project; a line is an object with `id` and `text`. The labels are docs/judged/pronouns.tsv,
positions alone: docs/judged/README.md says how they were made. A quotation of the label counts as found if one of the output
shares more than half of the text that both cover; of several the one that shares most.

  right      the name of the speaker is that of the label: first and last name agree; titles, initials and Jr. aside
  part       only a part of the name, and nothing that contradicts the label
  wrong      another name; any name at all where the article does not say who it is
  none       no speaker, the pronoun itself, a description without a name, or the quotation was not found;
             where the article does not say who it is, that is right

Exit status 2 if the data, the labels or the program are not there, or do not fit each other.
"""
import argparse
import csv
import json
import os
import re
import subprocess
import sys
import tempfile

STAGES = "language_detect,credit_strip,quote_extract"
PRONOUNS = set("he she they it i we you him her them his hers their theirs its who".split())
NOT_A_NAME = set("mr mrs ms miss dr sir sen senator rep representative gov governor president gen general judge justice mayor "
                 "secretary speaker pastor professor jr sr ii iii iv".split())


def give_up(message):
    print(f"pronouns.py: {message}", file=sys.stderr)
    sys.exit(2)


def read_articles(path):
    if not os.path.isfile(path):
        give_up(f"no labelled articles at {path}: they are no part of the project, see docs/judged/README.md")
    with open(path, encoding="utf-8") as lines:
        return {row["id"]: row["text"] for row in map(json.loads, lines)}


def read_labels(path, articles):
    """[(article, quote span, pronoun's span, full name or None)]"""
    if not os.path.isfile(path):
        give_up(f"no labels at {path}")
    labels = []
    with open(path, encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table, delimiter="\t"):
            text = articles.get(row["article"])
            if text is None:
                give_up(f"the labels know an article that the data has not: {row['article']}")
            start, end, pronoun, pronoun_end = (int(row[k]) for k in ("quote_start", "quote_end", "pronoun_start", "pronoun_end"))
            if text[pronoun:pronoun_end].lower() not in PRONOUNS:
                give_up(f"no pronoun at {pronoun} of {row['article']}: these are other data than the labels were made for")
            name = text[int(row["name_start"]):int(row["name_end"])] if row["name_start"] else None
            labels.append((row["article"], (start, end), (pronoun, pronoun_end), name))
    return labels


def run(copydesk, articles):
    """article → its quotes"""
    if not os.access(copydesk, os.X_OK):
        give_up(f"no program at {copydesk}")
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as source:
        for name, text in articles.items():
            source.write(json.dumps({"id": name, "text": text}, ensure_ascii=False) + "\n")
        source.flush()
        done = subprocess.run([copydesk, "run", "--stages", STAGES, source.name], capture_output=True, text=True,
                              encoding="utf-8", check=False)
    if done.returncode:
        give_up(f"{copydesk} run failed with {done.returncode}: {done.stderr[-2000:]}")
    return {row["id"]: row["enrichment"]["quotes"] for row in map(json.loads, done.stdout.splitlines())}


def share(quote, span):
    """Intersection over union of the span and the part of the quotation that fits it best."""
    best = 0.0
    for part in quote["parts"]:
        both = min(part["end"], span[1]) - max(part["start"], span[0])
        if both > 0:
            best = max(best, both / (max(part["end"], span[1]) - min(part["start"], span[0])))
    return best


def words(name):
    """First name to last name, in lower case."""
    name = re.sub(r"['’]s?$", "", name.split(",")[0].strip())
    found = [w.lower().strip(".'’") for w in re.findall(r"[\w.'’-]+", name)]
    return [w for w in found if len(w) > 1 and w not in NOT_A_NAME]


def verdict(name, quote):
    """right, part, wrong or none"""
    speaker = (quote["speaker"] or {}).get("name") if quote else None
    named = speaker and speaker.lower() not in PRONOUNS and any(w[:1].isupper() for w in speaker.split()[-1:])
    if not named:
        return "none" if name else "right"
    if not name:
        return "wrong"
    got, wanted = words(speaker), words(name)
    if not got or got[-1] not in wanted:
        return "wrong"
    if got[-1] == wanted[-1] and got[0] == wanted[0]:
        return "right"
    return "part" if set(got) <= set(wanted) else "wrong"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--errors", type=int, default=0, help="show this many of those that are not right")
    parser.add_argument("data")
    parser.add_argument("labels")
    parser.add_argument("copydesk")
    options = parser.parse_args()
    articles = read_articles(options.data)
    labels = read_labels(options.labels, articles)
    quotes = run(options.copydesk, {name: articles[name] for name in dict.fromkeys(label[0] for label in labels)})
    count = dict.fromkeys(("right", "part", "wrong", "none"), 0)
    missed = 0
    for article, span, pronoun, name in labels:
        best = max(quotes.get(article, []), key=lambda quote, span=span: share(quote, span), default=None)
        best = best if best and share(best, span) > 0.5 else None
        missed += best is None
        found = verdict(name, best)
        count[found] += 1
        if found != "right" and options.errors > 0:
            options.errors -= 1
            speaker = best and best["speaker"]
            print(f"{found}: {article} pronoun at {pronoun[0]}, quotation at {span[0]}: label {name}, got {speaker and speaker['name']}"
                  f" ({speaker and speaker['resolved_by']} from {speaker and speaker['mention']} at {speaker and speaker['start']})"
                  if best else f"{found}: {article} quotation at {span[0]} not found, label {name}")
    for kind, number in count.items():
        print(f"{kind:10} {number:4} {100 * number / len(labels):5.1f} %")
    print(f"{'of':10} {len(labels):4}; {missed} quotations not found")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Fit the weights of quote_extract's confidence to labelled articles, and show how far it can be believed.

usage: fit_confidence.py --features build/tests/quote_features [--write TABLE] LABELLED.jsonl…

The labelled articles are no part of the project. Each line of a file is an object: `text`, `id`, `lang` (default en), `quotes`
with `start`, `end` (code points), `speaker` (the words of the source as they stand, or null) with `speaker_start`,
`speaker_end`, and, if there are any, `ignore`: stretches that tell nothing.

A quotation counts as right if each of its parts overlaps a labelled one by 0.8 (intersection over union, marks and white
space at the ends aside) and the mention overlaps the labelled source, or the last name agrees; without a labelled speaker
none may be named. What lies in an ignored stretch does not count. A hash of the article's id cuts the data into halves: the
weights are fitted on one (logistic regression with a small ridge, by Newton's method), the table of bins is that of the
other. A feature that fewer than LEAST quotations of the fitted half have gets the weight of BY_HAND, or none; CAUTION is
added to what was fitted.
"""
import argparse
import hashlib
import json
import math
import re
import subprocess

MARKS = "“”\"„‟«»‘’'‚‛`´‹›「」『』"
PRONOUNS = set("he she they it i we you who er sie es ich wir".split())
RIDGE, LEAST, ROUNDS = 0.5, 12, 30
BY_HAND = {"repaired": -1.5}  # newspapers that are labelled are well edited
CAUTION = {"other_language": -0.5}  # a twentieth of the labels stands for six languages
BINS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.01)


def trimmed(text, start, end):
    while start < end and (text[start] in MARKS or text[start].isspace()):
        start += 1
    while end > start and (text[end - 1] in MARKS or text[end - 1].isspace()):
        end -= 1
    return start, end


def parts(text, start, end):
    """A span line by line, trimmed."""
    found = []
    for line in re.finditer(r"[^\n\r]+", text[start:end]):
        span = trimmed(text, start + line.start(), start + line.end())
        if any(c.isalnum() for c in text[slice(*span)]):
            found.append(span)
    return found


def overlap(a, b):
    shared = min(a[1], b[1]) - max(a[0], b[0])
    return shared / (max(a[1], b[1]) - min(a[0], b[0])) if shared > 0 else 0.0


def words(name):
    return [w for w in re.findall(r"[\w-]+", re.sub(r"['’]s?\b", " ", name.casefold())) if w not in ("jr", "sr")]


def same_name(gold, found):
    mine, theirs = words(re.split(r"[,(]", gold)[0]), words(found)
    mine, theirs = [w for w in mine if w not in PRONOUNS], [w for w in theirs if w not in PRONOUNS]
    return bool(mine and theirs) and (mine[-1] in theirs or theirs[-1] in mine)


def speaker_right(gold, quote):
    if not gold.get("speaker"):
        return quote["mention"] is None
    if quote["mention"] is None:
        return False
    start, end = quote["mention"]
    return (min(end, gold["speaker_end"]) > max(start, gold["speaker_start"])) or same_name(gold["speaker"], quote["name"])


def extracted(articles, program):
    """For each article its quotations, from one run of the program."""
    feed = b"".join(f"{a.get('lang', 'en')} {len(a['text'].encode())}\n".encode() + a["text"].encode() for a in articles)
    lines = iter(subprocess.run([program], input=feed, capture_output=True, check=True).stdout.decode().split("\n"))
    for article in articles:
        at, place = {}, 0
        for n, char in enumerate(article["text"]):
            at[place] = n
            place += len(char.encode())
        at[place] = len(article["text"])
        quotes = []
        for line in lines:
            if not line:
                break
            head, start, end, first, last, confidence, features, name = line.split("\t")
            if head == "1":
                mention = (at[int(first)], at[int(last)]) if last != "0" else None
                quotes.append({"parts": [], "mention": mention, "confidence": float(confidence), "name": name,
                               "features": features.split()})
            quotes[-1]["parts"] += parts(article["text"], at[int(start)], at[int(end)])
        yield quotes


def judged(article, quotes):
    """(features, right, confidence) of each quotation that counts."""
    gold = [(p, q) for q in article["quotes"] for p in parts(article["text"], q["start"], q["end"])]
    for quote in quotes:
        matches = [max(((overlap(p, g), q) for g, q in gold), key=lambda m: m[0], default=(0, None)) for p in quote["parts"]]
        inside = [sum(max(0, min(p[1], i["end"]) - max(p[0], i["start"])) for i in article.get("ignore", [])) * 2 >= p[1] - p[0]
                  for p in quote["parts"]]
        if not quote["parts"] or any(share < 0.8 and ignored for (share, _), ignored in zip(matches, inside)):
            continue
        right = all(share >= 0.8 and speaker_right(q, quote) for share, q in matches)
        yield quote["features"], right, quote["confidence"]


def solve(matrix, vector):
    """Gauss, with the largest pivot."""
    n = len(vector)
    rows = [row[:] + [vector[i]] for i, row in enumerate(matrix)]
    for i in range(n):
        pivot = max(range(i, n), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(i + 1, n):
            factor = rows[r][i] / rows[i][i]
            if factor:
                for c in range(i, n + 1):
                    rows[r][c] -= factor * rows[i][c]
    out = [0.0] * n
    for i in reversed(range(n)):
        out[i] = (rows[i][n] - sum(rows[i][c] * out[c] for c in range(i + 1, n))) / rows[i][i]
    return out


def fit(samples):
    counts = {}
    for features, _, _ in samples:
        for name in features:
            counts[name] = counts.get(name, 0) + 1
    names = sorted(name for name, count in counts.items() if count >= LEAST)
    index = {name: i for i, name in enumerate(names)}
    rows = [([index[f] for f in features if f in index], right) for features, right, _ in samples]
    weights = [0.0] * len(names)
    for _ in range(ROUNDS):
        slope = [-RIDGE * w for w in weights]
        bend = [[RIDGE * (i == j) for j in range(len(names))] for i in range(len(names))]
        for active, right in rows:
            chance = 1 / (1 + math.exp(-sum(weights[i] for i in active)))
            for i in active:
                slope[i] += right - chance
                for j in active:
                    bend[i][j] += chance * (1 - chance)
        step = solve(bend, slope)
        weights = [w + s for w, s in zip(weights, step)]
        if max(abs(s) for s in step) < 1e-6:
            break
    found = BY_HAND | dict(zip(names, weights))
    return {name: weight + CAUTION.get(name, 0) for name, weight in found.items()}


def show(title, samples):
    """The table of bins, as Markdown."""
    print(f"\n{title}\n\n| confidence | quotations | mean confidence | right |\n|---|---|---|---|")
    for low, high in [*zip(BINS, BINS[1:]), (0.9, BINS[-1])]:
        inside = [(c, r) for c, r in samples if low <= c < high]
        if inside:
            n = len(inside)
            name = "0.9 and more" if high - low > 0.1 and low == 0.9 else f"{low:.2f} to {min(high, 1):.2f}"
            print(f"| {name} | {n} | {sum(c for c, _ in inside) / n:.3f} | {100 * sum(r for _, r in inside) / n:.1f} % |")
    print(f"| all | {len(samples)} | {sum(c for c, _ in samples) / len(samples):.3f} | "
          f"{100 * sum(r for _, r in samples) / len(samples):.1f} % |")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--features", required=True, help="the program quote_features")
    arguments.add_argument("--write", help="the table of weights to write")
    arguments.add_argument("--as-built", action="store_true", help="show what the built-in weights do on all articles; fit nothing")
    arguments.add_argument("labelled", nargs="+")
    chosen = arguments.parse_args()
    halves = {0: [], 1: []}
    for path in chosen.labelled:
        with open(path, encoding="utf-8") as lines:
            articles = [json.loads(line) for line in lines if line.strip()]
        for article, quotes in zip(articles, extracted(articles, chosen.features)):
            half = hashlib.sha256(article["id"].encode()).digest()[0] % 2
            halves[half] += [(*sample, article.get("lang", "en")) for sample in judged(article, quotes)]
    if chosen.as_built:
        show("As built, all articles", [(c, r) for half in halves.values() for _, r, c, _ in half])
        return
    weights = fit([sample[:3] for sample in halves[0]])

    def confidence(features):
        return round(1 / (1 + math.exp(-sum(round(weights.get(f, 0), 3) for f in features))), 2)

    show("Fitted on these", [(confidence(f), r) for f, r, _, _ in halves[0]])
    for language in sorted({sample[3] for sample in halves[1]}):
        show(f"Not seen by the fit: {language}", [(confidence(f), r) for f, r, _, own in halves[1] if own == language])
    if chosen.write:
        with open(chosen.write, "w", encoding="utf-8") as out:
            out.write("# How much each feature counts for the confidence of a quotation: the weights of a logistic model, of which the\n"
                      "# features are told in confidence.c. Made by tests/eval/fit_confidence.py; not to be edited by hand.\n")
            out.writelines(f"{name} {weight:.3f}\n" for name, weight in sorted(weights.items()))


if __name__ == "__main__":
    main()

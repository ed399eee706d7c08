#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fit tables/confidence.tsv: how sure language_detect may be of its answers.

usage: fit.py --features PROGRAM --model FILE [--out TABLE] TEXTS.jsonl…

TEXTS are lines of JSON with `text` and `lang`, the language that the text is in. PROGRAM is language_features, built
from features.c: it tells into which buckets the evidence about each text falls. FILE is the second engine's model.

Half of the texts, chosen by a hash of the text, are for fitting; the figures printed are those of the other half. To
both come openings of the long texts, so that all lengths are there, and noise in no language at all, so that it costs
confidence. The fit is a logistic regression with a quadratic penalty, by diagonal Newton steps: one weight a bucket,
one a language that has enough texts, one for all other languages. Deterministic; Python's standard library alone.
"""
import argparse
import collections
import hashlib
import json
import math
import os
import random
import subprocess

CARDS = ("cld2", "model")
LEAST_TEXTS = 8  # a language with fewer texts has no weight of its own
PENALTY = 1.0
LANGUAGE_PENALTY = 3.0  # what a language weighs rests on fewer texts
STEPS = 200
DAMPING = 1 / 9  # a row has so many keys, and each step assumes that it alone moves
SAME = {"no": "nb", "zh-Hans": "zh", "zh-Hant": "zh"}
LEFT_OUT = {"ms", "pcm"}  # mislabelled in the usual test data; a creole that is English to all engines


def is_for_fitting(text):
    return hashlib.sha256(text.encode()).digest()[0] % 2 == 0


def noise(count):
    """Texts in no language: random letters, keyboard runs, hexadecimal, codes and numbers."""
    source = random.Random(20)
    consonants, keys = "bcdfghjklmnpqrstvwxz", ("asdfghjkl", "qwertyuiop", "zxcvbnm")
    for i in range(count):  # the half alternates, the kind goes round by five
        words = []
        for _ in range(2 + source.randrange(4 << i % 4)):
            length = 3 + source.randrange(7)
            kind = i % 5
            if kind == 0:
                words.append("".join(chr(97 + source.randrange(26)) for _ in range(length)))
            elif kind == 1:
                words.append("".join(source.choice(consonants) for _ in range(length)))
            elif kind == 2:
                words.append("".join(source.choice(source.choice(keys)) for _ in range(length)))
            elif kind == 3:
                words.append("%0*x" % (length, source.randrange(16 ** length)))
            else:
                letters = "".join(source.choice("ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(3))
                words.append(f"{letters}-{source.randrange(9999)}")
        yield {"text": " ".join(words), "lang": "und", "set": "noise", "half": i % 2 == 0}


def openings(rows):
    """The openings of long texts, cut at a space."""
    for row in rows:
        if len(row["text"]) > 900:
            for length in (60, 120, 250, 500):
                yield dict(row, text=row["text"][:length].rsplit(" ", 1)[0], set="opening")


def read(paths):
    rows = []
    for path in paths:
        with open(path, encoding="utf-8") as f:
            for line in f:
                row = json.loads(line)
                if row["lang"] in LEFT_OUT:
                    continue
                lang = row["lang"]
                if "foreign" in row and row["share_bytes"] > 0.5:
                    lang = row["foreign"]
                name = os.path.basename(path).removesuffix(".jsonl")
                half = is_for_fitting(row["text"])
                rows.append({"text": row["text"], "lang": SAME.get(lang, lang), "set": name, "half": half})
    return rows


def look(program, rows, model):
    """Adds the answer, its confidence by the present table, its card and its buckets to each row."""
    texts = b"".join(b"%d\n%s\n" % (len(t), t) for t in (row["text"].encode() for row in rows))
    out = subprocess.run([program] + ([model] if model else []), input=texts, stdout=subprocess.PIPE, check=True).stdout
    lines = out.decode().splitlines()
    names = lines[0].split("\t")[3:]
    found = []
    for row, line in zip(rows, lines[1:], strict=True):
        code, confidence, card, *buckets = line.split("\t")
        keys = [(name, bucket) for name, bucket in zip(names, buckets)]
        right = code == row["lang"]
        found.append(dict(row, code=code, confidence=float(confidence), card=card, keys=keys, right=right))
    return [row for row in found if row["code"] != "und"]


def chance(weights, keys):
    odds = sum(weights.get(k, 0.0) for k in keys)
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


def keys_of(row, own):
    """The buckets, and the language, unless it is alone in its script."""
    if ("alone", "1") in row["keys"]:
        return row["keys"]
    return row["keys"] + [("language", row["code"] if row["code"] in own else "*")]


def fit(rows, own):
    """Weights by key. Diagonal Newton: the curvature of each weight alone."""
    keys = collections.Counter()
    for row in rows:
        row["all"] = keys_of(row, own)
        keys.update(row["all"])
    weights = dict.fromkeys(keys, 0.0)
    for _ in range(STEPS):
        slope, curve = collections.defaultdict(float), collections.defaultdict(float)
        for row in rows:
            p = chance(weights, row["all"])
            for k in row["all"]:
                slope[k] += row["right"] - p
                curve[k] += p * (1 - p)
        for k in weights:
            penalty = LANGUAGE_PENALTY if k[0] == "language" else PENALTY
            weights[k] += DAMPING * (slope[k] - penalty * weights[k]) / (curve[k] + penalty)
    return weights


def estimate(weights, row, own):
    return chance(weights, keys_of(row, own))


def report(label, rows):
    print(f"{label}: {len(rows)} texts that the fit has not seen, p = estimate")
    for low, high in ((0, .2), (.2, .4), (.4, .6), (.6, .8), (.8, .9), (.9, .95), (.95, .99), (.99, 1.01)):
        part = [row for row in rows if low <= row["p"] < high]
        if part:
            mean = sum(row["p"] for row in part) / len(part)
            right = sum(row["right"] for row in part) / len(part)
            print(f"  {low:.2f} to {min(high, 1):.2f}  {len(part):6d} texts, mean p {mean:.3f}, right {right:.3f}")
    for name in sorted({row["set"] for row in rows}):
        part = [row for row in rows if row["set"] == name]
        sure = [row for row in part if row["p"] >= .9]
        right = sum(row["right"] for row in sure) / len(sure) if sure else float("nan")
        print(f"  {name:24s} p >= 0.9: {len(sure) / len(part):.3f} of the texts, of which right {right:.4f}")


def table_order(key):
    """Features by name and bucket, then languages, "*" first: it sets those that follow."""
    feature, bucket = key
    return feature == "language", feature, bucket != "*", int(bucket) if bucket.isdigit() else 0, bucket


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--out")
    parser.add_argument("texts", nargs="+")
    args = parser.parse_args()
    rows = read(args.texts)
    rows += list(openings(rows)) + list(noise(600))
    halves = [row for row in rows if row["half"]], [row for row in rows if not row["half"]]
    table = []
    for card in CARDS:
        model = args.model if card == "model" else None
        here, there = ([row for row in look(args.features, half, model) if row["card"] == card] for half in halves)
        own = {code for code, n in collections.Counter(row["lang"] for row in here).items() if n >= LEAST_TEXTS}
        weights = fit(here, own)
        for row in there:
            row["p"] = estimate(weights, row, own)
        report(card, there)
        order = sorted(weights, key=table_order)
        table += [f"{card}\t{name}\t{bucket}\t{weights[name, bucket]:.3f}" for name, bucket in order]
    if args.out:
        with open(args.out, "w", encoding="utf-8") as f:
            f.write("# Confidence: card, feature, bucket, weight. Written by fit/fit.py, see confidence.h.\n")
            f.write("\n".join(table) + "\n")


if __name__ == "__main__":
    main()

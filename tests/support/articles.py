"""Invented articles, seeded: the same seed gives the same ones."""

import json
import random

PLACES = "Larnby Quessel Port-Amory Estrel Vindholm Karrow Saint-Odile Tamworth-on-Lea Brisk Holloway Ondara".split()
FIRST = "Mara Jonas Ines Oskar Lena Tobias Clara Hugo Petra Samuel Irene Felix Nadia Anton".split()
LAST = "Ortwin Delacroy Fennimore Kestrel Valdane Brookhart Lindqvist Marchetti Okonjo Pereval Sandholm Thistle".split()
ROLES = ["mayor", "harbour master", "school inspector", "bridge engineer", "councillor", "union secretary"]
THINGS = ["the new ferry line", "the harvest fair", "the flood wall", "the tram depot", "the reading rooms",
          "the salt works", "the night market", "the observatory", "the weather station", "the town archive"]
VERBS = ["approved", "postponed", "inspected", "reopened", "criticised", "surveyed", "financed", "welcomed"]
TIMES = ["on Monday", "last week", "after two years of work", "before the winter", "without a vote", "in the afternoon"]
SAID = ["said", "told reporters", "explained", "added", "warned"]
CLAIMS = ["We counted every beam twice and found nothing loose",
          "Nobody here wants another summer like the last one",
          "The money is there, and it will be spent on what was promised",
          "I have walked this quay for thirty years and never saw the water so high",
          "People will get used to the noise sooner than they think"]


def sentence(rng):
    kind = rng.randrange(5)
    person = f"{rng.choice(FIRST)} {rng.choice(LAST)}"
    if kind == 0:
        return f"“{rng.choice(CLAIMS)},” {rng.choice(SAID)} {person}, the {rng.choice(ROLES)} of {rng.choice(PLACES)}."
    if kind == 1:
        return (f"The {rng.choice(ROLES)} of {rng.choice(PLACES)} {rng.choice(VERBS)} {rng.choice(THINGS)} "
                f"{rng.choice(TIMES)}, and {rng.randrange(20, 900)} people came to see it.")
    if kind == 2:
        return f"In {rng.choice(PLACES)}, {person} {rng.choice(VERBS)} {rng.choice(THINGS)} {rng.choice(TIMES)}."
    if kind == 3:
        return f"About {rng.randrange(2, 99)} per cent of those asked in {rng.choice(PLACES)} knew {rng.choice(THINGS)}."
    return f"{person}, who had {rng.choice(VERBS)} {rng.choice(THINGS)} {rng.choice(TIMES)}, was not in {rng.choice(PLACES)}."


class Writer:
    """Writes articles of about `size` bytes from a stock of sentences, fast enough for a million of them."""

    def __init__(self, seed=1, stock=4000):
        self.rng = random.Random(seed)
        self.stock = [sentence(self.rng) for _ in range(stock)]
        self.number = 0

    def text(self, size=900):
        rng = self.rng
        parts = [f"{rng.choice(PLACES).upper()} (AP) — "]
        length = 0
        while length < size:
            paragraph = " ".join(rng.choices(self.stock, k=4))
            length += len(paragraph) + 2
            parts += [paragraph, "\n\n"]
        return "".join(parts[:-1])

    def article(self, size=900, **members):
        """A dict with the members an article has; `members` replace or add some."""
        self.number += 1
        return {"id": f"article-{self.number}", "title": self.rng.choice(self.stock).split(",")[0],
                "source": "larnby-courier.example", "url": f"https://larnby-courier.example/{self.number}",
                "published": "2031-04-05T06:07:08Z", "text": self.text(size), **members}

    def payload(self, size=900, **members):
        return json.dumps(self.article(size, **members), ensure_ascii=False).encode()

    def payloads(self, count, size=900):
        return [self.payload(size) for _ in range(count)]

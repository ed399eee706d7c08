"""The long form of the storm in tests/integration/test_dedupe_redelivery.py: by default a hundred kills at random instants of
desk, workers and store, in a stream of which three in ten are copies, on a real Kafka. Prints what became of the articles;
ends with status 1 if anything was wrong."""

import argparse
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.broker import Cluster  # noqa: E402
from support.line import Line  # noqa: E402
from support.storm import Outcome, Storm  # noqa: E402
from support.topics import Topics  # noqa: E402

DROP = {"on_exact": "drop", "on_near": "drop", "on_contains": "drop", "on_contained": "drop"}


def run(topics, folder, arguments):
    line = Line(topics, folder, partitions=4)
    stage = {"plugin": "dedupe", "segment_records": 1000, **(DROP if arguments.drop else {})}
    storm = Storm(line, arguments.seed, stage, workers=arguments.workers)
    begin = time.monotonic()
    try:
        storm.blow(arguments.kills, arguments.lot)
        outcome = Outcome(storm)
        print(f"{outcome.summary()}; killed: {dict(storm.kills)}; {time.monotonic() - begin:.0f} s", flush=True)
        outcome.check()
        outcome.check_dropped()
        assert arguments.drop or not outcome.dropped, "dropped without being asked to"
        assert outcome.repeated > 0, "nothing was redelivered: this showed nothing"
    except BaseException:
        line.clean_up(show=True)
        raise
    line.clean_up(show=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--lot", type=int, default=300, help="articles between two kills")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--drop", action="store_true", help="drop copies instead of annotating them")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="copydesk-storm-") as folder:
        with Cluster(pathlib.Path(folder) / "kafka", heap=384) as cluster:
            run(Topics(cluster), pathlib.Path(folder), arguments)
    print("the same bytes for each place, one original a story, nothing lost")


if __name__ == "__main__":
    main()

"""dedupe while desk, workers and store are killed at random instants: the same answers, one original a story, no only copy
dropped. The long form is tests/bench/dedupe_soak.py."""

import pytest

from support.storm import Outcome, Storm

SEGMENTS = {"segment_records": 400}  # so that segments are sealed on the way
DROP = {"on_exact": "drop", "on_near": "drop", "on_contains": "drop", "on_contained": "drop"}


@pytest.mark.parametrize("options, seed", [({}, 51), (DROP, 52)], ids=["annotate", "drop"])
def test_a_storm_of_kills_changes_no_answer(line, options, seed):
    line = line(partitions=3)
    storm = Storm(line, seed, {"plugin": "dedupe", **SEGMENTS, **options})
    storm.blow(kills=25, lot=150)
    outcome = Outcome(storm)
    outcome.check()
    assert set(storm.kills) == {"desk", "worker", "store"}, storm.kills
    assert outcome.repeated > 0, "nothing was redelivered: the test shows nothing"
    if options:
        outcome.check_dropped()
        assert len(outcome.dropped) > 0.2 * len(outcome.inputs), outcome.summary()
    else:
        assert not outcome.dropped

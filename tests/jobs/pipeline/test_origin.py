"""A warm start whose weights have read held-out text: said, or refused."""

from types import SimpleNamespace

import pytest

from jobs.corpus.seen import seen_of
from jobs.errors import ExitCode
from jobs.pipeline.origin import origin_stage
from jobs.pipeline.stages import WarmStart
from jobs.store.manifest import stage_inputs
from tests.support.engine_cases import config_of, corpus_of, random_network
from tests.support.store_at import code_of
from tests.support.tiny_run import RUNTIME, tiny_card

CORPUS = corpus_of("".join(f"line {number} of {number * 7 % 13}\n" for number in range(300)))


def plan(seen, **training):
    warm = WarmStart(random_network(), gained=("é",), dropped=(), seen=seen)
    config = config_of(start="previous", **training)
    return SimpleNamespace(corpus=CORPUS, config=config, warm_start=warm, newest=object())


def noted(one):
    lines = []
    origin, _ = origin_stage(one, SimpleNamespace(note=lines.append))
    return origin, lines


CLEAN = seen_of(CORPUS.training_ids, CORPUS.alphabet)
ALL = seen_of(CORPUS.ids, CORPUS.alphabet)


def test_it_is_said_and_goes_on_by_default():
    origin, lines = noted(plan(ALL))
    assert origin.held_out_read > 0.9
    assert any("were its figures" in line or "trained on in" in line for line in lines)
    assert any("U+00E9" in line for line in lines)


@pytest.mark.parametrize(
    ("seen", "words"), [(ALL, "% of its held-out text"), (None, "not recorded")]
)
def test_it_is_refused_where_it_shall_be(seen, words):
    code, message = code_of(lambda: noted(plan(seen, on_seen="refuse")))
    assert code == ExitCode.BAD_DATA
    assert words in message and "training.start: fresh" in message


def test_weights_that_read_the_training_part_alone_may_go_on():
    origin, _ = noted(plan(CLEAN, on_seen="refuse"))
    assert origin.warm and origin.clean


def test_the_rule_makes_no_other_run():
    keys = [
        stage_inputs(config_of(on_seen=rule), tiny_card(), RUNTIME, "") for rule in
        ("mark", "refuse")
    ]  # fmt: skip
    assert keys[0] == keys[1]
    assert "on_seen" not in config_of().stored()["training"]

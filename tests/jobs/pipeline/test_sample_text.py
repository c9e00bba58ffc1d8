"""What the network reads before it writes."""

import pytest

from jobs.config.schema import TrainingConfig
from jobs.errors import ExitCode, NeuronarioError
from jobs.pipeline.sample_text import sample_text, start_ids
from tests.support.store_at import add_run
from tests.support.tiny_run import ALPHABET, tiny_content


class Stub:
    """A run in the window regime, without a store."""

    def __init__(self, window):
        content = tiny_content()
        training = TrainingConfig(regime="window", window=window)
        self.config = content.config.model_copy(update={"training": training})
        self.sample, self.card, self.id = content.sample, content.card, "000001-00000000"


def place(text):
    return [ALPHABET.index(character) for character in text]


def test_a_prime_is_read_alone_where_the_state_is_carried(tmp_path):
    run = add_run(tmp_path)
    assert start_ids(run, "a<é").tolist() == place("a<é")
    assert start_ids(run, "").tolist() == run.sample.context.tolist()


def test_a_window_is_filled_up_by_the_runs_own_start():
    run = Stub(window=4)
    assert start_ids(run, "a<").tolist() == [*run.sample.context[-2:], *place("a<")]
    assert start_ids(run, "a<a<a<").tolist() == place("a<a<a<")


def test_unknown_characters_are_named(tmp_path):
    add_run(tmp_path)
    with pytest.raises(
        NeuronarioError, match=r"'X' \(U\+0058\), '\\u2192'.* knows 7 char"
    ) as caught:
        sample_text(tmp_path, "latest", 3, 1.0, 0, "aX→X")
    assert caught.value.code == ExitCode.BAD_DATA


def test_the_text_begins_with_the_prime_which_was_read(tmp_path, monkeypatch):
    from jobs.engine import sample as engine

    read, draw = [], engine.sample

    def listening(network, **keywords):
        read.append(keywords["start_ids"].tolist())
        return draw(network, **keywords)

    monkeypatch.setattr(engine, "sample", listening)
    add_run(tmp_path)
    text = sample_text(tmp_path, "latest", 40, 1.0, 0, "😀é<")
    assert text.startswith("😀é<") and len(text) == 43
    assert len(sample_text(tmp_path, "latest", 40, 1.0, 0)) == 40
    assert read[0] == place("😀é<") and read[1] != read[0]

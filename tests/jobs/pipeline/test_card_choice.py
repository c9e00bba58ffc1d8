"""Whether a card is used: sizes, settings, memory."""

import pytest

from jobs.config.schema import Config
from jobs.errors import ExitCode, NeuronarioError
from jobs.machine.graphics_card import GraphicsCard
from jobs.pipeline import card_choice
from jobs.pipeline.card_choice import (
    CardUnusableError,
    check_free,
    chosen_card,
    needed_bytes,
    pays,
)

GB = 10**9
SMALL = GraphicsCard("Small", "580.1", "GPU-aa", 2 * GB, 2 * GB)
LARGE = GraphicsCard("Large", "580.1", "GPU-bb", 80 * GB, 60 * GB)
LARGER = GraphicsCard("Large", "580.1", "GPU-cc", 80 * GB, 70 * GB)
SYMBOLS, CHARACTERS = 90, 5_000_000


def config_of(layers=(512, 512), corpus=None, **training):
    return Config.model_validate(
        {
            "corpus": corpus or {"builtin": "xml"},
            "network": {"layers": layers},
            "training": training,
        }
    )


@pytest.fixture
def cards(monkeypatch):
    """What is there; to be changed by a test."""
    there = [SMALL, LARGE, LARGER]
    monkeypatch.setattr(card_choice, "graphics_cards", lambda: tuple(there))
    return there


def test_a_large_network_on_a_long_text_takes_the_largest_free_card(cards):
    assert chosen_card(config_of(), SYMBOLS, CHARACTERS) == LARGER


@pytest.mark.parametrize(
    ("config", "characters"),
    [
        (config_of((50, 50)), CHARACTERS),  # a step is too short
        (config_of((128, 128)), 10**8),
        (config_of(batch=2), CHARACTERS),
        (config_of(epochs=1), 100_000),  # so is the training
        (config_of(device="cpu"), CHARACTERS),
        (config_of(workers=4), CHARACTERS),  # other machines make parts of it
    ],
)
def test_else_the_processor(cards, config, characters):
    assert chosen_card(config, SYMBOLS, characters) is None


def test_windows_that_overlap_are_read_more_than_once():
    once = config_of((256, 256), regime="window", window=20, stride=20, epochs=2, batch=64)
    often = config_of((256, 256), regime="window", window=20, stride=1, epochs=2, batch=64)
    assert not pays(once, SYMBOLS, 300_000)
    assert pays(often, SYMBOLS, 300_000)


def test_a_card_that_is_too_small_is_left_alone(cards):
    cards[1:] = []
    assert needed_bytes(config_of((1024, 1024), batch=256), SYMBOLS) > SMALL.memory
    assert chosen_card(config_of((1024, 1024), batch=256), SYMBOLS, CHARACTERS) is None


def test_an_imported_model_trains_nothing(cards):
    plain = {"corpus": {"builtin": "xml"}, "network": {"from": "model.npz"}}
    config = Config.model_validate({**plain, "training": {"device": "gpu"}})
    assert chosen_card(config, SYMBOLS, CHARACTERS) is None


def test_a_sweep_uses_a_card_only_where_one_is_asked_for(cards):
    assert chosen_card(config_of(), SYMBOLS, CHARACTERS, swept=True) is None
    config = config_of((50, 50), device="gpu")
    assert chosen_card(config, SYMBOLS, CHARACTERS, swept=True) == LARGER


def test_gpu_takes_a_card_where_it_does_not_pay_too(cards):
    assert chosen_card(config_of((5, 5), device="gpu"), SYMBOLS, 1_000) == LARGER


@pytest.mark.parametrize(
    ("there", "said"), [([], "no NVIDIA card can be seen"), ([SMALL], "Small has 2.0 GB")]
)
def test_gpu_without_a_card_is_refused(cards, there, said):
    cards[:] = there
    with pytest.raises(NeuronarioError, match=said) as caught:
        chosen_card(config_of((1024, 1024), device="gpu", batch=256), SYMBOLS, CHARACTERS)
    assert caught.value.code == ExitCode.BAD_CONFIG
    assert "\n" not in str(caught.value)


def test_a_busy_card_is_not_begun_on(cards):
    check_free(LARGE, config_of(), SYMBOLS)
    cards[1] = GraphicsCard("Large", "580.1", "GPU-bb", 80 * GB, GB)
    with pytest.raises(CardUnusableError, match=r"busy: 1.0 GB of 80.0 GB are free") as caught:
        check_free(LARGE, config_of(), SYMBOLS)
    assert caught.value.code == ExitCode.LOCKED
    del cards[1]
    with pytest.raises(CardUnusableError, match="gone"):
        check_free(LARGE, config_of(), SYMBOLS)

"""A job on a graphics card: a stand-in that fails everywhere; the real one where one is there."""

import pytest

from jobs.machine.graphics_card import fingerprint_of, graphics_cards
from jobs.store.manifest import card_of
from jobs.store.store import newest_run, open_run
from tests.support.command_line import TINY, Answer, neuronario, write_config

WITH_A_CARD = """
import jobs.pipeline.card_choice as choice
from jobs.machine.graphics_card import GraphicsCard
card = GraphicsCard("A card", "580.1", "GPU-none", 10**11, 10**11)
choice.graphics_cards = lambda: (card,)
choice.pays = lambda *sizes: True
"""
real_card = pytest.mark.skipif(not graphics_cards(), reason="no graphics card here")


def on_a_card_that_fails(folder, *arguments) -> Answer:
    return neuronario(folder, *arguments, before=WITH_A_CARD)


def newest(folder):
    return open_run(folder / "runs", newest_run(folder / "runs"))


def trained_on(folder):
    return card_of(newest(folder).manifest.inputs)


def test_a_card_that_fails_costs_a_warning(tmp_path):
    folders = [tmp_path / name for name in ("card", "none")]
    for folder in folders:
        folder.mkdir()
        write_config(folder)
    first = on_a_card_that_fails(folders[0], "run", "--no-publish")
    assert first.code == 0, first.err
    (warning,) = [line for line in first.err.splitlines() if "warning: A card" in line]
    assert "the processor trains instead" in warning and "neuronario[gpu]" in warning
    assert trained_on(folders[0]) == ""
    assert not list((folders[0] / "runs" / "work").glob("*/*"))

    plain = neuronario(folders[1], "run", "--no-publish")
    assert plain.code == 0 and "A card" not in plain.err
    assert newest(folders[0]).id == newest(folders[1]).id  # the same bytes

    again = on_a_card_that_fails(folders[0], "run", "--no-publish")
    assert again.code == 0 and "nothing changed" in again.err  # a card is no reason to train again


def test_who_insists_on_a_card_is_told_why_there_is_no_training(tmp_path):
    write_config(tmp_path, training={**TINY["training"], "device": "gpu"})
    failing = on_a_card_that_fails(tmp_path, "run", "--no-publish")
    assert failing.code == 78
    assert failing.err.splitlines()[-1].startswith("neuronario: A card cannot be trained on:")
    assert newest_run(tmp_path / "runs") is None
    absent = neuronario(tmp_path, "run", "--no-publish", environment={"CUDA_VISIBLE_DEVICES": ""})
    assert absent.code == 78
    checked = neuronario(tmp_path, "config", "check", environment={"CUDA_VISIBLE_DEVICES": ""})
    assert checked.code == 78 and "no NVIDIA card can be seen" in checked.err
    assert "no NVIDIA card can be seen" in absent.err.splitlines()[-1]


@real_card
def test_the_same_seed_gives_the_same_bytes_on_a_card_too(tmp_path):
    (card, *_) = graphics_cards()
    runs = []
    for name in ("one", "other"):
        folder = tmp_path / name
        folder.mkdir()
        write_config(folder, training={**TINY["training"], "device": "gpu"})
        made = neuronario(folder, "run", "--no-publish")
        assert made.code == 0, made.err
        assert trained_on(folder) == fingerprint_of(card)
        runs.append(newest(folder))
    assert runs[0].id == runs[1].id
    again = neuronario(folder, "run", "--no-publish")
    assert "nothing changed" in again.err


@real_card
def test_a_card_learns_what_the_processor_learns(tmp_path):
    bits = {}
    for device in ("cpu", "gpu"):
        folder = tmp_path / device
        folder.mkdir()
        write_config(folder, training={**TINY["training"], "device": device})
        assert neuronario(folder, "run", "--no-publish").code == 0
        bits[device] = [record.held_out_bits for record in newest(folder).history]
    assert bits["gpu"] == pytest.approx(bits["cpu"], abs=1e-3)

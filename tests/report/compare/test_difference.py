from dataclasses import replace

import numpy as np
import pytest

from jobs.config.schema import TrainingConfig
from report.compare.difference import compare, shared_start
from report.compare.label_changes import ConceptChange, UnitLabel
from report.compare.wording import label_words, labelled_words
from report.pages.history import history_entry
from report.run_view import Unit
from tests.support.compare_labels import labelled
from tests.support.compare_runs import flipped, network, permuted, text_of, view

BASE = view()


def test_equal_runs_have_an_empty_difference():
    difference = compare(BASE, replace(BASE, run_id="000002-0badcafe"))
    assert difference.empty
    assert difference.comparable
    assert difference.quality.difference == 0
    assert [layer.counts() for layer in difference.layers] == [{"same": 8}, {"same": 6}]


def test_float_noise_of_another_machine_is_no_difference():
    noisy = replace(BASE.network, output_bias=BASE.network.output_bias + np.float32(1e-6))
    assert compare(BASE, view(noisy)).empty


@pytest.mark.parametrize(
    "changed",
    [
        {"net": flipped(BASE.network, 0, 2)},
        {"net": permuted(BASE.network, 1, np.array([1, 0, 2, 3, 4, 5]))},
        {"seed": 1},
        {"sample": "<aa>"},
        {"training": TrainingConfig(epochs=21)},
    ],
)
def test_whatever_differs_is_seen(changed):
    assert not compare(BASE, view(**changed)).empty


def test_every_layer_has_its_control():
    layers = compare(BASE, view(seed=1)).layers
    assert len({layer.control for layer in layers}) == 2
    for layer in layers:
        assert 0 < layer.control.mean < layer.control.bar < 1


def test_layers_of_another_size_are_not_comparable():
    size = len(BASE.card.alphabet)
    difference = compare(BASE, view(network(0, size, (8, 5, 3))))
    first, second, third = difference.layers
    assert first.comparable
    assert second.reason == "6 units before, 5 now"
    assert third.reason == "the old network has no such layer"
    assert second.counts() == {"n/a": 5}
    assert second.matched is None
    assert not difference.comparable
    assert difference.quality is not None

    back = compare(view(network(0, size, (8, 5, 3))), BASE)
    assert back.layers[2].reason == "the new network has no such layer"
    assert not back.comparable


def test_a_strange_text_makes_nothing_comparable():
    other = "".join(chr(ord(character) + 1000) for character in text_of(500))
    difference = compare(BASE, view(text=other))
    assert not difference.comparable
    assert not difference.empty
    assert difference.quality is None
    assert all(layer.reason == difference.reason for layer in difference.layers)


def test_a_grown_text_is_read_again():
    difference = compare(BASE, view(text=text_of(2_304, 9)))
    assert difference.reread
    assert difference.comparable
    assert [layer.counts() for layer in difference.layers] == [{"same": 8}, {"same": 6}]


def test_the_start_is_shared_with_equal_seeds_or_a_warm_start():
    assert shared_start(BASE, view())
    assert not shared_start(BASE, view(seed=1))
    assert shared_start(BASE, view(seed=1, training=TrainingConfig(start="previous")))
    assert shared_start(BASE, view(sample="!<ab>"))  # a new character changes no other's weights
    assert not shared_start(BASE, view(network(0, len(BASE.card.alphabet), (8, 5))))


def test_labels_follow_a_unit_to_its_new_place():
    order = np.array([1, 0, 2, 3, 4, 5])
    old = labelled(
        BASE,
        {"L1N0": ("quote", 0.8), "L2N0": ("digit", 0.7), "L2N5": ("quote", 0.6)},
        scores={"comment": 0.5},
    )
    new = labelled(
        view(permuted(BASE.network, 1, order)),
        {"L1N0": ("quote", 0.9), "L2N1": ("digit", 0.75), "L2N5": ("newline", 0.5)},
        scores={"comment": 0.5},
    )
    difference = compare(old, new)
    assert difference.labelled == (3, 3)
    first, second, third = difference.labels
    assert (first.old, first.new, first.changed) == (Unit(1, 0), Unit(1, 0), False)
    assert first.after == UnitLabel("quote", 0.9)
    assert (second.old, second.new, second.changed) == (Unit(2, 0), Unit(2, 1), False)
    assert third.changed
    assert difference.concepts == (
        ConceptChange("comment", 0.5, 0.5, 0.3, 0, 0),
        ConceptChange("digit", 0.7, 0.75, None, 1, 1),
        ConceptChange("newline", None, 0.5, None, 0, 1),
        ConceptChange("quote", 0.8, 0.9, None, 2, 1),
    )
    assert [concept.changed for concept in difference.concepts] == [False, True, True, True]


def test_a_run_without_labels_is_not_compared_by_labels():
    difference = compare(BASE, labelled(BASE, {"L1N0": ("quote", 0.8)}))
    assert difference.labelled is None
    assert difference.labels == difference.concepts == ()


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [("abc", "abc", None), ("abc", "abd", 2), ("abc", "ab", 2), ("abc", "xbc", 0)],
)
def test_samples_part_at_their_first_difference(old, new, place):
    sample = compare(view(sample=old), view(sample=new)).sample
    assert sample.first_difference == place
    if place is not None:
        assert (sample.old_excerpt, sample.new_excerpt) == (old[place:], new[place:])


def test_labels_that_change_places_are_a_difference_though_every_concept_keeps_its_score():
    old = labelled(BASE, {"L1N0": ("quote", 0.8), "L1N1": ("digit", 0.8)})
    new = labelled(BASE, {"L1N0": ("digit", 0.8), "L1N1": ("quote", 0.8)})
    assert compare(old, old).empty
    assert not any(concept.changed for concept in compare(old, new).concepts)
    assert not compare(old, new).empty


def test_a_concept_that_is_followed_better_is_a_difference():
    old, new = (labelled(BASE, {}, scores={"quote": score}) for score in (0.5, 0.6))
    assert not compare(old, new).empty


def test_the_second_grade_is_shown_and_not_counted():
    old = labelled(BASE, {"L1N0": ("quote", 0.8), "L1N1": ("partly digit", 0.7)})
    new = labelled(BASE, {"L1N0": ("partly quote", 0.7), "L1N1": ("partly digit", 0.6)})
    difference = compare(old, new)
    assert difference.labelled == (1, 0)
    quote, digit = difference.labels
    assert quote.changed and not digit.changed
    assert label_words(quote) == "L1N0: partly quote 0.700 (was quote 0.800)"
    assert labelled_words(difference) == "0 units (was 1)"
    (concept,) = difference.concepts
    assert (concept.concept, concept.units_before, concept.units_after) == ("quote", 1, 0)
    assert history_entry(new, None, run="000001-00000000").labelled == 0

"""Each bar of a label decides by itself: the others stay far below."""

from dataclasses import replace

import pytest

from report.measures.labels.verdict import Details, Label, Score, WithinBigram, verdict

LABEL = Label(
    concept="quote",
    verdict="chance",
    sign=1,
    threshold=0.0,
    score=Score(0.7, 0.8),
    strength_interval=(0.65, 0.75),
    f1_interval=(0.75, 0.85),
    details=Details(
        matthews=0.7, precision=0.8, recall=0.8, auc=0.9, prevalence=0.2, always_f1=0.3
    ),
    spearman=None,
    null=0.1,
    bigram=Score(0.2, 0.3),
    untrained=Score(0.2, 0.3),
    within_bigram=WithinBigram(0.6, (0.55, 0.65), 0.1, 0.2),
)
NUMBER = replace(LABEL, f1_interval=None, details=None, score=Score(0.7, None))


def with_always(label, f1):
    return replace(label, details=replace(label.details, always_f1=f1))


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        (LABEL, "accepted"),
        (replace(LABEL, null=0.69), "accepted"),
        (replace(LABEL, null=0.7), "chance"),
        (with_always(LABEL, 0.76), "chance"),
        (replace(LABEL, untrained=Score(0.7, 0.3)), "untrained"),
        (replace(LABEL, untrained=Score(0.2, 0.76)), "untrained"),
        (replace(LABEL, bigram=Score(0.7, 0.3)), "partly"),  # its answer is as good
        (replace(LABEL, bigram=Score(0.2, 0.76)), "partly"),
        (replace(LABEL, bigram=Score(0.9, 0.9), untrained=Score(0.7, 0.3)), "untrained"),
    ],
)
def test_each_bar_decides(label, expected):
    assert verdict(label) == expected


@pytest.mark.parametrize(
    "within",
    [
        WithinBigram(0.6, (0.55, 0.65), 0.6, 0.2),  # no more than by chance
        WithinBigram(0.6, (0.55, 0.65), 0.1, 0.6),  # no more than untrained networks
        WithinBigram(-0.6, (-0.65, -0.55), 0.1, 0.2),  # the other way round
    ],
)
def test_in_part_needs_memory_beyond_chance_and_untrained_networks(within):
    beaten = replace(LABEL, bigram=Score(0.9, 0.9))
    assert verdict(beaten) == "partly"
    assert verdict(replace(beaten, within_bigram=within)) == "characters"


@pytest.mark.parametrize("faint", [{"strength_interval": (0.5, 0.8)}, {"f1_interval": (0.5, 0.85)}])
def test_in_part_needs_half_of_the_way(faint):
    assert verdict(replace(LABEL, bigram=Score(0.9, 0.9), **faint)) == "characters"


def test_a_number_is_judged_by_its_correlation():
    assert verdict(NUMBER) == "accepted"
    assert verdict(replace(NUMBER, strength_interval=(0.15, 0.75))) == "characters"
    known = replace(NUMBER, bigram=Score(0.66, None))
    assert verdict(known) == "partly"
    assert verdict(replace(NUMBER, untrained=Score(0.66, None))) == "untrained"

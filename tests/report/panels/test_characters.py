from report.panels.characters import LEAST_COUNT, PANEL, SHOWN, CharacterMean, sentence
from report.run_view import Unit
from tests.support.tiny_view import tiny_view


def test_every_character_of_the_probe_has_a_row_highest_first():
    view = tiny_view()
    panel = PANEL.prepare(view)(Unit(1, 0)).values
    rows = sorted([*panel.highest, *panel.rest, *panel.lowest], key=lambda row: -row.mean)
    assert {row.character for row in rows} == set(view.probe_text)
    assert sum(row.occurrences for row in rows) == view.probe.characters
    frequent = [row for row in rows if row.occurrences >= LEAST_COUNT]
    assert list(panel.highest) == frequent[:SHOWN]
    assert list(panel.lowest) == frequent[-SHOWN:]
    assert list(panel.rest) == [row for row in rows if row not in panel.highest + panel.lowest]


def test_means_are_of_the_states_after_the_character():
    view = tiny_view()
    panel = PANEL.prepare(view)(Unit(2, 2)).values
    row = panel.highest[0]
    places = [
        place for place, character in enumerate(view.probe_text) if character == row.character
    ]
    expected = view.probe.layers[1].hidden[places, 2].mean()
    assert abs(row.mean - expected) < 1e-6
    assert row.occurrences == len(places)


def row(character, mean, count=100, beyond=True):
    return CharacterMean(character, count, mean, beyond)


def test_sentence_names_the_ends_in_words():
    rows = (row('"', 0.74), row("a", 0.1), row("\n", -0.93))
    assert sentence(rows, "read") == (
        "On the probe its mean state is highest after quote (+0.74) "
        "and lowest after newline (−0.93)."
    )
    assert "just before quote" in sentence(rows, "predict")


def test_sentence_skips_chance_and_rare_characters():
    rows = (row("x", 0.9, count=2), row("y", 0.8, beyond=False), row("z", 0.3))
    assert (
        sentence(rows, "read") == "On the probe its mean state is highest after letter z (+0.30)."
    )
    assert "beyond chance" in sentence(rows[:2], "read")

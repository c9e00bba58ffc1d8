"""What `list` and `show` print of stores and runs."""

import json

from jobs.cli.listing import listing_text, run_text
from jobs.store.run_names import set_reference
from jobs.store.store import list_runs, read_run
from tests.support.store_at import add_run


def test_an_empty_store_says_what_makes_a_run(place):
    assert listing_text(list_runs(place), as_json=False) == (
        "no runs yet; `neuronario run` makes one\n"
    )
    assert json.loads(listing_text([], as_json=True)) == []


def test_a_line_a_run_with_its_names_and_a_broken_run_is_one_line(place):
    first, second = add_run(place, 0), add_run(place, 1)
    set_reference(place, "baseline", first)
    (second.folder / "MANIFEST.json").write_text("{")
    head, *lines = listing_text(list_runs(place), as_json=False).splitlines()
    assert head.split()[0] == "run" and len(lines) == 2
    assert lines[0].startswith(first.id) and lines[0].endswith("text.xml [baseline]")
    assert f"{first.card.characters:,}" in lines[0]
    assert lines[1].startswith(f"{second.id:<16}broken: ")
    rows = json.loads(listing_text(list_runs(place), as_json=True))
    assert [row["run"] for row in rows] == [first.id, second.id]


def test_the_sample_is_quoted_so_that_a_terminal_obeys_nothing(place):
    run = read_run(place, add_run(place).id)
    text = run_text(run, as_json=False)
    assert "\u202e" in run.read_bytes("sample.txt").decode()
    assert "\u202e" not in text and "\t" not in text
    facts = json.loads(run_text(run, as_json=True))
    assert facts["held-out bits per character"] == round(run.evaluation.held_out_bits, 4)
    assert all(line.split("  ")[0] in facts for line in text.splitlines())

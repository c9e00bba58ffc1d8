import re
from dataclasses import replace

import pytest
import yaml

from jobs.config.schema import PublishConfig, ReportConfig
from report.compare.difference import compare
from report.compare.inputs import InputChange
from report.pages.contents import units_with_page
from report.pages.diff import BASELINE, diff_page
from tests.support.compare_cases import ALPHABET
from tests.support.compare_labels import labelled
from tests.support.compare_runs import flipped, network, view
from tests.support.hostile_texts import HOSTILE

OLD = labelled(view(), {"L1N5": ("quote", 0.8), "L2N0": ("comment", 0.6)})
CHANGED = flipped(network(0, ALPHABET), 0, 5)


def changed(**keywords):
    return labelled(
        view(CHANGED, run_id="000002-0badcafe", **keywords),
        {"L1N5": ("quote", 0.85), "L2N0": ("newline", 0.55)},
    )


def page(new, old=OLD, **keywords):
    return diff_page(old, new, compare(old, new), units_with_page(new), **keywords)


def test_equal_runs_have_a_page_that_says_so():
    text = page(replace(OLD, run_id="000002-0badcafe")).text
    assert "Nothing: inputs, weights, labels and sample are the same." in text
    assert "<table" not in text


def test_the_page_says_what_changed():
    made = page(changed(seed=0, sample="<aba>"))
    assert made.path == "diff/previous.md"
    assert "No input changed." in made.text
    assert '<a href="../neurons/l1/n5.html">L1N5</a></th><td>L1N5</td><td>sign flipped' in made.text
    assert "<td>quote 0.800</td><td>quote 0.850</td><td>+0.050</td>" in made.text
    assert "<li>L2N0: newline 0.550 (was comment 0.600)</li>" in made.text
    assert made.text.count('<figure class="act-box">') == 2
    head = yaml.safe_load(made.text.split("---")[1])
    assert head["units"] == {"layer 1": {"same": 7, "sign flipped": 1}, "layer 2": {"same": 6}}
    assert head["bits"]["verdict"] == "no clear change"


def test_line_ends_of_the_samples_are_seen():
    text = page(changed(seed=0, sample="<\n\ta")).text
    assert "&#92;n&#92;ta" in text or "\\n\\ta" in text


def test_no_run_id_and_nothing_that_changes_from_time_to_time():
    first, second = changed(), replace(changed(), run_id="000009-0badcafe")
    assert page(first).data == page(second).data
    assert "0badcafe" not in page(first).text


def test_a_unit_without_a_page_is_not_linked():
    new = changed(report=ReportConfig(min_mean_activation=0.99))
    made = diff_page(OLD, new, compare(OLD, new), units_with_page(new))
    assert "neurons/" not in made.text
    assert "L1N5" in made.text


def test_the_baseline_has_a_page_of_its_own():
    made = page(changed(), path=BASELINE)
    assert made.path == "diff/baseline.md"
    assert "# What changed since the baseline" in made.text


@pytest.mark.parametrize(("corpus_text", "strips", "sample"), [("sample", 0, 2), ("none", 0, 0)])
def test_private_texts_are_left_out(corpus_text, strips, sample):
    text = page(changed(sample="<aba>", publish=PublishConfig(corpus_text=corpus_text))).text
    assert text.count('<figure class="act-box">') == strips
    assert text.count('<pre class="plain-text">') == sample
    assert "publish.corpus" in text
    if not sample:
        assert "aba" not in text


def test_networks_that_cannot_be_compared_have_a_page_too():
    new = view(network(0, ALPHABET, (8, 5)))
    text = page(new).text
    assert "n/a (6 units before, 5 now)" in text


@pytest.mark.parametrize("sample", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_samples_and_inputs_stay_text(sample):
    new = changed()
    difference = replace(compare(OLD, new), inputs=(InputChange(sample, sample, sample),))
    difference = replace(
        difference,
        sample=replace(
            difference.sample, first_difference=0, old_excerpt=sample, new_excerpt=sample
        ),
    )
    text = diff_page(OLD, new, difference, units_with_page(new)).text
    tags = {tag.lower() for tag in re.findall(r"<([a-zA-Z]+)", text)}
    assert not tags & {"script", "img", "iframe", "svg", "style", "link", "em", "input"}
    assert not re.search(r"<[^>]*\son\w+=", text)
    assert "\u202e" not in text and "\x1b" not in text

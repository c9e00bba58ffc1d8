from dataclasses import replace

from jobs.config.schema import CorpusConfig, StoreConfig, TrainingConfig
from jobs.machine.runtime import Runtime
from report.compare.inputs import InputChange, input_changes
from tests.support.compare_runs import text_of, view

RUNTIME = Runtime("Linux", "x86_64", "one processor", 2, "3.11.0", "2.1.0", "2.21.0")


def changes(old, new, **keywords):
    return {change.key: (change.old, change.new) for change in input_changes(old, new, **keywords)}


def test_equal_inputs_give_nothing():
    assert input_changes(view(), view(run_id="000002-0badcafe"), (RUNTIME, RUNTIME)) == ()


def test_settings_are_named_with_both_values_sorted():
    new = view(seed=3, training=TrainingConfig(epochs=40, start="previous"))
    assert input_changes(view(), new) == (
        InputChange("seed", "0", "3"),
        InputChange("training.epochs", "20", "40"),
        InputChange("training.start", "fresh", "previous"),
    )


def test_places_of_this_machine_are_never_shown():
    new = view(
        corpus=CorpusConfig(path="/home/ana/secret/other.xml"),
        store=StoreConfig(directory="/home/ana/runs"),
    )
    assert changes(view(), new) == {"corpus.path": ("text.xml", "other.xml")}


def test_corpus_alphabet_probe_tool_and_runtime():
    new = replace(view(text=text_of(2_000, 9).replace("e", "\u202e")), tool_version="0.2.0")
    found = changes(view(), new, runtimes=(RUNTIME, replace(RUNTIME, numpy="2.2.0")))
    assert found.keys() == {
        *("probe.characters", "corpus", "corpus characters", "alphabet", "probe", "tool"),
        "runtime.numpy",
    }
    assert found["alphabet"] == (
        "18 characters, only here: U+0065",
        "18 characters, only here: U+202E",
    )
    assert found["tool"] == ("0.1.0", "0.2.0")
    assert found["runtime.numpy"] == ("2.1.0", "2.2.0")
    assert found["probe"][1].endswith("(2,000 characters)")

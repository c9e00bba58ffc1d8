"""The files behind the site: what they hold, and that they hide what may not be shown."""

import csv
import dataclasses
import io
import json
from dataclasses import replace

import numpy as np
import pytest

from jobs.config.schema import PublishConfig
from report.measures.records import NEURONS, to_files
from report.measures.unit import UnitMeasures
from report.pages.data import data_files, data_pages, scale_of
from report.pages.schema import field_words, reachable, schema
from tests.support.golden_measures import golden_measures
from tests.support.tiny_view import tiny_view


def files_of(view):
    return {file.name: file.data for file in data_files(view)}


def with_text(view, corpus_text):
    config = view.config.model_copy(update={"publish": PublishConfig(corpus_text=corpus_text)})
    return replace(view, config=config)


def test_states_are_those_of_the_run():
    view = tiny_view()
    files = files_of(view)
    states = np.concatenate([layer.hidden for layer in view.probe.layers], axis=1)
    loaded = np.load(io.BytesIO(files["probe-hidden.npy"]), allow_pickle=False)
    np.testing.assert_allclose(loaded / scale_of(view), states, atol=2e-5)
    rows = list(csv.DictReader(io.StringIO(files["states.csv"].decode())))
    assert [chr(int(row["character"][2:], 16)) for row in rows] == list(view.sample_text)
    assert float(rows[9]["L2N1"]) == pytest.approx(view.sample.layers[1].hidden[9, 1], abs=5e-5)
    assert json.loads(files["schema.json"])["units"] == [unit.name for unit in view.units]


def test_no_cell_begins_like_a_formula():
    view = tiny_view(text="=1+1\n@x-y\n" * 10)
    cells = files_of(view)["states.csv"].decode().replace("\n", ",").split(",")
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "@")]


def test_what_may_not_be_shown_is_in_no_file():
    assert set(files_of(with_text(tiny_view(), "sample"))) == {"states.csv", "schema.json"}
    assert files_of(with_text(tiny_view(), "none")) == {}
    (page,) = data_pages(with_text(tiny_view(), "none"))
    assert "No data is published" in page.text


def test_every_stored_field_is_described_from_its_source():
    line = json.loads(to_files(golden_measures(2))[NEURONS].splitlines()[0])
    types = schema({}, [])["neurons.jsonl"]["types"]
    assert set(types["UnitMeasures"]["fields"]) == set(line)
    assert set(types["Label"]["fields"]) == set(line["label"])
    assert set(types["GateShares"]["fields"]) == set(line["gates"][0])
    for record in reachable(UnitMeasures):
        assert len(field_words(record)) == len(dataclasses.fields(record)), record
    words = {name: text for name, _, text in field_words(UnitMeasures)}
    assert words["half_life"] == "characters, autocorrelation"


def test_states_beyond_one_are_scaled_down_and_never_overflow():
    view = tiny_view()
    first = view.probe.layers[0]
    wide = replace(first, hidden=first.hidden * np.float32(40.0 / np.abs(first.hidden).max()))
    view = replace(view, probe=replace(view.probe, layers=(wide, *view.probe.layers[1:])))
    assert scale_of(view) == 32_767 // 40
    files = {file.name: file for file in data_files(view)}
    stored = np.load(io.BytesIO(files["probe-hidden.npy"].data))
    np.testing.assert_allclose(stored[:, :4] / scale_of(view), wide.hidden, atol=1e-3)
    assert "states times 819" in files["probe-hidden.npy"].words

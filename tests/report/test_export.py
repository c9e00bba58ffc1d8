"""A run as a folder for a model hub: everything in it is the run's, and only what may be shown."""

from dataclasses import replace

import numpy as np
import yaml
from safetensors.numpy import load

from jobs.config.schema import PublishConfig
from report.export import export_files
from tests.support.tiny_view import tiny_view


def test_weights_and_card():
    view = tiny_view()
    files = export_files(view)
    weights = load(files["weights.safetensors"])
    for name, array in view.network.arrays().items():
        np.testing.assert_array_equal(weights[name], array)
    head, text = files["README.md"].decode().split("---\n")[1:3]
    assert "lstm" in yaml.safe_load(head)["tags"]
    assert "1.750 bits per character" in text
    for name in files.keys() - {"README.md"}:
        assert f"`{name}`" in text


def test_what_may_not_be_shown_is_left_out():
    view = tiny_view()
    for changes in ({"corpus_text": "none"}, {"weights": False, "corpus_text": "none"}):
        config = view.config.model_copy(update={"publish": PublishConfig(**changes)})
        files = export_files(replace(view, config=config))
        assert set(files) == {"README.md", "alphabet.json"}

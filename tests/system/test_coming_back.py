"""A configuration that comes back, and `train` on what is trained: no work is done twice."""

import json
from pathlib import Path

from tests.support.command_line import neuronario, write_config


def runs(folder: Path) -> list[dict]:
    manifests = sorted((folder / "runs" / "runs").glob("*/MANIFEST.json"))
    return [json.loads(path.read_text()) for path in manifests]


def test_an_earlier_configuration_finds_its_stages(tmp_path: Path) -> None:
    for seed in (1, 2):
        write_config(tmp_path, seed=seed)
        assert neuronario(tmp_path, "run", "--no-publish").code == 0
    write_config(tmp_path, seed=1)
    explained = neuronario(tmp_path, "run", "--explain").out
    first = runs(tmp_path)[0]["run"]
    assert f"run {first} has all of it already" in explained
    back = neuronario(tmp_path, "run", "--no-publish")
    assert back.code == 0
    assert f"run {first} was made from the same report inputs" in back.err
    assert "epoch" not in back.err
    one, two, three = runs(tmp_path)
    assert three["rendered_from"] == one["run"] and three["parent"] == two["run"]
    assert three["content_id"] == one["content_id"]

    write_config(tmp_path, seed=2, report={"language": "es"})  # training and traces of the second
    again = neuronario(tmp_path, "run", "--no-publish")
    assert (
        "epoch" not in again.err and f"run {two['run']} was made from the same trace" in again.err
    )
    assert runs(tmp_path)[3]["rendered_from"] == two["run"]

    trained = neuronario(tmp_path, "train")
    assert (trained.code, trained.out) == (0, "")
    assert "nothing to train" in trained.err and "epoch" not in trained.err
    assert len(runs(tmp_path)) == 4

    write_config(tmp_path, seed=1)  # the first run is damaged: the work is done again
    (tmp_path / "runs" / "runs" / one["run"] / "weights.npz").write_bytes(b"damaged")
    (tmp_path / "runs" / "runs" / three["run"] / "weights.npz").unlink()
    assert "epoch" in neuronario(tmp_path, "run", "--no-publish").err

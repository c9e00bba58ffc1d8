"""The verb ``export``, on a stored run."""

from tests.support.command_line import neuronario, tree
from tests.support.store_at import add_run


def test_a_run_is_exported_and_nothing_of_others_is_touched(tmp_path):
    store = tmp_path / "runs"
    add_run(store)
    answer = neuronario(tmp_path, "export", "--store", str(store), "--hf", "hub")
    assert answer.code == 0, answer.err
    assert {"README.md", "weights.safetensors", "alphabet.json"} <= set(tree(tmp_path / "hub"))
    again = neuronario(tmp_path, "export", "--store", str(store), "--hf", "hub")
    assert again.code == 0, again.err
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "README.md").write_text("mine")
    refused = neuronario(tmp_path, "export", "--store", str(store), "--hf", "mine")
    assert (refused.code, refused.err.count("\n")) == (73, 1)
    assert tree(tmp_path / "mine") == {"README.md": b"mine"}
    inside = neuronario(tmp_path, "export", "--store", str(store), "--hf", str(store / "x"))
    assert inside.code == 73

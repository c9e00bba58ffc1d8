import pytest

from jobs.config.sweep_file import load_sweep
from jobs.errors import ExitCode
from tests.support.store_at import code_of

BASE = "corpus: {path: text.xml}\nnetwork: {layers: [6, 5]}\n"


def sweep(folder, text, base=BASE):
    (folder / "base.yml").write_text(base)
    path = folder / "sweep.yml"
    path.write_text(text)
    return path


def test_the_seeds_of_each_setting_follow_each_other(tmp_path):
    text = "config: base.yml\nseeds: 0-1\nvary:\n  network.layers: [[4], [5, 6]]\n"
    text += "  training.l1: [0, 0.001]\n"
    cells = load_sweep(sweep(tmp_path, text)).cells
    assert [str(cell) for cell in cells[:3]] == [
        "seed 0, network.layers [4], training.l1 0",
        "seed 1, network.layers [4], training.l1 0",
        "seed 0, network.layers [4], training.l1 0.001",
    ]
    assert [cell.number for cell in cells] == list(range(8))
    assert cells[7].config.network.layers == (5, 6)
    assert (cells[7].config.training.l1, cells[7].config.seed) == (0.001, 1)
    assert cells[7].folder == tmp_path  # where text.xml is


def test_without_a_configuration_the_default_preset_is_swept(tmp_path):
    loaded = load_sweep(sweep(tmp_path, "seeds: [7, 3]\n"))
    assert [cell.seed for cell in loaded.cells] == [7, 3]
    assert loaded.base.config.corpus.builtin == "xml"


def test_a_varied_text_takes_the_place_of_the_generator_and_starts_at_the_sweep_file(tmp_path):
    (tmp_path / "below").mkdir()
    path = tmp_path / "below" / "sweep.yml"
    path.write_text("seeds: [0]\nvary: {corpus.path: [a.txt, b.txt]}\n")
    cells = load_sweep(path).cells
    assert [cell.config.corpus.path for cell in cells] == ["a.txt", "b.txt"]
    assert {cell.config.corpus.builtin for cell in cells} == {None}
    assert cells[0].folder == path.parent


SEEDS = "needs a list as [0, 1, 2], or a range as 0-4"
L1 = ":2: vary.training.l1: needs"
WRONG = {
    "seeds: 5-2\n": f":1: seeds: {SEEDS}",
    "seeds: [0, 0]\n": ":1: seeds: a seed is given twice; remove one",
    "seeds: [0, x]\n": ":1: seeds[1]: needs a whole number",
    "vary: {training.l1: [0]}\n": f":1: seeds: missing; {SEEDS}",
    "seeds: [0]\nseed: 1\n": ":2: seed: unknown key; known here: config, seeds, vary",
    "seeds: [0]\nvary: {training.l1: 3}\n": f"{L1} a list of values, as [0, 0.001]",
    "seeds: [0]\nvary: {training.l1: []}\n": f"{L1} one value or more, each once",
    "seeds: [0]\nvary: {training.l1: [0, 0]}\n": f"{L1} one value or more, each once",
    "seeds: [0]\nvary: {seed: [0]}\n": ":2: vary.seed: the seeds stand under `seeds`",
    "seeds: [0]\nvary: {store.directory: [a]}\n": (
        ":2: vary.store.directory: cannot be varied; a key of corpus, network, training, sample, "
        "probe, as training.l1, can"
    ),
    "seeds: [0]\nvary:\n  network.layers: [[4], [0]]\n": (
        ":3: network.layers[0]: 0 is not allowed; a whole number from 1 to 4,096"
    ),
    "seeds: [0]\nvary: {training.l2: [0]}\n": ":2: training.l2: unknown key; known here: ",
    "seeds: [0]\nvary: {training.start: [previous]}\n": (
        ':2: training.start: text "previous" is not allowed in a sweep, whose runs depend on no '
        "other; needs fresh"
    ),
    "seeds: [0]\nconfig: nothing\n": ":2: config: ",
    "": ":1: empty; needs at least the key `seeds:`",
    "seeds: 0-9999\nvary: {training.l1: [0, 1]}\n": ":1: seeds: 20,000 cells; at most 10,000",
}


@pytest.mark.parametrize("text", WRONG)
def test_every_mistake_is_one_line_with_its_place(tmp_path, text):
    path = sweep(tmp_path, text)
    code, message = code_of(lambda: load_sweep(path))
    assert code == ExitCode.BAD_CONFIG
    assert message.startswith(f"{path}{WRONG[text]}")


def test_all_mistakes_are_told_at_once(tmp_path):
    path = sweep(tmp_path, "seeds: [x]\nfoo: 1\nvary: {training.l1: 3}\n")
    with pytest.raises(Exception, match="foo") as caught:
        load_sweep(path)
    assert len(str(caught.value).splitlines()) == 3


def test_a_sweep_file_that_is_not_there_is_no_input(tmp_path):
    assert code_of(lambda: load_sweep(tmp_path / "none.yml"))[0] == ExitCode.NO_INPUT

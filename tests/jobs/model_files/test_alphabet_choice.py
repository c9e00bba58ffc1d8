"""The order of the characters: found where it is a usual one, refused where it is not."""

import json

import numpy as np
import pytest

from jobs.model_files.alphabet_choice import choose_alphabet
from jobs.model_files.file_model import RefusedError, Vocabulary
from jobs.model_files.fold import reordered
from jobs.model_files.read_model import read_model
from jobs.model_files.vocabulary import read_alphabet_file
from tests.support import model_files as made
from tests.support.golden_networks import ALPHABET, golden_text

TEXT = golden_text(20_000, 3)
NETWORK = made.bigram_network(TEXT, ALPHABET)
FIRST_SEEN = list(dict.fromkeys(TEXT))
FREQUENT = sorted(set(TEXT), key=lambda c: (-TEXT.count(c), TEXT.index(c)))


def model_in(folder, order, offset=0, rest=0):
    """A network that knows bigrams, its ids in another order and with blanks around."""
    ids = np.array([ALPHABET.index(character) for character in order])
    arrays = dict(reordered(NETWORK, ids).arrays())
    wide = ((offset, rest), (0, 0))
    arrays["layer1.kernel"] = np.pad(arrays["layer1.kernel"], wide)
    arrays["output.kernel"] = np.pad(arrays["output.kernel"], wide[::-1])
    arrays["output.bias"] = np.pad(arrays["output.bias"], (offset, rest), constant_values=-9)
    return read_model(made.write_npz(folder / "m.npz", arrays)).model


@pytest.mark.parametrize("offset", [0, 1, 2])
@pytest.mark.parametrize(
    ("name", "order"),
    [("sorted", sorted(ALPHABET)), ("first seen", FIRST_SEEN), ("most frequent", FREQUENT)],
)
def test_usual_orders_are_found(tmp_path, name, order, offset):
    choice = choose_alphabet(model_in(tmp_path, order, offset), TEXT, None, 0)
    assert choice.source == name + (f", from id {offset}" if offset else "")
    assert choice.characters == (*[None] * offset, *order)
    assert choice.bits < choice.unigram_bits < choice.next_best_bits
    alphabet = choice.alphabet()
    assert len(set(alphabet)) == len(alphabet) and set(ALPHABET) <= set(alphabet)


def test_ids_behind_the_characters_get_stand_ins(tmp_path):
    choice = choose_alphabet(model_in(tmp_path, sorted(ALPHABET), 1, 2), TEXT, None, 0)
    assert choice.alphabet() == ("\ufffd", *sorted(ALPHABET), "\ue000", "\ue001")


@pytest.mark.parametrize("seed", range(10))
def test_any_other_order_is_refused_with_the_figures(tmp_path, seed):
    order = np.random.default_rng(seed).permutation(list(ALPHABET))
    with pytest.raises(
        RefusedError, match=r"needs \d+\.\d\d bits .* frequencies \d\.\d\d.*--alpha"
    ):
        choose_alphabet(model_in(tmp_path, order), TEXT, None, 0)


def test_a_list_decides_and_is_checked(tmp_path):
    order = list(np.random.default_rng(1).permutation(list(ALPHABET)))
    model = model_in(tmp_path, order, offset=1)
    choice = choose_alphabet(model, TEXT, Vocabulary(tuple(order), "a file"), 0)
    assert choice.characters == (None, *order) and choice.source == "a file, from id 1"
    order[2], order[5] = order[5], order[2]
    with pytest.raises(RefusedError, match="with the order of a file"):
        choose_alphabet(model, TEXT, Vocabulary((None, *order), "a file"), 0)


def test_a_short_text_counts_no_character_twice(tmp_path):
    text = TEXT[:2_000]
    choice = choose_alphabet(model_in(tmp_path, sorted(ALPHABET)), text, None, 0)
    assert 1_500 < choice.checked <= len(text)
    assert set(choice.unverified) >= {letter for letter in ALPHABET if text.count(letter) < 10}


def test_windows_are_read_as_windows(tmp_path):
    choice = choose_alphabet(model_in(tmp_path, sorted(ALPHABET)), TEXT, None, 12)
    assert choice.bits < choice.unigram_bits
    assert 1_000 < choice.checked <= 2_048  # one character a window


def test_rare_characters_are_said_to_be_unverified(tmp_path):
    rare = TEXT.replace("y", "x")
    rare = rare[:9_000] + "y" + rare[9_000:]
    choice = choose_alphabet(model_in(tmp_path, sorted(ALPHABET)), rare, None, 0)
    assert choice.unverified == ("y",)
    assert choice.unverified_share == pytest.approx(1 / len(rare))


def test_unknown_characters_and_too_many_of_them(tmp_path):
    model = model_in(tmp_path, sorted(ALPHABET))
    with pytest.raises(RefusedError, match=r"'%'.*does not list"):
        choose_alphabet(model, TEXT + "%", Vocabulary(tuple(sorted(ALPHABET)), "a file"), 0)
    with pytest.raises(RefusedError, match="10 distinct characters, the model knows 9"):
        choose_alphabet(model, TEXT + "%", None, 0)
    with pytest.raises(RefusedError, match="in lower case it would fit"):
        choose_alphabet(model, TEXT + "A", None, 0)
    with pytest.raises(RefusedError, match="lists 3 ids, the model has 9"):
        choose_alphabet(model, TEXT, Vocabulary(("a", "b", "x"), "a file"), 0)


def test_a_model_of_words_is_told_from_the_bits(tmp_path):
    arrays = made.keras_arrays()
    random = np.random.default_rng(0)
    arrays["layers/lstm/cell/vars/0"] = random.normal(0, 1, (500, 16)).astype(np.float32)
    arrays["layers/dense/vars/0"] = random.normal(0, 1, (3, 500)).astype(np.float32)
    arrays["layers/dense/vars/1"] = np.zeros(500, np.float32)
    layers = made.keras_layers()
    layers[0]["config"]["batch_shape"][-1] = 500
    path = made.write_keras(tmp_path / "m.keras", made.sequential(*layers), arrays)
    with pytest.raises(RefusedError, match=r"500 ids for 9 distinct .* a model of words"):
        choose_alphabet(read_model(path).model, TEXT, None, 0)


def listed(tmp_path, content):
    (tmp_path / "alphabet").write_text(content, encoding="utf-8")
    return read_alphabet_file(tmp_path / "alphabet")[0].characters


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(["[UNK]", "\n", " ", "é", "["]),
        json.dumps({"[": 4, "\n": 1, "[UNK]": 0, "é": 3, " ": 2}),
        "[UNK]\n\\n\n \né\n[\n",
        "[UNK]\n\\n\n\\s\né\n[",
    ],
)
def test_forms_of_a_list(tmp_path, content):
    assert listed(tmp_path, content) == (None, "\n", " ", "é", "[")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("a\n\nb\n", "empty line"),
        ("a\nb\na\n", "two ids"),
        ('["a", 3]', "list of texts"),
        ('{"a": 0, "b": 2}', "every id"),
        ('["a", ', "not JSON"),
        ("the\nof\nand\nto\nin\nis\n", "vocabulary of words"),
        ('["\\ud800"]', "surrogate"),
    ],
)
def test_lists_that_are_none(tmp_path, content, reason):
    with pytest.raises(RefusedError, match=reason):
        listed(tmp_path, content)


@pytest.mark.parametrize("kind", ["StringLookup", "TextVectorization"])
def test_a_keras_model_lists_its_characters(tmp_path, kind):
    arrays = made.keras_arrays(embedding=5)
    options = {"split": "character", "standardize": None} if kind != "StringLookup" else {}
    letters = list("abc\ndefg") if kind == "StringLookup" else list("abc\ndef")
    lookup = made.layer(kind, vocabulary=letters, oov_token="[UNK]", **options)
    layers = [made.layer("InputLayer", batch_shape=[None, None]), lookup]
    config = made.sequential(*layers, *made.keras_layers(embedding=5))
    model = read_model(made.write_keras(tmp_path / "m.keras", config, arrays)).model
    blanks = 1 if kind == "StringLookup" else 2
    assert model.vocabulary.characters == (*[None] * blanks, *letters)
    assert kind in model.vocabulary.source


def test_what_a_keras_layer_adapted_to_stands_beside_the_configuration(tmp_path):
    lookup = made.layer("TextVectorization", vocabulary=None, split="character", standardize=None)
    layers = [made.layer("InputLayer", batch_shape=[None, 1]), lookup]
    config = made.sequential(*layers, *made.keras_layers(embedding=5))
    kept = "\n".join(["", "[UNK]", "a", "b", "\n", "c", "d", "e", " "])
    path = made.write_keras(
        tmp_path / "m.keras",
        config,
        made.keras_arrays(embedding=5),
        extra=[("assets/layers/text_vectorization/vocabulary.txt", kept)],
    )
    found = read_model(path).model.vocabulary.characters
    assert found == (None, None, "a", "b", "\n", "c", "d", "e", " ")


def test_padding_is_never_a_character(tmp_path):
    """With Keras' mask_zero the steps with id 0 are left out: orders from id 0 are not tried."""
    arrays = made.keras_arrays(embedding=5)
    layers = made.keras_layers(embedding=5)
    layers[0]["config"]["mask_zero"] = True
    path = made.write_keras(tmp_path / "m.keras", made.sequential(*layers), arrays)
    with pytest.raises(RefusedError, match="9 distinct characters, the model knows 9"):
        choose_alphabet(read_model(path).model, TEXT, None, 0)

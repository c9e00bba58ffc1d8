"""First weights belong to characters, and an alphabet may change under trained ones."""

import numpy as np
import pytest

from jobs.model.grow import first_weights, regrown
from jobs.model.network import Network, check_shapes, initial_network

SIZES = (5, 4)


def rows(network: Network, alphabet: str, character: str) -> np.ndarray:
    """All that belongs to one character, Glorot's limits taken out."""
    place = alphabet.index(character)
    kernel, output = network.layers[0].kernel, network.output_kernel
    limits = [np.sqrt(6.0 / sum(array.shape)) for array in (kernel, output)]
    return np.concatenate([kernel[place] / limits[0], output[:, place] / limits[1]])


def test_a_character_has_its_weights_wherever_it_stands() -> None:
    one, other = first_weights("abz", SIZES, 7), first_weights("Aabcñz", SIZES, 7)
    for character in "abz":
        np.testing.assert_allclose(
            rows(one, "abz", character), rows(other, "Aabcñz", character), rtol=1e-5
        )
    assert np.abs(rows(one, "abz", "a") - rows(one, "abz", "b")).min() > 0
    for place in (0, 1):
        assert np.array_equal(
            one.layers[place].recurrent_kernel, other.layers[place].recurrent_kernel
        )
    assert np.array_equal(one.layers[1].kernel, other.layers[1].kernel)
    assert not np.array_equal(
        rows(one, "abz", "a"), rows(first_weights("abz", SIZES, 8), "abz", "a")
    )


def test_they_are_drawn_as_keras_draws_them() -> None:
    alphabet = [chr(0x100 + place) for place in range(400)]
    drawn, usual = first_weights(alphabet, (50, 50), 0), initial_network(400, (50, 50), 0)
    check_shapes(drawn)
    for mine, keras in zip(drawn.arrays().values(), usual.arrays().values(), strict=True):
        assert mine.std() == pytest.approx(keras.std(), rel=0.03, abs=1e-6)
        assert abs(mine).max() == pytest.approx(abs(keras).max(), rel=0.15, abs=1e-6)
    assert abs(np.corrcoef(drawn.layers[0].kernel)[np.triu_indices(400, 1)]).mean() < 0.1


def test_known_characters_keep_their_weights() -> None:
    generator = np.random.default_rng(0)
    old = first_weights("abz", SIZES, 1)
    trained = Network(old.layers, old.output_kernel, generator.uniform(-2, 1, 3).astype(np.float32))
    new = regrown(trained, "abz", "aabnz"[1:], 1)  # a, b, n, z
    check_shapes(new)
    places = [0, 1, 3]
    assert np.array_equal(new.layers[0].kernel[places], trained.layers[0].kernel)
    assert np.array_equal(new.output_kernel[:, places], trained.output_kernel)
    assert np.array_equal(new.output_bias[places], trained.output_bias)
    assert new.output_bias[2] == trained.output_bias.min()
    np.testing.assert_allclose(
        rows(new, "abnz", "n"), rows(first_weights("abnz", SIZES, 1), "abnz", "n"), rtol=1e-6
    )
    assert new.layers[1] is trained.layers[1]
    back = regrown(new, "abnz", "az", 1)
    assert np.array_equal(back.output_kernel, trained.output_kernel[:, [0, 2]])

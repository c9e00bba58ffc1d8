"""Likeness of layers against NumPy's own correlation and what the measure must not see."""

import numpy as np

from report.measures.correlation import constant_units, correlations, linear_cka

RANDOM = np.random.default_rng(0)
OLD = RANDOM.normal(size=(400, 4)).astype(np.float32)
NEW = (OLD @ RANDOM.normal(size=(4, 3)) + RANDOM.normal(size=(400, 3))).astype(np.float32)


def test_correlations_are_pearsons():
    expected = np.corrcoef(OLD.T, NEW.T)[:4, 4:]
    np.testing.assert_allclose(correlations(OLD, NEW), expected, atol=1e-6)


def test_a_constant_unit_correlates_with_nothing():
    old = OLD.copy()
    old[:, 2] = 0.25
    assert constant_units(old).tolist() == [False, False, True, False]
    table = correlations(old, NEW)
    assert not table[2].any() and table[0].all()


def test_cka_sees_neither_rotation_nor_scale_but_noise():
    rotation, _ = np.linalg.qr(RANDOM.normal(size=(4, 4)))
    assert abs(linear_cka(OLD, (3 * OLD @ rotation + 1).astype(np.float32)) - 1) < 1e-6
    assert linear_cka(OLD, RANDOM.normal(size=(400, 4)).astype(np.float32)) < 0.1
    assert np.isnan(linear_cka(OLD, np.ones((400, 2), np.float32)))

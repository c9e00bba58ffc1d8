"""Work shared between cores: products on one each, results in order, errors not lost."""

import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from report.measures.parallel import AT_ONCE, one_core_each, side_by_side


def product_threads():
    np.ones((8, 8)) @ np.ones((8, 8))
    return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]


def test_products_take_one_core_while_it_lasts():
    before = product_threads()
    with one_core_each():
        assert set(product_threads()) == {1}
        assert set(side_by_side(lambda _: tuple(product_threads()), range(3))) == {
            (1,) * len(before)
        }
    assert product_threads() == before and before


def test_as_many_work_at_once_as_there_are_cores_and_results_stay_in_order():
    meeting = threading.Barrier(AT_ONCE, timeout=20)  # passes only if all are there together

    def work(number):
        meeting.wait()
        return number * number

    assert side_by_side(work, range(2 * AT_ONCE)) == [number**2 for number in range(2 * AT_ONCE)]


def test_an_error_of_any_item_reaches_the_caller():
    def work(number):
        if number == 2:
            raise ValueError("third")
        return number

    with pytest.raises(ValueError, match="third"):
        side_by_side(work, range(4))

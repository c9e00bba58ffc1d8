import threading

import pytest

from jobs.engine.prefetch import prefetched


def test_the_same_items_in_the_same_order():
    with prefetched(iter(range(50)), 7) as made:
        assert list(made) == list(range(50))
    with prefetched(iter(()), 7) as made:
        assert list(made) == []


def test_made_by_another_thread_before_they_are_asked_for():
    third = threading.Event()
    threads = set()

    def items():
        for number in range(3):
            threads.add(threading.current_thread())
            if number == 2:
                third.set()
            yield number

    with prefetched(items(), 2) as made:
        assert next(made) == 0
        assert third.wait(10), "the third item was not made while the first was in use"
    assert threading.current_thread() not in threads


def test_an_error_comes_where_its_item_would_have_come():
    def items():
        yield 1
        raise OSError("no space")

    with prefetched(items(), 4) as made:
        assert next(made) == 1
        with pytest.raises(OSError, match="no space"):
            next(made)


def test_nothing_more_is_made_after_an_error_of_the_user():
    produced = []

    def items():
        for number in range(1000):
            produced.append(number)
            yield number

    with pytest.raises(RuntimeError), prefetched(items(), 3) as made:
        next(made)
        raise RuntimeError
    assert len(produced) <= 5

"""The run page: its learning curve, and what it says of a flat start."""

from dataclasses import replace

from report.pages.contents import Contents
from report.pages.run import LEFT, RIGHT, WIDTH, learning_curve
from report.pages.run import pages as run_pages
from report.run_view import RunView
from tests.support.tiny_view import tiny_view

UNIGRAM = 4.2


def with_bits(*bits: float, restarted_after: int = 0) -> RunView:
    """A view whose epochs needed so many bits per held-out character."""
    view = tiny_view()
    history = tuple(
        replace(record, held_out_bits=value)
        for record, value in zip(view.history, bits, strict=False)
    )
    evaluation = replace(
        view.evaluation, held_out_bits=min(bits), restarted_after=restarted_after, best_epoch=1
    )
    return replace(view, history=history, evaluation=evaluation)


def page_of(view: RunView) -> str:
    (page,) = run_pages(view, Contents({}, {}))
    return page.data.decode()


def test_flat_epochs_have_a_ground_of_their_own() -> None:
    curve = learning_curve(with_bits(UNIGRAM, UNIGRAM, 3.0, 2.0))
    assert curve.flat == 2
    step = (WIDTH - LEFT - RIGHT) / 3  # four epochs
    assert curve.flat_width == 1.5 * step
    assert learning_curve(with_bits(3.0, UNIGRAM)).flat_width == 0.0
    assert learning_curve(with_bits(UNIGRAM, UNIGRAM)).flat_width == WIDTH - LEFT - RIGHT


def test_the_page_says_that_the_start_was_flat() -> None:
    assert 'class="flat"' not in page_of(with_bits(3.0, 2.0))
    text = page_of(with_bits(UNIGRAM, UNIGRAM, 2.0, restarted_after=2))
    assert 'class="flat"' in text
    assert "The first 2 epochs are flat" in text
    assert "After 2 of them training began anew" in text
    assert "hardly learned" not in text
    text = page_of(with_bits(UNIGRAM, 4.18))
    assert "hardly learned anything" in text
    assert "began anew" not in text


def test_documents_are_counted():
    view = tiny_view()
    card = replace(view.card, documents=1_200, held_out_documents=130)
    page = page_of(replace(view, card=card))
    assert "1,200, of which 130 at the end are held out" in page
    assert "in whole documents are held out" in page
    assert "documents" not in page_of(view).split('id="corpus"')[1].split("</table>")[0]

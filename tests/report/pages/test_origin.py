"""What the pages say of weights that have read the held-out text before."""

from dataclasses import replace

import pytest

from jobs.config.schema import CorpusConfig
from jobs.model.origin import Origin
from report.compare.difference import compare
from report.pages.build import build_pages
from report.pages.diff import diff_page
from report.run_view import RunView
from tests.support.tiny_view import tiny_view

VIEW = tiny_view("<a>plain text</a>\n" * 20)


def texts(view: RunView) -> tuple[str, str]:
    """The run page and the front page."""
    found = {page.path: page for page in build_pages(view)}
    return found["run.md"].text, found["index.md"].text


def test_a_fresh_network_was_never_trained_on_it() -> None:
    run, front = texts(VIEW)
    assert "held-out characters, never trained on." in run
    assert "Where the weights come from" not in run
    assert "earlier runs" not in front


@pytest.mark.parametrize(
    ("origin", "said", "marked"),
    [
        (Origin(warm=True, held_out_read=0.005), "never trained on.", False),
        (Origin(warm=True, held_out_read=0.87), "of which 87 % stand in text that", True),
        (Origin(warm=True, recorded=False), "no record of that was kept.", True),
    ],
)
def test_a_warm_start_says_what_is_known(origin: Origin, said: str, marked: bool) -> None:
    run, front = texts(replace(VIEW, origin=origin))
    assert said in run and ("never trained on" in run) != marked
    assert "Training went on from the weights of the run before." in run
    assert ("partly trained on in earlier runs" in front) == marked


def test_a_new_character_is_named() -> None:
    new = replace(VIEW, origin=Origin(warm=True, gained=("ñ", "\n"), dropped=("z",)))
    run, _ = texts(new)
    assert "2 characters are new to them" in run and "ñ</kbd>" in run
    assert "1 that they knew is not in the text any more." in run
    changes = diff_page(VIEW, new, compare(VIEW, replace(new, sample=VIEW.probe)), ()).text
    assert "The alphabet changed: 2 new, their weights drawn; 1 gone." in changes


def test_blocks_are_not_called_the_end() -> None:
    assert "at the end are held out" in texts(VIEW)[0]
    corpus = CorpusConfig(path="text", hold_out="blocks")
    blocks = replace(VIEW, config=VIEW.config.model_copy(update={"corpus": corpus}))
    assert "in blocks chosen by their hash are held out" in texts(blocks)[0]

import pytest

from report.site.verbatim import LostBlockError, cut, put_back

FIRST = '<section class="verbatim" data-search-exclude>\n<p>*a* <b>1</b></p>\n</section>'
SECOND = '<section class="verbatim n-grid">\n\n    code\n</section>'
PAGE = f"# Title\n\n{FIRST}\n\nwords\n\n{SECOND}\n"


def test_blocks_are_cut_out_whole():
    text, blocks = cut(PAGE)
    assert blocks == (FIRST, SECOND)
    assert 'verbatim"' not in text and "words" in text


def test_a_page_comes_back_as_it_was():
    text, blocks = cut(PAGE)
    assert put_back(text, blocks) == PAGE


def test_a_page_without_blocks_stays():
    assert cut("# Title\n") == ("# Title\n", ())
    assert put_back("<h1>Title</h1>", ()) == "<h1>Title</h1>"


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("<!-- verbatim block 1 -->", ""),
        lambda text: text.replace("<!-- verbatim block 2 -->", "<!-- verbatim block 1 -->"),
        lambda text: text.replace("<!--", "&lt;!--"),
        lambda text: text + "<!-- verbatim block 3 -->",
        lambda text: text + "<!-- verbatim block 2 -->",
    ],
    ids=["gone", "twice", "escaped", "one more", "again"],
)
def test_a_slot_that_is_not_there_exactly_once_is_an_error(change):
    text, blocks = cut(PAGE)
    with pytest.raises(LostBlockError, match="verbatim block"):
        put_back(change(text), blocks)


def test_a_slot_without_a_block_is_an_error():
    with pytest.raises(LostBlockError, match="verbatim block 1"):
        put_back("<p><!-- verbatim block 1 --></p>", ())

"""Words and characters of any script in the site's own search, over http and from the disk."""

import pytest

from tests.support.tiny_view import tiny_view
from tests.system.browser.test_site_pages import search

TEXT = (
    "Жили-были старик со старухой, ёлка.\n春眠不覺曉，處處聞啼鳥。夜來風雨聲\n"
    "السلام عليكم يا أصدقاء، مَرْحَبًا\n東京タワーTower สวัสดี कमल 한국어 😀 naïve e\u0301te\u0301\n"
) * 3

WORDS = [
    "старик", "СТАРИК", "стар", "ёлка", "春眠", "啼鳥", "處處聞啼鳥。", "السلام", "مَرْحَبًا", "タワー",
    "tower", "สวัสดี", "คำ สวัสดี", "कमल", "한국어", "naïve", "été",
]  # fmt: skip
CHARACTERS = ["ж", "春", "ا", "َ", "ส", "क", "한", "😀", "タ", "ï"]
ABSENT = ["дедушка", "龍", "مدرسة"]


@pytest.fixture(scope="module")
def written(serve):
    return serve(tiny_view(text=TEXT, sizes=(2, 1), probe_characters=400), "scripts")


@pytest.fixture(params=["http", "disk"])
def front_page(request, written, open_page):
    there = written.address if request.param == "http" else f"{written.folder.as_uri()}/"
    return open_page(f"{there}index.html")


def names(found):
    return {address.rsplit("/", 1)[-1] for address in found}


def test_a_word_of_the_sample_leads_to_the_sample(front_page):
    for word in WORDS:
        assert search(front_page, word)[0].endswith("sample.html"), word


def test_a_character_leads_to_the_alphabet(front_page):
    for character in CHARACTERS:
        assert "run.html" in names(search(front_page, character)), character


def test_what_is_nowhere_is_not_found(front_page):
    for word in ABSENT:
        assert search(front_page, word, found=False) == [], word


def test_pasted_text_is_looked_up(written, open_page):
    page = open_page(written.address + "index.html")
    page.locator("[data-md-component=search-query]").click()
    page.keyboard.insert_text("старик")
    page.locator("[data-md-component=search-result] a").first.wait_for()


def test_a_result_from_the_disk_leads_to_its_page(written, open_page):
    page = open_page(f"{written.folder.as_uri()}/neurons/l1/n0.html")
    assert search(page, "старик")[0].endswith("sample.html")
    page.locator("[data-md-component=search-result] a", has_text="Words").first.click()
    page.wait_for_url("file://**/sample.html?h=*#words")
    page.locator("article mark", has_text="старик").first.wait_for()

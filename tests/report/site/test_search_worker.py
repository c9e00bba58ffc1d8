"""The theme's search: its known fault is in the shipped worker once, and mended there."""

from pathlib import Path

import material

from report.site.search_worker import NAME, WORKERS, mend_search, mended_worker


def shipped():
    (worker,) = (Path(material.__file__).parent / "templates").glob(WORKERS)
    return worker.read_text(encoding="utf-8")


def test_the_shipped_worker_has_the_fault_once_where_token_sets_are_named():
    text = shipped()
    (found,) = NAME.finditer(text)
    assert text[: found.start()].rindex("TokenSet.prototype.toString") > found.start() - 250


def test_a_site_is_mended_once(tmp_path):
    path = tmp_path / "assets" / "javascripts" / "workers" / "search.0.min.js"
    path.parent.mkdir(parents=True)
    path.write_text(shipped(), encoding="utf-8")
    assert mend_search(tmp_path) == 1
    assert '.id+","}' in path.read_text(encoding="utf-8")
    assert mend_search(tmp_path) == 0


def test_names_are_unambiguous_after_it():
    text, count = mended_worker("for(;;){e=e+s+o.id}return e}")
    assert (text, count) == ('for(;;){e=e+s+o.id+","}return e}', 1)

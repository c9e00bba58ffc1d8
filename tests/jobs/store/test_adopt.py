import shutil

from jobs.errors import ExitCode
from jobs.store.adopt import adopt_run, collect_store, pack_run, unpack_run
from jobs.store.check import check_store
from jobs.store.run_names import open_run
from jobs.store.store import commit_run, newest_run, run_ids, with_pages
from tests.support.store_at import add_run, code_of
from tests.support.tiny_run import PAGES, tiny_content, tiny_inputs


def test_a_run_comes_over_with_the_next_number_and_the_same_content(tmp_path):
    add_run(tmp_path / "a")
    other = add_run(tmp_path / "b", seed=1)
    taken = adopt_run(tmp_path / "a", other)
    assert taken.id == f"000002-{other.id[7:]}"
    assert taken.manifest.parent == run_ids(tmp_path / "a")[0]
    assert taken.manifest.content_id == other.manifest.content_id
    assert taken.content().config == other.config
    assert newest_run(tmp_path / "a") == taken.id
    assert check_store(tmp_path / "a") == []


def test_no_content_comes_twice(tmp_path):
    add_run(tmp_path / "a")
    assert adopt_run(tmp_path / "a", add_run(tmp_path / "b")) is None
    assert len(run_ids(tmp_path / "a")) == 1


def test_a_damaged_run_is_replaced_by_a_whole_one(tmp_path):
    damaged = add_run(tmp_path / "a")
    (damaged.folder / "weights.npz").write_bytes(b"")
    assert adopt_run(tmp_path / "a", add_run(tmp_path / "b")).id.startswith("000002")


def test_damage_is_not_taken_over_and_leaves_nothing(tmp_path):
    run = add_run(tmp_path / "b")
    path = run.folder / "probe.npz"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    code, message = code_of(lambda: adopt_run(tmp_path / "a", run))
    assert code == ExitCode.BAD_DATA and "probe.npz" in message
    assert run_ids(tmp_path / "a") == [] and not list((tmp_path / "a").glob("work/*"))


def test_where_a_run_was_rendered_from_stays_known(tmp_path):
    source = add_run(tmp_path / "b")
    again = with_pages(
        tmp_path / "b", source, {"index.md": b"new\n"}, tiny_inputs(templates="ef" * 32)
    )
    add_run(tmp_path / "a", seed=3)
    assert adopt_run(tmp_path / "a", again).manifest.rendered_from is None  # not here yet
    shutil.rmtree(tmp_path / "a")
    first = adopt_run(tmp_path / "a", source)
    assert adopt_run(tmp_path / "a", again).manifest.rendered_from == first.id


def test_collecting_names_what_it_refuses_and_takes_the_rest(tmp_path):
    add_run(tmp_path / "b")
    bad = add_run(tmp_path / "b", seed=1)
    (bad.folder / "sample.npz").write_bytes(b"short")
    add_run(tmp_path / "b", seed=2)
    found = collect_store(tmp_path / "a", tmp_path / "b")
    assert (found.taken, found.known) == (2, 0)
    assert len(found.refused) == 1 and bad.id in found.refused[0]
    again = collect_store(tmp_path / "a", tmp_path / "b")
    assert (again.taken, again.known) == (0, 2)
    assert check_store(tmp_path / "a") == []


def test_a_run_that_is_sent_is_the_same_on_the_other_side(tmp_path):
    run = add_run(tmp_path / "b")
    there = unpack_run(tmp_path / "a", pack_run(run))
    assert there.manifest == run.manifest
    assert there.content().network.arrays().keys() == run.network.arrays().keys()
    assert check_store(tmp_path / "a") == []


def test_a_run_that_was_damaged_on_its_way_is_refused(tmp_path):
    files = pack_run(add_run(tmp_path / "b"))
    cases = (
        {**files, "sample.txt": b"other"},
        {**files, "more.txt": b"x"},
        {name: data for name, data in files.items() if name != "weights.npz"},
        {name: data for name, data in files.items() if name != "MANIFEST.json"},
    )
    for changed in cases:
        code, _ = code_of(lambda changed=changed: unpack_run(tmp_path / "a", changed))
        assert code == ExitCode.BAD_DATA
        assert run_ids(tmp_path / "a") == []


def test_a_run_with_other_settings_of_the_report_is_another_run(tmp_path):
    add_run(tmp_path / "a")
    other = commit_run(tmp_path / "b", tiny_content(), PAGES, tiny_inputs(templates="ef" * 32))
    taken = adopt_run(tmp_path / "a", other)  # equal bytes, yet found by another key
    assert open_run(tmp_path / "a", taken.id).manifest.keys.report == other.manifest.keys.report

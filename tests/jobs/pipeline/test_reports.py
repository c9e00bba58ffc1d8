"""The door to the report: what it tells a job of pages, sites and differences."""

from dataclasses import replace

import report.resources
from jobs.config.schema import ConceptConfig, ReportConfig
from jobs.disk.mark import digests, write_mark
from jobs.errors import ExitCode
from jobs.pipeline.reports import (
    PUBLISHED,
    concept_count,
    diff_runs,
    is_published,
    report_digest,
    write_report,
)
from tests.support.store_at import add_run, code_of


def test_a_changed_template_changes_the_digest(tmp_path, monkeypatch):
    here = replace(report.resources.resources(), templates=tmp_path)
    monkeypatch.setattr(report.resources, "resources", lambda: here)
    before = report_digest()
    (tmp_path / "new.md.j2").write_text("x")
    assert report_digest() != before


def test_a_site_is_published_if_it_is_whole_and_of_this_run(place, tmp_path):
    run, site = add_run(place), tmp_path / "site"
    assert not is_published(run, site)
    path = site / PUBLISHED
    path.parent.mkdir(parents=True)
    path.write_text(f"{run.manifest.content_id}\n")
    write_mark(site, digests(site, [PUBLISHED]), complete=False)
    assert not is_published(run, site)
    write_mark(site, digests(site, [PUBLISHED]))
    assert is_published(run, site)
    assert not is_published(add_run(place, 1), site)


def test_two_concepts_of_one_name_are_refused():
    own = ConceptConfig(name="my own", pattern="x")
    assert concept_count(ReportConfig(concepts=(own,))) == concept_count(ReportConfig()) + 1
    twice = ReportConfig(concepts=(own.model_copy(update={"name": "digit"}),))
    assert code_of(lambda: concept_count(twice))[0] == ExitCode.BAD_CONFIG


def test_the_first_run_is_compared_with_nothing(place, tmp_path):
    add_run(place)
    assert code_of(lambda: diff_runs(place, "previous", "latest", "text"))[0] == ExitCode.NO_INPUT
    gate = tmp_path / "gate.yml"
    for rule, broken in (("pass", 0), ("fail", 1)):
        gate.write_text(f"missing_baseline: {rule}\n")
        answer = diff_runs(place, "previous", "latest", "text", gate)
        assert (answer.text, answer.equal, len(answer.broken_limits)) == ("", True, broken)
        assert "no run to compare with" in answer.step_summary


def test_a_report_is_not_written_into_the_store(place):
    add_run(place)
    code, message = code_of(lambda: write_report(place, "latest", place / "pages"))
    assert code == ExitCode.CANNOT_CREATE and "the store" in message
    assert not (place / "pages").exists()

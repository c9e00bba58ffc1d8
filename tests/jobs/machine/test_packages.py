from datetime import date

import pytest
from click.testing import CliRunner

import jobs.cli.main
from jobs.errors import NeuronarioError
from jobs.machine.packages import SITE, check_packages, material_notice, requirement


def test_a_package_of_an_extra_is_named_with_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["zensical<0.1,>=0.0.73; extra == 'builders'", "mkdocs>=2; extra == 'x'", "mkdocs<2"]
    monkeypatch.setattr("jobs.machine.packages.requires", lambda name: lines)
    assert requirement("zensical") == "zensical<0.1,>=0.0.73"
    assert requirement("mkdocs") == "mkdocs<2"
    assert requirement("properdocs") == "properdocs"


@pytest.mark.parametrize("builder", SITE)
def test_every_builder_is_asked_for_by_its_own_packages(
    builder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.machine.packages.find_spec", lambda name: None)
    with pytest.raises(NeuronarioError, match=f"{builder} is not installed"):
        check_packages(SITE[builder])


def test_the_last_day_of_the_theme_is_announced() -> None:
    assert material_notice(date(2027, 1, 31)) == ""
    for day in (date(2027, 2, 1), date(2027, 5, 5)):
        assert "is maintained until 2027-05-05" in material_notice(day)
    late = material_notice(date(2027, 5, 6))
    assert "has not been maintained since 2027-05-05" in late and "site.builder" in late


@pytest.mark.parametrize(("day", "lines"), [(date(2027, 1, 31), 0), (date(2027, 2, 1), 1)])
def test_doctor_says_so_in_time(day: date, lines: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.cli.config_commands.today", lambda: day)
    answer = CliRunner().invoke(jobs.cli.main.cli, ["doctor"])
    assert answer.exit_code == 0
    assert answer.output.count("warning: the theme MkDocs Material") == lines

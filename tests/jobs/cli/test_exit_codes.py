import click
import pytest

from jobs.cli.exit_codes import MEANING, OF_VERB, exit_codes
from jobs.cli.main import cli
from jobs.errors import ExitCode
from tests.support.places import ROOT


def verbs(group, before=""):
    for name, command in group.commands.items():
        yield f"{before}{name}", command
        if isinstance(command, click.Group):
            yield from verbs(command, f"{before}{name} ")


VERBS = dict(verbs(cli))


@pytest.mark.parametrize("verb", VERBS)
def test_each_help_names_the_exit_codes_of_its_verb(verb):
    assert verb in OF_VERB, "add the verb to the table"
    text = VERBS[verb].get_help(click.Context(VERBS[verb]))
    assert "Exit codes: 0 done" in text
    for code in OF_VERB[verb]:
        assert f"{code} {MEANING[ExitCode(code)].split()[0]}" in " ".join(text.split())


def test_the_table_has_no_other_verbs():
    assert OF_VERB.keys() == VERBS.keys()


def test_every_code_has_a_meaning_and_stands_in_the_readme():
    assert set(MEANING) == set(ExitCode) - {ExitCode.BUG}
    readme = (ROOT / "README.md").read_text()
    assert all(str(int(code)) in readme for code in ExitCode)


def test_the_paragraph():
    assert exit_codes((75,)).startswith("Exit codes: 0 done, or nothing to do; 2 wrong usage; 74 ")

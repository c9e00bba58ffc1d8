"""Every number with a fraction, of the configuration and of the command line, at its extremes."""

import struct

import click
import pytest
import yaml

from jobs.cli.main import cli
from jobs.cli.options import FiniteFloat
from jobs.config.file import config_problems, load_config
from jobs.config.problems import SCHEMA

REFUSED = [".nan", ".inf", "-.inf", "-1.0", "-1e-46", "5e-324", "1e-46", "1e39", "1.7e308"]


def sections():
    for section, schema in SCHEMA["properties"].items():
        part = SCHEMA["$defs"].get(schema.get("$ref", "").rsplit("/", 1)[-1], {})
        for key, value in part.get("properties", {}).items():
            if value.get("type") == "number":
                yield f"{section}.{key}", value


KEYS = dict(sections())


def configured(tmp_path, key, value):
    section, name = key.split(".")
    plain = {"corpus": {"builtin": "xml"}}
    plain.setdefault(section, {})[name] = "VALUE"
    path = tmp_path / "n.yml"
    path.write_text(yaml.safe_dump(plain).replace("VALUE", value))
    return path


def test_the_keys_are_found():
    known = {"corpus.held_out", "training.learning_rate", "training.l1", "sample.temperature"}
    assert known <= KEYS.keys()


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("value", REFUSED)
def test_what_no_computation_stands_is_refused(tmp_path, key, value):
    if KEYS[key].get("minimum") == 0 and value in ("5e-324", "1e-46") and "min_mean" in key:
        return  # a threshold is compared, never computed with
    problems = config_problems(configured(tmp_path, key, value))
    assert len(problems) == 1, f"{key}: {value} is accepted"
    assert key in str(problems[0])


@pytest.mark.parametrize("key", KEYS)
def test_the_bounds_themselves_are_numbers_of_float32(tmp_path, key):
    schema = KEYS[key]
    bounds = [schema[name] for name in ("minimum", "maximum") if name in schema]
    assert len(bounds) + ("exclusiveMaximum" in schema) == 2, "bounded on both sides"
    for bound in bounds:
        single = struct.unpack("f", struct.pack("f", bound))[0]
        assert single == pytest.approx(bound, rel=1e-6)
        load_config(configured(tmp_path, key, repr(float(bound))))


def float_options(command, before=""):
    for parameter in command.params:
        if isinstance(parameter.type, (click.types.FloatParamType, click.FloatRange)):
            yield f"{before}{command.name} --{parameter.name}", parameter.type
    for inner in getattr(command, "commands", {}).values():
        yield from float_options(inner, f"{before}{command.name} ")


OPTIONS = dict(float_options(cli))


def test_the_options_are_found():
    assert "cli sample --temperature" in OPTIONS


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("value", [text.replace(".", "", 1) for text in REFUSED[:3]] + REFUSED[3:])
def test_options_refuse_the_same(option, value):
    assert isinstance(OPTIONS[option], FiniteFloat)
    with pytest.raises(click.BadParameter, match="is not in the range"):
        OPTIONS[option].convert(value, None, None)

"""Stage keys, content ids, and the manifest's guard against damage."""

import json

import pytest
from pydantic import ValidationError

from jobs.config.schema import ReportConfig, SampleConfig, TrainingConfig
from jobs.store.manifest import (
    ManifestError,
    Output,
    content_id,
    digest,
    explain_difference,
    folder_digest,
    manifest_text,
    parse_manifest,
    stage_inputs,
    stage_keys,
)
from jobs.store.store import commit_run
from tests.support.tiny_run import PAGES, RUNTIME, tiny_card, tiny_config, tiny_content, tiny_inputs


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    run = commit_run(tmp_path_factory.mktemp("s") / "s", tiny_content(), PAGES, tiny_inputs())
    return (run.folder / "MANIFEST.json").read_bytes()


def changed(**update: object) -> tuple[str, ...]:
    """Stages whose key changes with ``update`` of the configuration."""
    config = tiny_config().model_copy(update=update)
    old, new = (
        stage_keys(stage_inputs(one, tiny_card(), RUNTIME, "cd" * 32))
        for one in (tiny_config(), config)
    )
    return tuple(
        stage
        for stage in ("train", "trace", "report")
        if getattr(old, stage) != getattr(new, stage)
    )


def test_each_stage_depends_on_what_it_reads_and_no_more() -> None:
    assert changed(training=TrainingConfig(epochs=21)) == ("train", "trace", "report")
    assert changed(seed=1) == ("train", "trace", "report")
    assert changed(sample=SampleConfig(characters=13)) == ("trace", "report")
    assert changed(report=ReportConfig(alignment="predict")) == ("report",)
    for harmless in ("store", "retention"):
        section = getattr(tiny_config(), harmless)
        assert changed(**{harmless: section.model_copy()}) == ()
    directory = tiny_config().site.model_copy(update={"directory": "elsewhere"})
    assert changed(site=directory) == ()


def test_keys_that_came_later_change_nothing_where_they_say_nothing() -> None:
    """Runs of a version without ``network.from`` keep their keys: nothing is trained again."""
    assert tiny_inputs().train["network"] == {"layers": [3, 2]}
    assert tiny_config().stored()["network"] == {"layers": [3, 2]}


def test_an_imported_model_counts_by_its_bytes_and_how_it_reads() -> None:
    def key(sha256: str, **training: object) -> str:
        config = tiny_config().model_copy(update={"training": TrainingConfig(**training)})
        imported = {"from": {"file": "m.pt", "sha256": sha256}}
        return stage_keys(stage_inputs(config, tiny_card(), RUNTIME, "cd" * 32, imported)).train

    assert key("a") == key("a", epochs=99)  # nothing was trained here
    assert len({key("a"), key("b"), key("a", regime="window")}) == 3


def test_the_path_of_the_corpus_is_no_input_but_its_text_is() -> None:
    corpus = tiny_config().corpus.model_copy(update={"path": "/elsewhere/text.xml"})
    assert changed(corpus=corpus) == ()
    assert "elsewhere" not in str(
        stage_inputs(
            tiny_config().model_copy(update={"corpus": corpus}), tiny_card(), RUNTIME, "cd" * 32
        )
    )


def test_differences_are_named_field_by_field() -> None:
    config = tiny_config().model_copy(
        update={"training": TrainingConfig(epochs=40), "report": ReportConfig(language="es")}
    )
    new = stage_inputs(config, tiny_card(), RUNTIME, "ef" * 32)
    assert explain_difference(tiny_inputs(), new) == [
        "training.epochs: 20 -> 40 (train again)",
        'report.language: "en" -> "es" (report again)',
        'templates.sha256: "cdcdcdcdcdcd..." -> "efefefefefef..." (report again)',
    ]
    assert explain_difference(new, new) == []


def test_a_field_that_is_new_is_named_too() -> None:
    old = tiny_inputs()
    new = old.model_copy(update={"trace": {**old.trace, "extra": True}})
    assert explain_difference(old, new) == ["extra: absent -> true (trace again)"]


def test_content_id_ignores_order_and_feels_every_field() -> None:
    first = Output(path="a", bytes=1, sha256="0" * 64)
    second = Output(path="b", bytes=1, sha256="1" * 64)
    assert content_id([first, second]) == content_id([second, first])
    for update in ({"path": "c"}, {"bytes": 2}, {"sha256": "2" * 64}):
        assert content_id([first.model_copy(update=update), second]) != content_id([first, second])


def test_folder_digest_feels_names_and_contents(tmp_path) -> None:
    (tmp_path / "a.md").write_text("x")
    one = folder_digest(tmp_path)
    (tmp_path / "a.md").rename(tmp_path / "b.md")
    two = folder_digest(tmp_path)
    (tmp_path / "b.md").write_text("y")
    assert len({one, two, folder_digest(tmp_path)}) == 3


def test_a_manifest_survives_the_round_trip(written: bytes) -> None:
    assert manifest_text(parse_manifest(written)).encode() == written


def test_every_flipped_byte_is_found(written: bytes) -> None:
    for position in range(len(written)):
        for bit in (0x01, 0x20):
            damaged = bytearray(written)
            damaged[position] ^= bit
            with pytest.raises(ManifestError):
                parse_manifest(bytes(damaged))


def test_every_truncation_is_found(written: bytes) -> None:
    for length in range(len(written)):
        with pytest.raises(ManifestError):
            parse_manifest(written[:length])


def resealed(written: bytes, **update: object) -> bytes:
    """The manifest with other values and a digest that fits them: damage by a forger."""
    plain = {**json.loads(written), **update}
    plain.pop("manifest_sha256")
    text = json.dumps(
        {**plain, "manifest_sha256": digest(plain)}, indent=1, sort_keys=True, ensure_ascii=True
    )
    return f"{text}\n".encode()


@pytest.mark.parametrize(
    "update",
    [
        {"run": "../../etc"},
        {"run": "000001-2930f704\n"},
        {"seq": 1},
        {"status": "fine"},
        {"outputs": [{"path": "../x", "bytes": 1, "sha256": "0" * 64}]},
        {"outputs": [{"path": "/etc/passwd", "bytes": 1, "sha256": "0" * 64}]},
        {"outputs": [{"path": "a", "bytes": "1", "sha256": "0" * 64}]},
        {"outputs": [{"path": "a", "bytes": -1, "sha256": "0" * 64}]},
        {"outputs": "many"},
        {"keys": {}},
        {"results": []},
        {"parent": 3},
    ],
)
def test_a_forged_manifest_is_refused_by_its_types(written: bytes, update: dict) -> None:
    parse_manifest(resealed(written))  # the seal itself is good
    with pytest.raises(ManifestError):
        parse_manifest(resealed(written, **update))


def test_a_newer_schema_is_refused_by_name(written: bytes) -> None:
    with pytest.raises(ManifestError, match=r"newer neuronario \(schema 2, this one reads 1\)"):
        parse_manifest(resealed(written, schema=2))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"a":' * 5_000,
        b"\xff",
        b'{"schema": NaN}',
        b'{"schema": 1, "schema": 1}',
        b'{"schema": ' + b"9" * 5_000 + b"}",
        b'"' + b"x" * 10_000_000 + b'"',
        '{"schema": 1, "run": "\ud800"}'.encode("utf-8", "surrogatepass"),
        b'{"schema": 1, "run": "\\ud800"}',
        b'{"schema": 1, "x": 1e999}',
    ],
    ids=range(14),
)
def test_what_is_no_manifest_is_one_error(data: bytes) -> None:
    with pytest.raises(ManifestError):
        parse_manifest(data)


@pytest.mark.parametrize("path", ["", "..", "a/../b", "/a", ".hidden", "a//b", "a\n", "-a", "a\0b"])
def test_no_output_leads_out_of_its_run(path: str) -> None:
    with pytest.raises(ValidationError):
        Output(path=path, bytes=0, sha256="0" * 64)

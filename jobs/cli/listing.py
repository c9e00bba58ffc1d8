"""What ``list`` and ``show`` print: plain text for people, JSON for programs."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from jobs.printable import quoted
from jobs.store.run import Run
from jobs.store.store import RunRow, finished_at

SAMPLE_SHOWN = 200  # characters of the sampled text in `show`


def listing_text(rows: Sequence[RunRow], *, as_json: bool) -> str:
    """One line per run, oldest first; an empty store gives one line that says so."""
    if as_json:
        return json.dumps([asdict(row) for row in rows], indent=1, sort_keys=True) + "\n"
    if not rows:
        return "no runs yet; `neuronario run` makes one\n"
    lines = [
        f"{'run':<16}{'finished (UTC)':<22}{'bits/character':>14}{'characters':>13}{'MB':>8}"
        "  corpus"
    ]
    lines += [_row_text(row) for row in rows]
    return "\n".join(lines) + "\n"


def run_text(run: Run, *, as_json: bool) -> str:
    """Settings, corpus, results and the head of the sampled text of one run."""
    facts = _facts(run)
    if as_json:
        return json.dumps(facts, indent=1, sort_keys=True) + "\n"
    width = max(map(len, facts)) + 2
    return "".join(f"{name:<{width}}{_plain(value)}\n" for name, value in facts.items())


def _row_text(row: RunRow) -> str:
    if row.status.startswith("broken"):
        return f"{row.run:<16}{row.status}"
    bits = "-" if row.held_out_bits is None else f"{row.held_out_bits:.3f}"
    return (
        f"{row.run:<16}{row.finished:<22}{bits:>14}{row.characters:>13,}{row.bytes / 1e6:>8.1f}"
        f"  {row.corpus}{_marks(row)}"
    )


def _marks(row: RunRow) -> str:
    marks = [*([] if row.status == "ok" else [row.status]), *row.references]
    if row.swept or row.sweep:  # its seed tells the runs of a sweep apart
        marks.append(f"sweep {row.sweep}".rstrip() + f", seed {row.seed}" * (row.seed is not None))
    return f" [{', '.join(marks)}]" if marks else ""


def _facts(run: Run) -> dict[str, Any]:
    config, card, manifest = run.config, run.card, run.manifest
    facts: dict[str, Any] = {
        "run": run.id,
        "status": manifest.status,
        "finished": finished_at(run),
        "parent": manifest.parent,
        "content id": manifest.content_id,
        "corpus": card.name,
        "corpus characters": card.characters,
        "corpus alphabet": len(card.alphabet),
        "corpus sha256": card.sha256,
        "layers": list(config.network.layers),
        "regime": config.training.regime,
        "epochs": len(run.history),
        "seed": config.seed,
    }
    if manifest.status == "failed":
        return facts | {"reason": manifest.reason}
    evaluation = run.evaluation
    facts |= {
        "held-out bits per character": round(evaluation.held_out_bits, 4),
        "held-out characters": evaluation.held_out_characters,
        "unigram bits per character": round(evaluation.unigram_bits, 4),
        "best epoch": evaluation.best_epoch,
    }
    if card.entropy is not None:
        facts["entropy of the corpus"] = round(card.entropy, 4)
    if manifest.status == "ok":
        text = run.read_bytes("sample.txt").decode("utf-8")
        facts["sampled text"] = quoted(text, SAMPLE_SHOWN)
    return facts


def _plain(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) and value > 9_999 else str(value)

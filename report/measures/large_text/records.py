"""The result of a large text, as files: a summary, a line for each unit, exact sums as arrays."""

import json
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

import numpy as np

from jobs.disk.files import json_text, npy_bytes
from jobs.model.network import Array
from jobs.model.trace import Trace
from report.measures.large_text.extremes import NOWHERE, choose
from report.measures.large_text.scores import (
    correlation,
    f1,
    mean,
    share_told,
    with_interval,
)
from report.measures.large_text.total import SEAM, Total
from report.measures.records import rounded
from report.measures.unit import UnitMeasures
from report.run_view import Unit

SUMMARY, UNITS = "measures.json", "units.jsonl"
Record = dict[str, Any]
Around = Callable[[int], str]

FIELDS = {
    "unit": "its name on the site",
    "mean, standard_deviation, minimum, maximum": "of the hidden state after each character",
    "mean_absolute": "mean of |h|",
    "saturated": "share of characters with |h| > 0.9",
    "explained_by_character": "share of the variance between the means at each character",
    "probe": "mean and standard deviation on the run's probe",
    "sentence.r2": "share of the state's variance that the run's printed sentence tells here; "
    "nothing is fitted on this text, so that a sentence that tells nothing has 0 or less",
    "sentence.interval, label.interval": "95 %, bootstrap over blocks of the text; null where it "
    "is too short",
    "sentence.correlation": "of the state and of what the sentence says",
    "sentence.probe": "R2 and interval on half B of the probe, as the site shows them",
    "label.score": "F1 of a yes/no concept with the stored threshold; of a number the correlation "
    "with the state",
    "label.strength": "correlation of state and concept, times the label's sign",
    "label.prevalence": "share of characters on which the concept holds",
    "label.probe": "score and interval on the probe, as the site shows them",
    "high, low": "places where the unit is highest and lowest: place in the text from 0, state, "
    "text around it; never twice the same text",
}
ARRAYS = {
    "characters": "(V,) how often each character occurs",
    "histograms": "(U, 40) counts of the states in equal bins over [-1, 1]",
    "by_character": "(V, U) sum of the states at each character",
    "sums": "(U, 2) sum of the states and of their squares",
    "labels": "(U, 5) sums of concept, its square, concept times state; of a yes/no concept also "
    "how often the unit says yes, and how often it is right then",
    "sentences": "(U, 3) sums of what the sentence says, its square, its product with the state",
    "blocks": "(B, 3) by stretch of the text: characters, bits, predicted characters",
}


def unit_records(
    total: Total, units: Sequence[UnitMeasures], probe: Trace, around: Around, seed: int
) -> list[Record]:
    """One record per unit, by layer and index."""
    rows = total.blocks["rows"]
    moments = _moments(total)
    sentences = _sentences(total, rows, seed)
    labels = _labels(total, rows, seed)
    places = {
        name: choose(*total.places[name], around, sign) for name, sign in (("high", 1), ("low", -1))
    }
    on_probe = np.concatenate(
        [[layer.hidden.mean(0), layer.hidden.std(0)] for layer in probe.layers], 1
    )
    records = []
    for number, unit in enumerate(units):
        record: Record = {
            "unit": Unit(unit.layer, unit.index).name,
            **{name: float(values[number]) for name, values in moments.items()},
            "probe": {
                "mean": float(on_probe[0, number]),
                "standard_deviation": float(on_probe[1, number]),
            },
            "sentence": sentences(number, unit),
            "label": labels(number, unit),
        }
        for name, (found, states) in places.items():
            record[name] = [
                {"place": int(place), "state": float(state), "text": around(int(place))}
                for place, state in zip(found[number], states[number], strict=True)
                if place != NOWHERE
            ]
        records.append(rounded(record))
    return records


def result_files(
    total: Total, records: Sequence[Record], about: Mapping[str, Any], seed: int
) -> dict[str, bytes]:
    """File name to content; ``about`` says what was read, and how."""
    blocks = np.stack([total.blocks[name] for name in ("rows", "bits", "predicted")], 1)
    value, limits = with_interval(blocks[:, 1:], mean, seed)
    arrays: dict[str, np.ndarray] = {
        "characters": total.sums["characters"],
        "histograms": total.sums["histogram"],
        "by_character": total.sums["by character"],
        "sums": total.blocks["sums"].sum(0),
        "labels": total.blocks["labels"].sum(0),
        "blocks": blocks,
    }
    meanings = dict(ARRAYS)
    if "sentences" in total.blocks:
        arrays["sentences"] = total.blocks["sentences"].sum(0)
    for number in range(1, len(total.questions.network.sizes) + 1):
        name = f"layer{number}.products"
        arrays[name] = total.sums[name]
        meanings[name] = "(H, H) sums of the products of the states of two units"
    summary = {
        **about,
        "bits": {
            "per_character": float(value),
            "interval": _pair(limits),
            "predicted": int(total.blocks["predicted"].sum()),
        },
        "seams": {
            "count": total.seams.count,
            "largest_difference": total.seams.largest,
            f"wider_than_{SEAM}": total.seams.wide,
        },
        "layers": _layers(total.questions.network.sizes, records),
        "fields": FIELDS,
        "arrays": {
            name: {"dtype": array.dtype.name, "shape": list(array.shape), "meaning": meanings[name]}
            for name, array in arrays.items()
        },
    }
    lines = [json.dumps(one, sort_keys=True, allow_nan=False) for one in records]
    files = {f"{name}.npy": npy_bytes(array) for name, array in arrays.items()}
    return {
        SUMMARY: json_text(rounded(summary)).encode("ascii"),
        UNITS: "".join(f"{line}\n" for line in lines).encode("ascii"),
        **files,
    }


def _moments(total: Total) -> dict[str, Array]:
    n = float(total.blocks["rows"].sum())
    sums = total.blocks["sums"].sum(0)
    means, counts = sums[:, 0] / n, np.maximum(total.sums["characters"], 1)[:, None]
    variance = np.maximum(sums[:, 1] / n - means**2, 0.0)
    by_character = total.sums["by character"] / counts
    present = total.sums["characters"][:, None]
    between = (present * (by_character - means) ** 2).sum(0) / n
    return {
        "mean": means,
        "standard_deviation": np.sqrt(variance),
        "minimum": total.sums["minimum"],
        "maximum": total.sums["maximum"],
        "mean_absolute": total.sums["absolute"] / n,
        "saturated": total.sums["saturated"] / n,
        "explained_by_character": between / np.maximum(variance, 1e-12),
    }


def _columns(rows: Array, *values: Array) -> Array:
    """(B, U, K) the characters of each block, and ``values`` (B, U, ...) side by side."""
    blocks, units = values[0].shape[:2]
    counts = np.broadcast_to(rows[:, None, None], (blocks, units, 1))
    return np.concatenate([counts, *values], 2)


def _sentences(
    total: Total, rows: Array, seed: int
) -> Callable[[int, UnitMeasures], Record | None]:
    said = total.questions.sentences
    if said is None:
        return lambda number, unit: None
    sums = _columns(rows, total.blocks["sums"], total.blocks["sentences"])
    scores, limits = with_interval(sums, share_told, seed)
    correlations = correlation(sums.sum(0))

    def of(number: int, unit: UnitMeasures) -> Record | None:
        stored = unit.explanation
        if said.printed[number] is None or stored is None:
            return None
        constant = stored.sentence.form == "constant"
        return {
            "text": stored.sentence.text,
            "r2": None if constant else float(scores[number]),
            "interval": None if constant else _pair(limits, number),
            "correlation": None if constant else float(correlations[number]),
            "probe": {"r2": stored.score.r2, "interval": list(stored.score.interval)},
        }

    return of


def _labels(total: Total, rows: Array, seed: int) -> Callable[[int, UnitMeasures], Record | None]:
    asked = total.questions.labels
    states, own = total.blocks["sums"], total.blocks["labels"]
    sums = _columns(rows, states, own[:, :, :3])  # n, h, h2, y, y2, hy
    strengths, strength_limits = with_interval(sums, correlation, seed)
    answers = own[:, :, [3, 0, 4]]
    f1s, f1_limits = with_interval(answers, f1, seed)
    whole = answers.sum(0)

    def of(number: int, unit: UnitMeasures) -> Record | None:
        question, stored = asked[number], unit.label
        if question is None:
            return None
        yes_no = question.threshold is not None
        strength = float(strengths[number]) * question.sign
        signed = sorted(question.sign * one for one in _pair(strength_limits, number) or ())
        record: Record = {
            "concept": stored.concept,
            "verdict": stored.verdict,
            "score": float(f1s[number]) if yes_no else strength,
            "interval": _pair(f1_limits, number) if yes_no else signed or None,
            "strength": strength,
            "probe": {"score": stored.score.shown, "interval": list(stored.interval)},
        }
        if yes_no:
            said_yes, holds, right = (float(one) for one in whole[number])
            record |= {
                "precision": right / max(said_yes, 1.0),
                "recall": right / max(holds, 1.0),
                "prevalence": holds / float(rows.sum()),
            }
        return record

    return of


def _layers(sizes: Sequence[int], records: Sequence[Record]) -> list[Record]:
    """By layer the medians over its units, here and on the probe."""
    found, begin = [], 0
    for number, size in enumerate(sizes, start=1):
        own = records[begin : begin + size]
        begin += size
        told = [
            one["sentence"] for one in own if one["sentence"] and one["sentence"]["r2"] is not None
        ]
        named = [
            one["label"]
            for one in own
            if one["label"] and one["label"]["verdict"] in ("accepted", "partly")
        ]
        found.append(
            {
                "layer": number,
                "units": size,
                "sentences": len(told),
                "median_r2": _median([one["r2"] for one in told]),
                "median_r2_on_the_probe": _median([one["probe"]["r2"] for one in told]),
                "half_or_more": sum(one["r2"] >= 0.5 for one in told),
                "half_or_more_on_the_probe": sum(one["probe"]["r2"] >= 0.5 for one in told),
                "labels": len(named),
                "median_label_score": _median([one["score"] for one in named]),
                "median_label_score_on_the_probe": _median(
                    [one["probe"]["score"] for one in named]
                ),
            }
        )
    return found


def _median(values: Sequence[float]) -> float | None:
    return median(values) if values else None


def _pair(limits: tuple[Array, Array] | None, *place: int) -> list[float] | None:
    return None if limits is None else [float(one[place]) for one in limits]

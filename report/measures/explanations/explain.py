"""Every unit explained: one call for all layers."""

from dataclasses import dataclass

import numpy as np

from jobs.config.memory import NGRAM_CHARACTERS
from jobs.corpus.corpus import Corpus
from jobs.model.network import Array, Float, Network
from jobs.model.trace import Trace
from report.measures.bootstrap import block_sums, interval
from report.measures.concepts.library import evaluate
from report.measures.explanations.chance import Chance, beyond, of_half_b
from report.measures.explanations.expected import Text as Reading
from report.measures.explanations.expected import expected
from report.measures.explanations.explanation import (
    Clause,
    Explanation,
    Faithfulness,
    Memory,
    Miss,
    PairMap,
    Score,
    Sentence,
    Simulation,
)
from report.measures.explanations.faithfulness import faithfulness
from report.measures.explanations.features import Facts, Text, Vocabulary, vocabulary
from report.measures.explanations.fit import Fitter, simulate
from report.measures.explanations.held_out import HeldOut, before_sample
from report.measures.explanations.kind import kind_of
from report.measures.explanations.memory import memory
from report.measures.explanations.sentence import Printed, number, words
from report.measures.explanations.tables import Read, Tables, r_squared, recent_characters
from report.measures.group_sums import indicator
from report.measures.parallel import side_by_side

UNTRAINED = 25  # units of an untrained layer
MISSES, APART = 3, 100  # characters between misses
BEFORE, AFTER = 30, 10  # characters around a miss
FREQUENT, SEEN = 24, 3  # characters of a pair map; times that a pair must be seen


@dataclass(frozen=True)
class Explained:
    """Every unit by layer, and every layer."""

    layers: tuple[tuple[Explanation, ...], ...]
    faithfulness: tuple[Faithfulness, ...]


@dataclass(frozen=True)
class _Said:
    """Text and facts that all layers share."""

    trace: Trace
    text: str
    alphabet: tuple[str, ...]
    vocabulary: Vocabulary
    held_out: HeldOut
    facts: Facts  # of the probe
    half_b: Facts  # of its half B
    sample: Facts
    read: Read
    fitter: Fitter
    seed: int


def explain(
    network: Network,
    probe: Trace,
    sample: Trace,
    corpus: Corpus,
    held_out: HeldOut,
    untrained: tuple[Float, ...],
    seed: int,
) -> Explained:
    """Explain every unit.

    Args:
        network: of the traces.
        probe: whose half B is scored on.
        sample: on which every sentence is simulated.
        corpus: whose training part the n-gram learns.
        held_out: the probe and what follows it, of which a part is fitted on.
        untrained: per layer (T, U) states of an untrained network on that text.
        seed: of the shifts, places and bootstrap.
    """
    said = _gather(network, probe, sample, corpus, held_out, seed)
    remembered = memory(network, probe, seed)
    tables = Tables(said.read)
    explained = side_by_side(
        lambda place: _layer(said, tables, untrained[place], remembered[place], place),
        range(len(probe.layers)),
    )
    layers, simulated = zip(*explained, strict=True)
    learned = corpus.training_ids[-NGRAM_CHARACTERS:].astype(np.int32)
    kept = faithfulness(network, probe, list(simulated), learned, held_out.half)
    return Explained(layers, kept)


def _layer(
    said: _Said, tables: Tables, untrained: Float, remembered: tuple[Memory, ...], place: int
) -> tuple[tuple[Explanation, ...], Array]:
    """Of every unit of the layer at ``place`` (from 0) what is said of it, and (T, U) what that
    says of the probe.
    """
    hidden, held_out = said.trace.layers[place].hidden, said.held_out
    states = held_out.hidden[place]
    chance = Chance(said.fitter, states, held_out.fitted, held_out.b, said.seed)
    found = beyond(said.fitter.sentences(states[held_out.fitted]), chance.floor())
    values = simulate(found, said.facts, said.vocabulary)
    scores = _scores(said, found, chance, hidden, values, untrained)
    rows = tables.ladders(states[held_out.rows])
    pairs = _pair_maps(said, hidden)
    explanations = tuple(
        Explanation(
            kind=kind_of(one.form == "constant", *rows[unit], remembered[unit]),
            sentence=_sentence(one, said),
            score=scores[unit],
            memory=remembered[unit],
            ladder=rows[unit][0],
            simulation=_simulation(one, said),
            misses=_misses(said, hidden[:, unit], values[:, unit]),
            pairs=pairs[unit],
        )
        for unit, one in enumerate(found)
    )
    return explanations, values


def _gather(
    network: Network, probe: Trace, sample: Trace, corpus: Corpus, held_out: HeldOut, seed: int
) -> _Said:
    following = expected(
        corpus.training_ids,
        [Reading(held_out.ids, held_out.context), Reading(sample.ids, sample.context)],
        network.alphabet_size,
        held_out.half,
    )
    text = Text(held_out.ids, held_out.context, following[0], held_out.table)
    named = vocabulary(text, corpus.alphabet, held_out.fitted)
    facts = named.facts(text)
    concepts = held_out.table.concepts
    sampled = evaluate(concepts, corpus.text(sample.ids), before_sample(corpus, sample))
    rows = held_out.rows
    values = held_out.table.values[rows]
    read = Read(
        recent=recent_characters(held_out.ids, held_out.context)[rows],
        expected=following[0][rows],
        network_expected=held_out.expected[rows],
        concepts=values[:, [not one.anticipates for one in concepts]],
        numbers=facts.numbers[:, rows].T,
        flags=values[:, list(named.concepts)],
    )
    return _Said(
        trace=probe,
        text=corpus.text(probe.ids),
        alphabet=corpus.alphabet,
        vocabulary=named,
        held_out=held_out,
        facts=facts.at(slice(0, held_out.probe)),
        half_b=facts.at(held_out.b),
        sample=named.facts(Text(sample.ids, sample.context, following[1], sampled)),
        read=read,
        fitter=Fitter(named, facts.at(held_out.fitted)),
        seed=seed,
    )


def _scores(
    said: _Said,
    found: list[Printed],
    chance: Chance,
    hidden: Float,
    values: Array,
    untrained: Float,
) -> list[Score]:
    """R2 on half B with interval, null, untrained, correlation."""
    b = said.held_out.b
    real, simulated = hidden[b].astype(np.float64), values[b]
    score = r_squared(real, simulated)
    low, high = _interval(real, simulated, said.seed)
    null = chance.null(said.half_b, said.vocabulary)
    few = untrained[:, :UNTRAINED]
    fresh = beyond(said.fitter.sentences(few[said.held_out.fitted]), chance.floor())
    control = float(np.median(of_half_b(fresh, few[b], said.half_b, said.vocabulary)))
    correlation = _correlation(real, simulated)
    nothing = Score(0.0, (0.0, 0.0), 0.0, control, 0.0)
    return [
        nothing if one.form == "constant" else Score(*row)
        for one, *row in zip(
            found,
            score.tolist(),
            zip(low.tolist(), high.tolist(), strict=True),
            null.tolist(),
            [control] * len(score),
            correlation.tolist(),
            strict=True,
        )
    ]


def _interval(real: Array, simulated: Array, seed: int) -> tuple[Array, Array]:
    sums = block_sums(
        np.stack([(real - simulated) ** 2, real**2, real, np.ones_like(real)], axis=-1)
    )

    def statistic(total: Array) -> Array:
        variance = total[..., 1] - total[..., 2] ** 2 / total[..., 3]
        return 1.0 - total[..., 0] / np.maximum(variance, 1e-12)

    constant = real.std(0) == 0
    low, high = interval(sums, statistic, seed)
    return np.where(constant, 0.0, low), np.where(constant, 0.0, high)


def _correlation(real: Array, simulated: Array) -> Array:
    one, other = real - real.mean(0), simulated - simulated.mean(0)
    norm = np.sqrt((one**2).sum(0) * (other**2).sum(0))
    return np.where(norm > 0, (one * other).sum(0) / np.maximum(norm, 1e-12), 0.0)


def _sentence(one: Printed, said: _Said) -> Sentence:
    _, fires, holds = one.simulate(said.half_b, said.vocabulary)
    clauses = tuple(
        Clause(
            text=words(term, said.vocabulary),
            value=term.value,
            slope=term.slope,
            number=number(term, said.vocabulary),
            share=float((fires == place if one.form == "rules" else holds[place]).mean()),
            worth=term.worth,
        )
        for place, term in enumerate(one.terms)
    )
    return Sentence(one.form, clauses, one.rest, one.text(said.vocabulary))


def _simulation(one: Printed, said: _Said) -> Simulation:
    values, fires, _ = one.simulate(said.sample, said.vocabulary)
    return Simulation(tuple(values.tolist()), tuple(fires.tolist()))


def _misses(said: _Said, real: Float, simulated: Array) -> tuple[Miss, ...]:
    """The places of half B with the largest errors, ``APART`` characters apart."""
    error = np.abs(real - simulated)
    error[: said.held_out.b.start] = 0.0
    error[said.held_out.b.stop :] = 0.0
    found = []
    for _ in range(MISSES):
        place = int(error.argmax())
        if error[place] == 0.0:
            break
        found.append(
            Miss(
                place=place,
                before=said.text[max(0, place - BEFORE) : place],
                character=said.text[place],
                after=said.text[place + 1 : place + 1 + AFTER],
                real=float(real[place]),
                simulated=float(simulated[place]),
            )
        )
        error[max(0, place - APART) : place + APART] = 0.0
    return tuple(found)


def _pair_maps(said: _Said, hidden: Float) -> list[PairMap]:
    ids, alphabet = said.trace.ids, said.alphabet
    counts = np.bincount(ids, minlength=len(alphabet))
    frequent = [int(one) for one in np.argsort(-counts, kind="stable")[:FREQUENT] if counts[one]]
    size = len(frequent)
    rank = np.full(len(alphabet), -1, np.int64)
    rank[frequent] = np.arange(size)
    before, current = rank[ids[:-1]], rank[ids[1:]]
    known = np.flatnonzero((before >= 0) & (current >= 0))
    group = before[known] * size + current[known]
    seen = np.bincount(group, minlength=size * size)
    sums = indicator(group, size * size, np.float64) @ hidden[1:][known].astype(np.float64)
    means = np.round(sums / np.maximum(seen, 1)[:, None], 3) + 0.0
    characters = tuple(alphabet[one] for one in frequent)
    return [
        PairMap(
            characters,
            tuple(
                tuple(
                    float(means[row * size + column, unit])
                    if seen[row * size + column] >= SEEN
                    else None
                    for column in range(size)
                )
                for row in range(size)
            ),
        )
        for unit in range(hidden.shape[1])
    ]

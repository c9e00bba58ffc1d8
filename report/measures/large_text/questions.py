"""What is asked of a large text: whether what a run's pages say of its units holds there too.

Nothing is fitted on the large text. Labels keep the sign and the threshold that the run stored.
Sentences are stored in words; their conditions are found again as they were found the first time,
by the same fit on the run's own held-out text, and used only where that gives the stored words.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jobs.config.schema import ReportConfig
from jobs.corpus.corpus import Corpus
from jobs.model.network import Network
from jobs.store.run import Run
from report.measures.concepts.library import ConceptTable, evaluate
from report.measures.concepts.user import all_concepts
from report.measures.explanations.expected import Expectation, expectation
from report.measures.explanations.expected import Text as Reading
from report.measures.explanations.features import Text, Vocabulary, vocabulary
from report.measures.explanations.fit import Fitter
from report.measures.explanations.held_out import held_out
from report.measures.explanations.search import NONE
from report.measures.explanations.sentence import Printed
from report.measures.parallel import one_core_each
from report.measures.unit import UnitMeasures


@dataclass(frozen=True)
class LabelQuestion:
    """Whether a unit follows a concept."""

    column: int  # of the concept table
    sign: int
    threshold: float | None  # None for a number


@dataclass(frozen=True)
class Sentences:
    """The sentences of all units, by layer and index, and what they are said in."""

    printed: tuple[Printed | None, ...]  # None: the stored words are not those of this version
    vocabulary: Vocabulary
    expectation: Expectation


@dataclass(frozen=True)
class Questions:
    """Everything that a worker must know beside the network; plain data."""

    network: Network
    alphabet: tuple[str, ...]
    report: ReportConfig  # whose concepts
    columns: tuple[int, ...]  # of the concept table, that are asked for
    labels: tuple[LabelQuestion | None, ...]  # by unit; None: a constant unit
    sentences: Sentences | None  # None: the run's text is not at hand

    @property
    def units(self) -> int:
        """U, of all layers."""
        return sum(self.network.sizes)

    def table(self, text: str, lead: str, tail: str) -> ConceptTable:
        """The concepts on ``text``; those that nothing asks for are 0 everywhere."""
        concepts = all_concepts(self.report)
        values = np.zeros((len(text), len(concepts)), np.float32)
        asked = [concepts[column] for column in self.columns]
        values[:, list(self.columns)] = evaluate(asked, text + tail, lead).values[: len(text)]
        return ConceptTable(concepts, values)


def questions(run: Run, units: Sequence[UnitMeasures], corpus: Corpus | None) -> Questions:
    """What is asked of a text.

    Args:
        run: with its probe.
        units: its stored measures.
        corpus: the run's own text, which the n-gram learns; None: sentences are left out.
    """
    concepts = all_concepts(run.config.report)
    places = {one.name: column for column, one in enumerate(concepts)}
    labels = tuple(
        LabelQuestion(places[one.label.concept], one.label.sign, one.label.threshold)
        if one.label.concept in places
        else None
        for one in units
    )
    said = None if corpus is None else _sentences(run, units, corpus)
    columns = {one.column for one in labels if one is not None}
    if said is not None:
        columns |= _flags(said)
        columns |= {column for column, one in enumerate(concepts) if one.kind == "number"}
    return Questions(
        run.network, run.card.alphabet, run.config.report, tuple(sorted(columns)), labels, said
    )


@one_core_each()
def _sentences(run: Run, units: Sequence[UnitMeasures], corpus: Corpus) -> Sentences:
    known = held_out(run.network, run.probe, corpus, all_concepts(run.config.report))
    read = Reading(known.ids, known.context)
    learned = expectation(corpus.training_ids, read, run.network.alphabet_size, known.half)
    text = Text(known.ids, known.context, learned.after(read), known.table)
    words = vocabulary(text, corpus.alphabet, known.fitted)
    fitter = Fitter(words, words.facts(text).at(known.fitted))
    found = [one for states in known.hidden for one in fitter.sentences(states[known.fitted])]
    printed = tuple(
        one if unit.explanation and one.text(words) == unit.explanation.sentence.text else None
        for one, unit in zip(found, units, strict=True)
    )
    return Sentences(printed, words, learned)


def _flags(said: Sentences) -> set[int]:
    """Columns of the yes/no concepts that sentences name."""
    named = {
        condition.flag
        for one in said.printed
        if one is not None
        for term in one.terms
        for condition in term.found.conditions
        if condition.place == NONE
    }
    concepts = said.vocabulary.concepts
    return {concepts[flag] for flag in named if flag < len(concepts)}

"""A measured run whose units have made-up explanations."""

from dataclasses import replace
from types import MappingProxyType

from jobs.corpus.corpus import corpus_card
from jobs.model.history import EpochRecord, Evaluation
from report.measures.measure import Measures
from report.run_view import RunView
from tests.support.golden_measures import CONFIG, corpus_of, golden_measures, golden_run, sample_of
from tests.support.tiny_explanations import with_explanations


def explained_view(measures: Measures | None = None) -> RunView:
    """The golden run of two layers with ``measures``, by default with explanations."""
    run = golden_run(2)
    sample = sample_of(run)
    if measures is None:
        measures = with_explanations(golden_measures(2), sample.characters)
    return RunView(
        config=CONFIG,
        card=corpus_card(corpus_of(run)),
        network=run.network,
        history=(EpochRecord(1, 1.0, 1.0, 1.0, 1.0, 0.001),),
        evaluation=Evaluation(1.0, 4_000, 3.0, 1, False),
        sample=sample,
        probe=run.trace,
        run_id="",
        tool_version="0",
        measures=MappingProxyType(measures.by_name()),
    )


def without_explanations(measures: Measures) -> Measures:
    """``measures`` as an earlier version made them."""
    units = tuple(replace(one, explanation=None) for one in measures.units)
    return replace(measures, units=units, faithfulness=())


def with_corpus_text(view: RunView, shown: str) -> RunView:
    """``view`` with another ``publish.corpus_text``."""
    publish = view.config.publish.model_copy(update={"corpus_text": shown})
    return replace(view, config=view.config.model_copy(update={"publish": publish}))

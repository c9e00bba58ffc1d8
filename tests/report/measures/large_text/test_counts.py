"""What is counted shard by shard, against the measures of the whole at once."""

import numpy as np
import pytest

from jobs.config.schema import ReportConfig
from jobs.corpus.shards import SHARD, shards_of
from jobs.model.alphabet import decode
from jobs.model.network import initial_network
from report.measures.activation import activation, character_means
from report.measures.concepts.library import evaluate
from report.measures.concepts.user import all_concepts
from report.measures.contexts import histograms
from report.measures.explanations.expected import Text as Reading
from report.measures.explanations.expected import expectation
from report.measures.explanations.features import Text, vocabulary
from report.measures.explanations.fit import Fitter, simulate
from report.measures.explanations.tables import r_squared
from report.measures.labels.fit import Confusion
from report.measures.large_text.counts import PIECE, ShardCounts, part_of
from report.measures.large_text.extremes import APART, NOWHERE, Extremes, surroundings
from report.measures.large_text.questions import LabelQuestion, Questions, Sentences
from report.measures.large_text.scores import correlation, f1, share_told, with_interval
from report.measures.large_text.total import Total

ALPHABET = ("\t", "\n", " ", '"', "<", ">", "a", "b")
SIZES = (3, 2)
SIZE = 2 * SHARD + 3 * PIECE + 77  # three shards, the last one short, its last piece too
STARTS = np.array([0, 5_000, SHARD, SHARD + 60_000])
HALF = 6_000


class Case:
    """A text of documents, states that follow it, and what is asked of them."""

    def __init__(self, starts):
        random = np.random.default_rng(3)
        self.starts = starts
        self.ids = random.integers(0, len(ALPHABET), SIZE).astype(np.uint8)
        self.ids[[SHARD - 1, 2 * SHARD - 1]] = 3  # what a unit says of a shard's first character
        driven = np.repeat((self.ids == 3)[:, None], sum(SIZES), 1)
        driven[1:, 1] = driven[:-1, 0]  # hangs on the character before
        noise = random.normal(0.0, 0.5, (SIZE, sum(SIZES)))
        self.hidden = np.tanh(noise + 1.5 * driven).astype(np.float32)
        probabilities = random.random((SIZE + 1, len(ALPHABET))).astype(np.float32)
        self.probabilities = probabilities / probabilities.sum(1, keepdims=True)
        self.concepts = all_concepts(ReportConfig())
        self.questions = Questions(
            initial_network(len(ALPHABET), SIZES, 0),
            ALPHABET,
            ReportConfig(),
            self.columns("quote", "newline ahead", "line position"),
            self.labels(),
            self.sentences(),
        )
        self.total = Total(self.questions, SIZE, starts)
        for shard in shards_of(self.ids, starts, 100, iter(range(3))):
            part = self.counted(shard)
            spec = part_of(self.questions, shard)
            assert {name: array.shape for name, array in part.items()} == {
                name: want.shape for name, want in spec.items()
            }
            assert all(part[name].dtype == np.dtype(spec[name].dtype) for name in spec)
            self.total.add(part)

    def columns(self, *names):
        known = [one.name for one in self.concepts]
        asked = {known.index(name) for name in names}
        return tuple(
            sorted(asked | {n for n, one in enumerate(self.concepts) if one.kind == "number"})
        )

    def labels(self):
        quote, ahead, position = (
            self.columns(name) and [one.name for one in self.concepts].index(name)
            for name in ("quote", "newline ahead", "line position")
        )
        return (
            LabelQuestion(quote, 1, 0.3),
            LabelQuestion(ahead, -1, -0.1),
            LabelQuestion(position, -1, None),
            None,
            LabelQuestion(quote, -1, 0.3),
        )

    def sentences(self):
        ids = self.ids[: 2 * HALF].astype(np.int32)
        text = decode(ids, ALPHABET)
        read = Reading(ids, ids[:0])
        learned = expectation(self.ids[-9_000:], read, len(ALPHABET), HALF)
        said = Text(ids, ids[:0], learned.after(read), evaluate(self.concepts, text))
        half = slice(0, HALF)
        words = vocabulary(said, ALPHABET, half)
        printed = Fitter(words, words.facts(said).at(half)).sentences(self.hidden[half])
        return Sentences((None, *printed[1:]), words, learned)

    def counted(self, shard):
        """Rows come in blocks of an odd length."""
        counts = ShardCounts(self.questions, shard)
        rows = slice(shard.start, shard.start + len(shard.ids))
        before = self.hidden[shard.start - 1]
        counts.begin([before[:3], before[3:]], self.probabilities[shard.start])
        for begin in range(rows.start, rows.stop, 1_000):
            block = slice(begin, min(begin + 1_000, rows.stop))
            hidden = self.hidden[block]
            counts.add(
                [hidden[:, :3], hidden[:, 3:]], self.probabilities[block.start + 1 : block.stop + 1]
            )
        return counts.arrays()


@pytest.fixture(scope="module", params=[None, STARTS], ids=["one text", "documents"])
def case(request):
    return Case(request.param)


def test_moments_histograms_and_means_are_those_of_the_whole(case):
    sums, blocks = case.total.sums, case.total.blocks
    whole = activation(case.hidden)
    moments = blocks["sums"].sum(0)
    np.testing.assert_allclose(moments[:, 0] / SIZE, whole.mean, atol=1e-9)
    exact = case.hidden.astype(np.float64)
    np.testing.assert_allclose(moments[:, 1], (exact**2).sum(0), rtol=1e-12)
    np.testing.assert_array_equal(sums["histogram"], histograms(case.hidden))
    np.testing.assert_array_equal(sums["saturated"], whole.saturated * SIZE)
    np.testing.assert_array_equal(sums["minimum"], whole.minimum)
    np.testing.assert_array_equal(sums["maximum"], whole.maximum)
    np.testing.assert_allclose(sums["absolute"] / SIZE, whole.mean_absolute, atol=1e-9)
    means = character_means(case.ids.astype(np.int32), case.hidden)
    np.testing.assert_array_equal(sums["characters"], means.counts)
    counts = sums["characters"][:, None]
    np.testing.assert_allclose(sums["by character"] / counts, means.means, atol=1e-9)
    for number, own in ((1, exact[:, :3]), (2, exact[:, 3:])):
        np.testing.assert_allclose(sums[f"layer{number}.products"], own.T @ own, rtol=1e-12)


def test_bits_are_of_every_character_but_the_first_of_a_document(case):
    predicted = np.ones(SIZE, bool)
    predicted[[0] if case.starts is None else case.starts] = False
    chosen = case.probabilities[np.arange(SIZE), case.ids].astype(np.float64)
    expected = -np.log2(chosen)[predicted].sum()
    assert case.total.blocks["predicted"].sum() == predicted.sum()
    np.testing.assert_allclose(case.total.blocks["bits"].sum(), expected, rtol=1e-12)


def test_labels_are_scored_as_on_the_probe(case):
    text = decode(case.ids, ALPHABET)
    table = evaluate(case.concepts, text)
    own = case.total.blocks["labels"].sum(0)
    moments = case.total.blocks["sums"].sum(0)
    for unit, asked in enumerate(case.questions.labels):
        if asked is None:
            assert not own[unit].any()
            continue
        truth, state = table.values[:, asked.column], case.hidden[:, unit]
        assert 0 < own[unit, 0] == truth.sum(dtype=np.float64)
        sums = np.concatenate([[SIZE], moments[unit], own[unit, :3]])
        assert correlation(sums) == pytest.approx(np.corrcoef(state, truth)[0, 1], abs=1e-6)
        if asked.threshold is None:
            continue
        answer = (state > asked.threshold) == (asked.sign > 0)
        hits = Confusion(
            *(np.array(float(one.sum())) for one in (answer, answer & (truth > 0), truth > 0)),
            np.array(float(SIZE)),
        )
        assert f1(own[unit, [3, 0, 4]]) == pytest.approx(float(hits.f1()))


def test_sentences_say_what_they_say_of_the_whole_text(case):
    said = case.questions.sentences
    ids = case.ids.astype(np.int32)
    read = Reading(ids, ids[:0])
    table = evaluate(case.concepts, decode(ids, ALPHABET))
    facts = said.vocabulary.facts(Text(ids, ids[:0], said.expectation.after(read), table))
    values = simulate(list(said.printed[1:]), facts, said.vocabulary)
    expected = r_squared(case.hidden[:, 1:].astype(np.float64), values)
    n = np.full((sum(SIZES), 1), float(SIZE))
    own = case.total.blocks["sentences"].sum(0)
    sums = np.concatenate([n, case.total.blocks["sums"].sum(0), own], 1)
    assert not own[0].any()  # its words are another version's
    np.testing.assert_allclose(share_told(sums)[1:], expected, atol=1e-9)
    assert expected.max() > 0.2


def test_the_places_shown_are_the_highest_ones_and_differ(case):
    places, states = case.total.places["high"]
    low, lowest = case.total.places["low"]
    for unit in range(sum(SIZES)):
        own = case.hidden[:, unit]
        assert states[unit, 0] == own.max() == own[places[unit, 0]]
        assert lowest[unit, 0] == own.min() == own[low[unit, 0]]
        known = places[unit] != NOWHERE
        np.testing.assert_array_equal(states[unit, known], own[places[unit, known]])
        assert (np.diff(states[unit, known]) <= 0).all()
        within = [set(places[unit, known] // SHARD == shard) for shard in range(3)]
        assert all(True in one for one in within)  # candidates of every shard


def test_seams_tell_how_much_the_warm_up_leaves(case):
    assert case.total.seams.largest == 0.0  # the row before a shard is the last of the one before
    assert case.total.seams.count == (2 if case.starts is None else 1)
    total = Total(case.questions, SIZE, case.starts)
    parts = [case.counted(shard) for shard in shards_of(case.ids, None, 9, iter(range(2)))]
    parts[1]["first"] = parts[1]["first"] + np.float32(0.25)
    for part in parts:
        total.add(part)
    if case.starts is None:
        assert total.seams.wide == 1 and total.seams.largest == pytest.approx(0.25)


def test_intervals_need_enough_blocks(case):
    blocks = np.stack([case.total.blocks["bits"], case.total.blocks["predicted"]], 1)
    assert len(blocks) == 36
    value, limits = with_interval(blocks, lambda sums: sums[..., 0] / sums[..., 1], 0)
    assert limits[0] < value < limits[1]
    assert with_interval(blocks[:19], lambda sums: sums[..., 0], 0)[1] is None


def test_examples_lie_apart_and_no_text_is_shown_twice():
    text = "ab" * 2_000 + "".join(chr(97 + n % 26) for n in range(4_000))
    hidden = np.linspace(0.9, 0.1, 8_000, dtype=np.float32)[:, None]
    extremes = Extremes(0, lowest=False)
    extremes.add(hidden[:4_096])
    extremes.add(hidden[4_096:])
    around = surroundings(text, 0)
    places, states = extremes.chosen(around)
    found = places[0][places[0] != NOWHERE].tolist()
    assert found[0] == 0
    assert len({around(place) for place in found}) == len(found) == 5
    assert min(np.diff(sorted(found))) >= APART
    assert found[2] > 3_900  # what repeats is shown at its beginning alone
    assert states[0, 0] == hidden[0, 0]

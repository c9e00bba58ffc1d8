"""The probability that a grammar gives a text: the sum over all its derivations, by the rules."""

from jobs.corpus.grammar import Choice, Repeat, Rule, Sequence, Text

Weighted = dict[int, float]  # probability by place in the text


def text_probability(rule: Rule, text: str) -> float:
    """Probability that ``rule`` gives exactly ``text``."""
    return ends(rule, text, {0: 1.0}).get(len(text), 0.0)


def ends(rule: Rule, text: str, starts: Weighted) -> Weighted:
    """Probability, per end, of deriving ``text[start:end]`` from the weighted ``starts``."""
    if not starts:
        return {}
    if isinstance(rule, Text):
        size = len(rule.text)
        return {
            start + size: probability
            for start, probability in starts.items()
            if text.startswith(rule.text, start)
        }
    if isinstance(rule, Sequence):
        for part in rule.parts:
            starts = ends(part, text, starts)
        return starts
    if isinstance(rule, Choice):
        return _merged(
            {end: probability * 2.0**-bits for end, probability in found.items()}
            for _, bits, option in rule.table
            for found in (ends(option, text, starts),)
        )
    assert isinstance(rule, Repeat)  # its items are never empty
    for _ in range(rule.least):
        starts = ends(rule.item, text, starts)
    stopped = []
    while starts:
        stopped.append({end: p * (1.0 - rule.again) for end, p in starts.items()})
        starts = {end: p * rule.again for end, p in ends(rule.item, text, starts).items()}
    return _merged(stopped)


def _merged(found) -> Weighted:
    total: Weighted = {}
    for weighted in found:
        for end, probability in weighted.items():
            total[end] = total.get(end, 0.0) + probability
    return total

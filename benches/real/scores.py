"""Scores of rankings, probabilities and partitions, each with an interval from resampled units.

Scores of a ranking treat rows of equal score alike: no order among them is assumed.
"""

import math
from collections import Counter

import numpy as np

ROUNDS = 1000
SEED = 20


def by_threshold(labels, scores):
    """Returns, for each distinct score from the highest, the rows and the positives that reach it."""
    order = np.argsort(-scores, kind="stable")
    labels, scores = labels[order], scores[order]
    # A difference of two unknown scores, both minus infinity, would be NaN.
    last = np.r_[np.flatnonzero(scores[1:] != scores[:-1]), len(scores) - 1]
    return last + 1, np.cumsum(labels)[last]


def average_precision(labels, scores):
    """Returns the mean precision over the positives; NaN without positives."""
    labels, scores = np.asarray(labels, float), np.asarray(scores, float)
    if not labels.sum():
        return math.nan
    taken, hits = by_threshold(labels, scores)
    return float(np.sum(np.diff(np.r_[0, hits]) * hits / taken) / labels.sum())


def precision_at(labels, scores, count):
    """Returns the share of positives among the first `count`; rows of equal score count with their share."""
    labels, scores = np.asarray(labels, float), np.asarray(scores, float)
    count = min(count, len(labels))
    if not count:
        return math.nan
    taken, hits = by_threshold(labels, scores)
    at = int(np.searchsorted(taken, count))
    before, found = (taken[at - 1], hits[at - 1]) if at else (0, 0.0)
    found = found + (hits[at] - found) * (count - before) / (taken[at] - before)
    return float(found / count)


def recall_at(labels, scores, count):
    """Returns the share of the positives among the first `count`."""
    positives = float(np.sum(labels))
    return precision_at(labels, scores, count) * min(count, len(labels)) / positives if positives else math.nan


def auc(labels, scores):
    """Returns the probability that a positive row is above a negative one; equal scores count one half."""
    labels, scores = np.asarray(labels, bool), np.asarray(scores, float)
    positives, negatives = int(labels.sum()), int((~labels).sum())
    if not positives or not negatives:
        return math.nan
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2
    return float((middle[inverse][labels].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def brier(labels, probabilities):
    """Returns the mean squared error of probabilities."""
    return float(np.mean((np.asarray(probabilities, float) - np.asarray(labels, float)) ** 2))


def brier_skill(labels, probabilities, reference):
    """Returns the share of the Brier score of a reference forecast that the probabilities remove."""
    base = brier(labels, reference)
    return 1 - brier(labels, probabilities) / base if base else math.nan


def reliability(labels, probabilities, bins=10):
    """Returns (mean probability, share true, rows) for bins of equal counts."""
    order = np.argsort(probabilities, kind="stable")
    groups = [group for group in np.array_split(order, min(bins, max(1, len(order)))) if len(group)]
    labels, probabilities = np.asarray(labels, float), np.asarray(probabilities, float)
    return [(float(probabilities[group].mean()), float(labels[group].mean()), len(group)) for group in groups]


def ranks_within(groups, scores):
    """Returns the rank of each score inside its group, from 0 to 1; equal scores share their mean rank."""
    groups, scores = np.asarray(groups), np.asarray(scores, float)
    result = np.zeros(len(scores))
    for group in np.unique(groups):
        mine = np.flatnonzero(groups == group)
        _, inverse, counts = np.unique(scores[mine], return_inverse=True, return_counts=True)
        middle = np.cumsum(counts) - (counts - 1) / 2
        result[mine] = (middle[inverse] - 0.5) / len(mine)
    return result


def mean_over(groups, score):
    """Returns a score's mean over groups of rows; groups in which it is undefined do not count."""
    groups = np.asarray(groups)
    order = np.argsort(groups, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1) if len(order) else []
    values = [value for value in map(score, parts) if not math.isnan(value)]
    return float(np.mean(values)) if values else math.nan


def interval(units, score, rounds=ROUNDS, seed=SEED):
    """Returns the 95 % interval of `score(rows)` when the units, each with all its rows, are drawn with replacement."""
    units = np.asarray(units)
    if not len(units):
        return math.nan, math.nan
    _, inverse = np.unique(units, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(inverse[order])) + 1)
    if len(parts) < 2:
        return math.nan, math.nan
    draw = np.random.default_rng(seed)
    values = [score(np.concatenate([parts[at] for at in draw.integers(0, len(parts), len(parts))])) for _ in range(rounds)]
    values = [value for value in values if not math.isnan(value)]
    return tuple(float(value) for value in np.percentile(values, [2.5, 97.5])) if values else (math.nan, math.nan)


def mean_interval(values, rounds=ROUNDS, seed=SEED):
    """Returns the mean of one value a unit, with its interval."""
    values = np.asarray(list(values), float)
    if not len(values):
        return math.nan, math.nan, math.nan
    draws = np.random.default_rng(seed).integers(0, len(values), (rounds, len(values)))
    low, high = np.percentile(values[draws].mean(axis=1), [2.5, 97.5])
    return float(values.mean()), float(low), float(high)


def b_cubed(truth, groups):
    """Returns (precision, recall) of each item: the share of its group, and of its class, that it shares.

    `truth` and `groups` map an item to a class and to a group.
    """
    classes, clusters, both = Counter(truth.values()), Counter(groups[item] for item in truth), Counter()
    for item, name in truth.items():
        both[name, groups[item]] += 1
    return {
        item: (both[name, groups[item]] / clusters[groups[item]], both[name, groups[item]] / classes[name])
        for item, name in truth.items()
    }


def harmonic_mean(precision, recall):
    """Returns F1 of a precision and a recall."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def pairs(truth, groups):
    """Returns (joined rightly, joined wrongly, not joined) over all pairs of items."""
    def inside(counts):
        return sum(count * (count - 1) // 2 for count in counts.values())

    right = inside(Counter((name, groups[item]) for item, name in truth.items()))
    joined, wanted = inside(Counter(groups[item] for item in truth)), inside(Counter(truth.values()))
    return right, joined - right, wanted - right


def normalised_mutual_information(one, other):
    """Returns the mutual information of two partitions over the mean of their entropies."""
    def entropy(counts, total):
        return -sum(count / total * math.log(count / total) for count in counts.values())

    total = len(one)
    both = Counter((one[item], other[item]) for item in one)
    first, second = Counter(one.values()), Counter(other[item] for item in one)
    shared = entropy(first, total) + entropy(second, total) - entropy(both, total)
    mean = (entropy(first, total) + entropy(second, total)) / 2
    return shared / mean if mean else 1.0


def adjusted_mutual_information(one, other):
    """Returns the mutual information of two partitions above that of chance, over the mean of their entropies above it.

    Chance draws the members of all groups and keeps their sizes (Vinh, Epps and Bailey 2010, "Information theoretic measures for clusterings
    comparison"). Equal partitions have 1, and independent ones have 0 on average.
    """
    total = len(one)
    both = Counter((one[item], other[item]) for item in one)
    first, second = Counter(one.values()), Counter(other[item] for item in one)

    def entropy(counts):
        return -sum(count / total * math.log(count / total) for count in counts.values())

    shared = entropy(first) + entropy(second) - entropy(both)
    expected = sum(expected_information(a, b, total) for a in first.values() for b in second.values())
    mean = (entropy(first) + entropy(second)) / 2
    return (shared - expected) / (mean - expected) if abs(mean - expected) > 1e-12 else 1.0


def expected_information(a, b, total):
    """Returns the expected part of two groups in the mutual information, if chance draws their members."""
    def log_choose(n, k):
        return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)

    least, most = max(1, a + b - total), min(a, b)
    return sum(
        common / total * math.log(total * common / (a * b))
        * math.exp(log_choose(b, common) + log_choose(total - b, a - common) - log_choose(total, a))
        for common in range(least, most + 1)
    )  # fmt: skip

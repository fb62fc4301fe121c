"""Scores of the rows of an outcome: the program's columns and models, baselines, and the Python baseline beside them."""

import math

import numpy as np

import learners
import scores
from results import result

# Baselines in a plot: the best ones; the table has them all.
PLOTTED_BASELINES = 3


def comparable(labels, values, is_ranked):
    """Returns scores that can be pooled over cuts: ranks inside each cut, or the values; unknown is below all others."""
    values = np.where(np.isnan(values), -np.inf, values)
    return scores.ranks_within(labels.run, values) if is_ranked else values


def base_rates(labels, judged):
    """Returns, for each judged row, the share of positives among the labels that were known at its cut: a forecast."""
    rates = np.full(len(labels), 0.5)
    for cut in np.unique(labels.run[judged]):
        known = ~np.isnan(labels.label) & (labels.known_at <= cut) & (labels.run < cut)
        if known.any():
            rates[labels.run == cut] = labels.label[known].mean()
    return rates


def best_of(labels, columns):
    """Returns the name of the column with the highest average precision, and that value."""
    found = {name: scores.average_precision(labels.label, values) for name, values in columns.items()}
    name = max(found, key=lambda one: (-math.inf if math.isnan(found[one]) else found[one], one), default=None)
    return name, found.get(name, math.nan)


def paired(labels, ours, other):
    """Returns the difference of two average precisions on the same rows, with its interval."""
    def difference(rows):
        return scores.average_precision(labels.label[rows], ours[rows]) - scores.average_precision(labels.label[rows], other[rows])

    every = np.arange(len(labels))
    return difference(every), *scores.interval(labels.lineage, difference, rounds=400)


def binary(bench, labels, judged, label, ours, baselines, *, is_ranked, probabilities=None, budget=20, trained_on=None, rates=None):
    """Yields the scores of an outcome on the judged rows.

    `ours` has the program's scores by name, the main one first; `probabilities` those of them that are probabilities.
    """
    rows = labels.where(judged)
    n, positives = len(rows), int(rows.label.sum())
    facts = {"n": n, "positives": positives}
    if not positives or positives == n:
        yield result("average_precision", math.nan, label=label, **facts)
        return
    rates = (base_rates(labels, judged) if rates is None else rates)[judged]
    ours = {name: comparable(rows, values[judged], is_ranked) for name, values in ours.items()}
    baselines = {name: comparable(rows, values[judged], is_ranked) for name, values in baselines.items()}
    best = best_of(rows, baselines)
    main = next(iter(ours))
    for name, values in ours.items():
        title = label if name == main else f"{label}: {name}"
        trained = trained_on if name == main else None
        value = scores.average_precision(rows.label, values)
        low, high = scores.interval(rows.lineage, lambda at: scores.average_precision(rows.label[at], values[at]), rounds=400)
        yield result("average_precision", value, label=title, low=low, high=high, beside=best, trained_on=trained, **facts)
        at_top = lambda at: scores.precision_at(rows.label[at], values[at], budget)
        if is_ranked:
            cuts = np.unique(rows.run)
            each = [at_top(rows.run == cut) for cut in cuts]
            top, low, high = scores.mean_interval(each)
            top_of_best = float(np.mean([scores.precision_at(rows.label[rows.run == cut], baselines[best[0]][rows.run == cut], budget) for cut in cuts])) if best[0] else math.nan
            yield result(f"precision_at_{budget}", top, label=title, low=low, high=high, beside=(best[0], top_of_best), trained_on=trained, **facts)
        if name != main:
            continue
        low, high = scores.interval(rows.lineage, lambda at: scores.auc(rows.label[at], values[at]), rounds=400)
        beside = (best[0], scores.auc(rows.label, baselines[best[0]])) if best[0] else None
        yield result("auc", scores.auc(rows.label, values), label=title, low=low, high=high, beside=beside, trained_on=trained, **facts)
        if best[0]:
            gain, low, high = paired(rows, values, baselines[best[0]])
            yield result("gain_over_best_baseline", gain, label=title, low=low, high=high, beside=(best[0], 0.0), trained_on=trained, **facts)
    for name, values in (probabilities or {}).items():
        # The first cuts may have no calibration yet; `n` says how many rows have a probability.
        known = ~np.isnan(values[judged])
        part, chosen, base = rows.where(known), values[judged][known], rates[known]
        if not len(part):
            continue
        title = label if name == main else f"{label}: {name}"
        own = {"n": len(part), "positives": int(part.label.sum())}
        low, high = scores.interval(part.lineage, lambda at: scores.brier(part.label[at], chosen[at]), rounds=400)
        yield result("brier", scores.brier(part.label, chosen), label=title, low=low, high=high, beside=("running base rate", scores.brier(part.label, base)), **own)
        skill = lambda at: scores.brier_skill(part.label[at], chosen[at], base[at])
        low, high = scores.interval(part.lineage, skill, rounds=400)
        yield result("brier_skill", skill(np.arange(len(part))), label=title, low=low, high=high, beside=("running base rate", 0.0), **own)
        bench.plot("reliability", f"{label}", {name: (part.label, chosen)})
    precision = {name: scores.average_precision(rows.label, values) for name, values in baselines.items()}
    shown = sorted(baselines, key=lambda name: (-precision[name], name))[:PLOTTED_BASELINES]
    bench.plot("precision-recall", label, {name: (rows.label, values) for name, values in [*ours.items(), *((name, baselines[name]) for name in shown)]})


def python_baseline(bench, labels, judged, label, ours, *, is_ranked, until=None, refits=None):
    """Yields the scores of scikit-learn on the same rows and splits, with the program's main score beside each.

    The gain of relations is that of the best of these models, trained with and without relation columns.
    """
    if not bench.has_python:
        return
    rows = labels.where(judged)
    features = [name for name in labels.names("feature") if not np.isnan(labels.values[name]).all()]
    every = learners.forward(labels, features, judged, bench.seed, until, refits)
    if not every or not rows.label.sum():
        bench.note(f"{label}: under {learners.LEAST_POSITIVES} positives before the first judged cut: no Python baseline")
        return
    main = comparable(rows, ours[judged], is_ranked)
    own = scores.average_precision(rows.label, main)
    rates = base_rates(labels, judged)[judged]
    values = {name: comparable(rows, one[judged], is_ranked) for name, one in every.items()}
    for name, one in values.items():
        low, high = scores.interval(rows.lineage, lambda at: scores.average_precision(rows.label[at], one[at]), rounds=400)
        yield result(
            "average_precision", scores.average_precision(rows.label, one), label=f"{label}: scikit-learn {name}", low=low, high=high,
            beside=("Araneus, same rows", own), n=len(rows), positives=int(rows.label.sum()),
        )  # fmt: skip
        skill = scores.brier_skill(rows.label, every[name][judged], rates)
        yield result("brier_skill", skill, label=f"{label}: scikit-learn {name}", beside=("running base rate", 0.0), n=len(rows))
    related = [name for name in features if labels.about[name].get("relation") == "true"]
    if not related:
        return
    without = learners.forward(labels, [name for name in features if name not in related], judged, bench.seed, until, refits)
    best = best_of(rows, values)[0]
    if best in without:
        other = comparable(rows, without[best][judged], is_ranked)
        gain, low, high = paired(rows, values[best], other)
        yield result("gain_of_relations", gain, label=f"{label}: scikit-learn {best}", low=low, high=high, beside=("same model without relations", scores.average_precision(rows.label, other)), n=len(rows))


def first_right(rows, values, count):
    """Returns, for each query, 1 if a true row is among the first `count`; equal scores count with their share."""
    order = np.argsort(rows.query, kind="stable")
    parts = np.split(order, np.flatnonzero(rows.query[order][1:] != rows.query[order][:-1]) + 1)
    hits, reciprocal, units = [], [], []
    for part in parts:
        scored = np.where(np.isnan(values[part]), -np.inf, values[part])
        true = np.flatnonzero(rows.label[part] == 1)
        if len(true):
            above, equal = int(np.sum(scored > scored[true[0]])), int(np.sum(scored == scored[true[0]]))
            hits.append(min(1.0, max(0.0, (count - above) / equal)))
            reciprocal.append(float(np.mean([1 / (above + place) for place in range(1, equal + 1)])))
        else:
            hits.append(0.0)
            reciprocal.append(0.0)
        units.append(rows.lineage[part[0]])
    return np.array(hits), np.array(reciprocal), np.array(units, object)


def queries(rows, label, columns, main, *, missing=0, trained_on=None):
    """Yields how often the first answers are right; `missing` is the number of questions without any row."""
    baselines = {name: values for name, values in columns.items() if name != main}
    for count, metric in ((1, "share_right_first"), (5, "share_right_in_5")):
        hits, _, units = first_right(rows, columns[main], count)
        whole = np.r_[hits, np.zeros(missing)]
        units = np.r_[units, np.array([f"missing-{at}" for at in range(missing)], object)]
        others = {name: float(np.r_[first_right(rows, values, count)[0], np.zeros(missing)].mean()) for name, values in baselines.items()}
        name = max(others, key=others.get, default=None)
        low, high = scores.interval(units, lambda at: float(whole[at].mean()), rounds=400)
        beside = (name, others[name]) if name else None
        yield result(metric, float(whole.mean()), label=label, low=low, high=high, beside=beside, n=len(whole), positives=int(whole.sum()), trained_on=trained_on)
        for name, value in others.items():
            yield result(metric, value, label=f"{label}: {name}" if label else name, n=len(whole))
    _, reciprocal, units = first_right(rows, columns[main], 1)
    whole = np.r_[reciprocal, np.zeros(missing)]
    units = np.r_[units, np.array([f"missing-{at}" for at in range(missing)], object)]
    low, high = scores.interval(units, lambda at: float(whole[at].mean()), rounds=400)
    yield result("mean_reciprocal_rank", float(whole.mean()), label=label, low=low, high=high, n=len(whole), trained_on=trained_on)


def mean_average_precision(rows, values):
    """Returns the average precision of each query, and its unit of resampling."""
    order = np.argsort(rows.query, kind="stable")
    parts = np.split(order, np.flatnonzero(rows.query[order][1:] != rows.query[order][:-1]) + 1)
    each = [(scores.average_precision(rows.label[part], values[part]), rows.lineage[part[0]]) for part in parts if rows.label[part].sum()]
    return np.array([value for value, _ in each]), np.array([unit for _, unit in each], object)


def first_shares(count):
    """Returns the function that gives, for each question, whether a true row is among the first answers, and its unit."""
    def of(rows, values):
        hits, _, units = first_right(rows, values, count)
        return hits, units

    return of


def python_questions(bench, rows, label, ours, metrics, every):
    """Yields the scores of scikit-learn on the rows of questions, with the program's score on the same rows beside each.

    `metrics` maps a name to a function that gives a value and a unit for each question; `every` has the models' scores.
    """
    for name, values in every.items():
        title = f"{label}: scikit-learn {name}" if label else f"scikit-learn {name}"
        for metric, of in metrics.items():
            each, units = of(rows, values)
            low, high = scores.interval(units, lambda at: float(each[at].mean()), rounds=400)
            beside = ("Araneus, same rows", float(of(rows, ours)[0].mean()))
            yield result(metric, float(each.mean()), label=title, low=low, high=high, beside=beside, n=len(each))


def python_forward(bench, labels, judged, label, ours, metrics, *, until=None, refits=4):
    """Yields the scores of scikit-learn on the questions of later cuts; models learn from the questions before."""
    if not bench.has_python:
        return
    # The program's own sum of its parts is no input.
    features = [name for name in labels.names() if "score" not in labels.about[name].get("role", "").split(",") and not np.isnan(labels.values[name]).all()]
    cuts = np.unique(labels.run[judged])
    late = judged & (labels.run >= (cuts[2 * len(cuts) // 5] if until is None else cuts[0]))
    every = learners.forward(labels, features, late, bench.seed, until, refits)
    if not every:
        bench.note(f"{label or labels.facts.get('outcome')}: under {learners.LEAST_POSITIVES} positives before the first judged cut: no Python baseline")
        return
    values = {name: one[late] for name, one in every.items()}
    yield from python_questions(bench, labels.where(late), label, ours[late], metrics, values)

"""Rows of results.json."""

import math

import scores


def result(metric, value, *, label=None, low=math.nan, high=math.nan, beside=None, n=None, positives=None, trained_on=None):
    """Returns one row; `beside` is (name, value) of the baseline."""
    name, baseline = beside or (None, math.nan)
    return {
        "label": label, "metric": metric, "value": value, "low": low, "high": high, "baseline_name": name,
        "baseline": baseline, "n": n, "positives": positives, "trained_on": trained_on,
    }  # fmt: skip


def share(metric, hits, **facts):
    """Returns a row for the share of hits among trials, with its interval; `hits` has one truth value for each trial."""
    hits = [bool(hit) for hit in hits]
    value, low, high = scores.mean_interval(hits)
    return result(metric, value, low=low, high=high, n=len(hits), positives=sum(hits), **facts)


def mean(metric, values, **facts):
    """Returns a row for the mean of one value for each unit, with its interval."""
    values = list(values)
    value, low, high = scores.mean_interval(values)
    return result(metric, value, low=low, high=high, n=len(values), **facts)

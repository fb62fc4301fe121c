"""Scores of clusters of records against their truth, with bootstrap intervals."""

import itertools
import random
from collections import Counter, defaultdict

DRAWS = 1000


def groups(cluster_of):
    """Returns the records of each cluster."""
    members = defaultdict(list)
    for record, cluster in cluster_of.items():
        members[cluster].append(record)
    return list(members.values())


def pairs_by_bearer(found, truth, may_be_one):
    """Returns for each true bearer the numbers of right, found and true pairs. A wrong pair counts half for each of its bearers."""
    counts = defaultdict(lambda: [0.0, 0.0, 0.0])
    for members in groups(truth):
        for one, other in itertools.combinations(members, 2):
            if may_be_one(one, other):
                counts[truth[one]][2] += 1
        counts[truth[members[0]]][0] += 0
    for members in groups(found):
        for one, other in itertools.combinations(members, 2):
            if not may_be_one(one, other):
                continue
            if truth[one] == truth[other]:
                counts[truth[one]][0] += 1
                counts[truth[one]][1] += 1
            else:
                counts[truth[one]][1] += 0.5
                counts[truth[other]][1] += 0.5
    return list(counts.values())


def f1(counts):
    """Returns the pairwise F1 of summed counts."""
    right, found, true = (sum(row[at] for row in counts) for at in range(3))
    return 2 * right / (found + true) if found + true else 1.0


def interval(counts, seed=1):
    """Returns the interval of 95 % of the bootstrap samples over true bearers."""
    draw = random.Random(seed)
    drawn = sorted(f1(draw.choices(counts, k=len(counts))) for _ in range(DRAWS))
    return drawn[int(DRAWS * 0.025)], drawn[int(DRAWS * 0.975) - 1]


def b_cubed(found, truth):
    """Returns the B-cubed F1: precision and recall of the cluster of each record."""
    sizes, true_sizes = Counter(found.values()), Counter(truth.values())
    both = Counter((found[record], truth[record]) for record in truth)
    precision = sum(both[found[record], truth[record]] / sizes[found[record]] for record in truth) / len(truth)
    recall = sum(both[found[record], truth[record]] / true_sizes[truth[record]] for record in truth) / len(truth)
    return 2 * precision * recall / (precision + recall)


def over_merged(found, truth):
    """Returns the share of clusters that hold records of several bearers."""
    clusters = groups(found)
    return sum(len({truth[record] for record in members}) > 1 for members in clusters) / len(clusters)


def judged(found, truth, may_be_one):
    """Returns all scores of clusters."""
    counts = pairs_by_bearer(found, truth, may_be_one)
    low, high = interval(counts)
    wrong = sum(row[1] - row[0] for row in counts)
    missed = sum(row[2] - row[0] for row in counts)
    return {
        "f1": f1(counts),
        "low": low,
        "high": high,
        "b_cubed": b_cubed(found, truth),
        "over_merged": over_merged(found, truth),
        "wrong_pairs": wrong,
        "missed_pairs": missed,
        "true_pairs": sum(row[2] for row in counts),
    }

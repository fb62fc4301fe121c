"""Task 11: pairs of names with truth, compared by the program."""

import unicodedata

import numpy as np

import scores
from files import Unusable, rows
from results import result


def folded(name):
    """Returns a name without case and accents, for the baseline."""
    text = unicodedata.normalize("NFKD", name.casefold())
    return " ".join("".join(sign for sign in text if not unicodedata.combining(sign)).split())


def jaro_winkler(one, other):
    """Returns the Jaro-Winkler similarity of two texts, from 0 to 1."""
    if one == other:
        return 1.0
    reach = max(len(one), len(other)) // 2 - 1
    taken, first = [False] * len(other), []
    for at, sign in enumerate(one):
        for place in range(max(0, at - reach), min(len(other), at + reach + 1)):
            if not taken[place] and other[place] == sign:
                taken[place] = True
                first.append(sign)
                break
    if not first:
        return 0.0
    second = [sign for sign, is_taken in zip(other, taken) if is_taken]
    swapped = sum(a != b for a, b in zip(first, second)) / 2
    jaro = (len(first) / len(one) + len(first) / len(other) + (len(first) - swapped) / len(first)) / 3
    prefix = next((at for at, (a, b) in enumerate(zip(one[:4], other[:4])) if a != b), min(4, len(one), len(other)))
    return jaro + prefix * 0.1 * (1 - jaro)


def f1(labels, matches):
    """Returns F1 of decisions."""
    right = float(np.sum(labels & matches))
    total = float(labels.sum() + matches.sum())
    return 2 * right / total if total else 0.0


def names(bench, entry):
    if not bench.program.can("compare", "--out"):
        raise Unusable("this program has no command compare")
    paths = bench.paths(entry)
    folder = bench.folder("names")
    for path in paths:
        cases = rows(path)
        if not cases or not {"name1", "name2", "is_match"} <= cases[0].keys():
            raise Unusable(f"{path} lacks name1, name2 or is_match")
        bench.program.run(["compare", path, "--out", folder / "compared.csv"], folder)
        compared = rows(folder / "compared.csv")
        truth = np.array([case["is_match"] == "true" for case in cases])
        score = np.array([float(row["score"]) for row in compared])
        match = np.array([row["match"] == "true" for row in compared])
        plain = np.array([jaro_winkler(folded(case["name1"]), folded(case["name2"])) for case in cases])
        quality = np.array([case.get("quality", "") for case in cases])
        groups = [(None, np.ones(len(cases), bool))] + [(name, quality == name) for name in sorted(set(quality)) if name]
        for label, chosen in groups:
            labels, ours, decided, base = truth[chosen], score[chosen], match[chosen], plain[chosen]
            facts = {"label": label, "n": len(labels), "positives": int(labels.sum())}
            cases_alone = np.arange(len(labels))
            best = max(f1(labels, base >= limit) for limit in np.unique(base))
            low, high = scores.interval(cases_alone, lambda at: f1(labels[at], decided[at]))
            yield result("f1", f1(labels, decided), low=low, high=high, beside=("Jaro-Winkler at its best threshold", best), **facts)
            low, high = scores.interval(cases_alone, lambda at: scores.average_precision(labels[at], ours[at]))
            beside = ("Jaro-Winkler", scores.average_precision(labels, base))
            yield result("average_precision", scores.average_precision(labels, ours), low=low, high=high, beside=beside, **facts)


TASKS = {11: names}

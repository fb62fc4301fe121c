#!/usr/bin/env python3
"""Asks whether a learned re-scorer orders the pairs that wait for a person better than their sum of bits. See README.md.

It learns from some draws of the invented people and is judged on others. It needs scikit-learn beside the environment of `run`.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
import people
import pyarrow
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss

from cost import run


def waiting(seed, options):
    """Runs on one draw of people; returns levels, sum of bits and truth of each pair that waits."""
    folder = options.out.resolve() / str(seed)
    truth = people.write(folder / "people", options.people, seed)
    run(sorted((folder / "people").glob("*.ftm.json")), folder / "run", options)
    with pyarrow.OSFile(str(folder / "run/out/latest/steward/comparisons.arrow")) as file:
        rows = pyarrow.ipc.open_file(file).read_all().to_pylist()
    rows = [row for row in rows if row["state"] == "unsure" and row["bits"] is not None]
    levels = [dict(zip(row["levels"], map(float, row["weights"]), strict=True)) for row in rows]
    of = [[truth[row[column].rsplit(":", 1)[1]] for column in ("identifier", "other_identifier")] for row in rows]
    return levels, np.array([row["bits"] for row in rows]), np.array([one == other for one, other in of])


def main():
    """Prints average precision and Brier score of the sum of bits, of a regression and of trees."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=3000)
    parser.add_argument("--learn", type=int, nargs="+", default=[12, 13])
    parser.add_argument("--judge", type=int, nargs="+", default=[1, 2, 11])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    drawn = {seed: waiting(seed, options) for seed in options.learn + options.judge}
    names = sorted({name for levels, _, _ in drawn.values() for each in levels for name in each})

    def rows(seeds):
        """Returns the weights of all levels and the truth of the pairs of some draws."""
        table = [[each.get(name, 0.0) for name in names] for seed in seeds for each in drawn[seed][0]]
        return np.array(table), np.concatenate([drawn[seed][2] for seed in seeds])

    models = {"regression": LogisticRegression(max_iter=3000), "trees": GradientBoostingClassifier(random_state=0)}
    for model in models.values():
        model.fit(*rows(options.learn))
    for seed in options.judge:
        _, bits, truth = drawn[seed]
        scores = {"sum of bits": 1 / (1 + 2.0**-bits)} | {name: model.predict_proba(rows([seed])[0])[:, 1] for name, model in models.items()}
        for name, score in scores.items():
            precision, brier = average_precision_score(truth, score), brier_score_loss(truth, score)
            print(f"seed {seed}: {len(truth)} pairs, {truth.sum()} true; {name:12} average precision {precision:.3f}, Brier {brier:.3f}")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Asks whether a learned re-scorer orders the pairs that wait for a person better than their sum of bits. See README.md.

It learns from some draws of the invented people and is judged on others. It needs scikit-learn beside the environment of `run`. With `--save`
it writes the regression that is part of the program, `models/review-order.json`.
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import people
import pyarrow
from scipy.optimize import minimize
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss

from cost import run


# A level with one weight in all pairs tells nothing.
CONSTANT = "prior"
# Precision of the prior of a weight: one over its variance.
RIDGE = 1.0


class SignedRegression:
    """A logistic regression whose weights are 0 or above, so that each level keeps its direction."""

    def fit(self, levels, truth):
        """Fits the weights of levels to the truth by L-BFGS-B."""
        sign = np.where(truth, 1.0, -1.0)

        def loss(weights):
            margin = sign * (weights[0] + levels @ weights[1:])
            slope = -sign / (1 + np.exp(margin))
            gradient = np.concatenate([[slope.sum()], levels.T @ slope + RIDGE * weights[1:]])
            return np.logaddexp(0, -margin).sum() + RIDGE / 2 * (weights[1:] ** 2).sum(), gradient

        count = levels.shape[1]
        found = minimize(loss, np.zeros(count + 1), jac=True, method="L-BFGS-B", bounds=[(None, None)] + [(0, None)] * count, options={"maxiter": 5000})
        self.intercept, self.weights = found.x[0], found.x[1:]
        return self

    def predict_proba(self, levels):
        """Returns the probabilities of two and of one entity."""
        one = 1 / (1 + np.exp(-(self.intercept + levels @ self.weights)))
        return np.stack([1 - one, one], axis=1)


def waiting(seed, options):
    """Runs on one draw of people; returns levels, sum of bits, probability of the shipped model and truth of each pair that waits."""
    folder = options.out.resolve() / str(seed)
    truth = people.write(folder / "people", options.people, seed)
    run(sorted((folder / "people").glob("*.ftm.json")), folder / "run", options)
    with pyarrow.OSFile(str(folder / "run/out/latest/steward/comparisons.arrow")) as file:
        rows = pyarrow.ipc.open_file(file).read_all().to_pylist()
    rows = [row for row in rows if row["state"] == "unsure" and row["bits"] is not None]
    levels = [dict(zip(row["levels"], map(float, row["weights"]), strict=True)) for row in rows]
    shipped = np.array([row.get("review_probability") for row in rows])
    of = [[truth[row[column].rsplit(":", 1)[1]] for column in ("identifier", "other_identifier")] for row in rows]
    return levels, np.array([row["bits"] for row in rows]), shipped, np.array([one == other for one, other in of])


def save(path, model, names, rows, truth, options):
    """Writes a regression as readable data, with the digest of the pairs of its fit."""
    digest = hashlib.sha256(json.dumps([names, rows.tolist(), truth.tolist()]).encode()).hexdigest()
    seeds = ", ".join(map(str, options.learn))
    terms = [{"level": name, "weight": round(float(weight), 6)} for name, weight in zip(names, model.weights, strict=True)]
    content = {
        "id": "review-order-1",
        "fitted_on": f"SHA-256 {digest} of pairs that wait; benches/identity/people.py with {options.people} people, seeds {seeds}",
        "kind": "person",
        "pairs": len(truth),
        "matches": int(truth.sum()),
        "intercept": round(float(model.intercept), 6),
        "terms": terms,
    }
    path.write_text(json.dumps(content, indent=2) + "\n")


def main():
    """Prints average precision and Brier score of the sum of bits, of a regression and of trees."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=3000)
    parser.add_argument("--learn", type=int, nargs="+", default=[12, 13, 14, 15, 16, 17])
    parser.add_argument("--judge", type=int, nargs="+", default=[1, 2, 11, 33, 34])
    parser.add_argument("--save", type=Path, help="file for the regression")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    drawn = {seed: waiting(seed, options) for seed in options.learn + options.judge}
    names = sorted({name for seed in options.learn for each in drawn[seed][0] for name in each} - {CONSTANT})

    def rows(seeds):
        """Returns the weights of all levels and the truth of the pairs of some draws."""
        table = [[each.get(name, 0.0) for name in names] for seed in seeds for each in drawn[seed][0]]
        return np.array(table), np.concatenate([drawn[seed][3] for seed in seeds])

    signed = SignedRegression()
    models = {"regression": LogisticRegression(max_iter=3000), "signed": signed, "trees": GradientBoostingClassifier(random_state=0)}
    for model in models.values():
        model.fit(*rows(options.learn))
    if options.save:
        save(options.save, signed, names, *rows(options.learn), options)
    for seed in options.judge:
        _, bits, shipped, truth = drawn[seed]
        scores = {"sum of bits": 1 / (1 + 2.0**-bits), "shipped": shipped} | {name: model.predict_proba(rows([seed])[0])[:, 1] for name, model in models.items()}
        for name, score in scores.items():
            precision, brier = average_precision_score(truth, score), brier_score_loss(truth, score)
            print(f"seed {seed}: {len(truth)} pairs, {truth.sum()} true; {name:12} average precision {precision:.3f}, Brier {brier:.3f}")


if __name__ == "__main__":
    main()

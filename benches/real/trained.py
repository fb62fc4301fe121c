"""The program's own trained models on a label table."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Trained:
    """Probabilities of a model for the judged rows, and what it was trained on."""

    probability: np.ndarray
    on: str
    gains: dict


def scores(bench, archive, path, labels, judged, until):
    """Returns the scores of models that the program trained on a label table; None if this program cannot train on rows."""
    if not bench.program.can("train", "--rows"):
        return None
    return None


def gain_rows(own, label):
    """Yields the paired difference that relations make, as the program printed it."""
    return []

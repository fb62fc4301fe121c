"""The Python baseline: models of scikit-learn on the rows that the program exported, with the same forward splits."""

import warnings

import numpy as np

from scores import ranks_within

# Fewer positives train no model.
LEAST_POSITIVES = 30
# Of more rows, a draw trains the models: tables of questions have hundreds of rows for each question.
MOST_ROWS = 50_000


def models(seed):
    """Returns new models by name; their settings are one choice for all outcomes."""
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return {
        "logistic": make_pipeline(StandardScaler(), LogisticRegression(C=0.05, max_iter=2000)),
        "forest": RandomForestClassifier(200, min_samples_leaf=5, random_state=seed, n_jobs=2),
        "boosting": HistGradientBoostingClassifier(max_iter=150, learning_rate=0.05, max_leaf_nodes=8, random_state=seed),
    }


def inputs(labels, names):
    """Returns the features as the metadata scales them: logarithms, ranks inside a cut, or plain; unknown is the median."""
    columns = []
    for name in names:
        values, scale = labels.values[name].copy(), labels.about[name].get("scale", "plain")
        unknown = np.isnan(values)
        values[unknown] = np.median(values[~unknown]) if (~unknown).any() else 0.0
        if scale == "log":
            values = np.sign(values) * np.log1p(np.abs(values))
        elif scale == "rank":
            values = ranks_within(labels.run, values)
        columns.append(values)
    return np.column_stack(columns) if columns else np.zeros((len(labels), 0))


def forward(labels, names, judged, seed=1, until=None, refits=None):
    """Returns probabilities of each model for the judged rows; each cut is scored by models of labels known before it.

    With `until`, one model of the labels known then scores all cuts. `refits` limits how many times models are fitted.
    """
    matrix, chosen = inputs(labels, names), np.flatnonzero(judged)
    cuts = np.unique(labels.run[chosen])
    groups = np.array_split(cuts, min(len(cuts), refits)) if refits else [[cut] for cut in cuts]
    result = {name: np.full(len(labels), np.nan) for name in models(seed)}
    for group in groups:
        known = ~np.isnan(labels.label) & (labels.known_at <= (until if until is not None else group[0])) & (labels.run < group[0])
        if labels.label[known].sum() < LEAST_POSITIVES or (labels.label[known] == 0).sum() < LEAST_POSITIVES:
            continue
        fit_and_ask(result, matrix, labels.label, np.flatnonzero(known), chosen[np.isin(labels.run[chosen], group)], seed)
    return {name: values for name, values in result.items() if not np.isnan(values[chosen]).any() and len(chosen)}


def fit_and_ask(result, matrix, label, known, asked, seed):
    """Fits each model on the known rows, and writes its probabilities of the asked rows into the result."""
    if len(known) > MOST_ROWS:
        known = np.sort(np.random.default_rng(seed).choice(known, MOST_ROWS, replace=False))
    for name, model in models(seed).items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result[name][asked] = model.fit(matrix[known], label[known]).predict_proba(matrix[asked])[:, 1]


def folds(labels, names, count=10, seed=1):
    """Returns probabilities by folds, for labels that have no time."""
    from sklearn.model_selection import StratifiedKFold

    matrix = inputs(labels, names)
    result = {name: np.full(len(labels), np.nan) for name in models(seed)}
    for train, test in StratifiedKFold(count, shuffle=True, random_state=seed).split(matrix, labels.label):
        fit_and_ask(result, matrix, labels.label, train, test, seed)
    return result


def groups(labels, names, group, seed=1):
    """Returns probabilities of each group of rows, by models of the other groups."""
    matrix = inputs(labels, names)
    result = {name: np.full(len(labels), np.nan) for name in models(seed)}
    for one in np.unique(group):
        fit_and_ask(result, matrix, labels.label, np.flatnonzero(group != one), np.flatnonzero(group == one), seed)
    return result

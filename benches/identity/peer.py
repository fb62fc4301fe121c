"""Splink on DuckDB: links the records of tables by the columns that a task names. A process of its own, so that its time is end to end."""

import json
import logging
import sys

import duckdb
import pandas
import splink.comparison_library as library
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

# Probability from which Splink joins records; Araneus has the same.
THRESHOLD = 0.5


def comparison(column, kind):
    """Returns the comparison that Splink's documentation gives for a kind of column, with term frequencies."""
    if kind in ("name", "person", "text"):
        return library.JaroWinklerAtThresholds(column, [0.92, 0.8]).configure(term_frequency_adjustments=True)
    if kind == "category":
        return library.DamerauLevenshteinAtThresholds(column, [1]).configure(term_frequency_adjustments=True)
    return library.DamerauLevenshteinAtThresholds(column, [1, 2])


def comparisons(columns):
    """Returns all comparisons; two parts of a name have Splink's own comparison, which knows swapped names."""
    names = [column for column, kind in columns if kind == "name"]
    both = [library.ForenameSurnameComparison(*names)] if len(names) == 2 else []
    return both + [comparison(column, kind) for column, kind in columns if not (both and kind == "name")]


def blocking(columns):
    """Returns the blocking rules: each column that few share alone, and every two other columns."""
    alone = [column for column, kind in columns if kind in ("date", "text", "person") or column in SELECTIVE]
    rest = [column for column, _ in columns if column not in alone]
    pairs = [(one, other) for at, one in enumerate(rest) for other in rest[at + 1 :]]
    return [block_on(column) for column in alone] + [block_on(*pair) for pair in pairs]


def frames(task):
    """Reads all tables as texts."""
    read = []
    for path in task["tables"]:
        frame = pandas.read_csv(path, skipinitialspace=True, dtype=str, keep_default_na=False)
        frame.columns = [name.strip() for name in frame.columns]
        frame = frame[[task["key"], *(column for column, _ in task["columns"])]]
        read.append(frame.map(str.strip).replace("", None))
    return read


def linked(task, threads):
    """Fits a model and returns the cluster of each record."""
    columns = [tuple(column) for column in task["columns"]]
    tables = frames(task)
    logging.getLogger("splink").setLevel(logging.ERROR)
    settings = SettingsCreator(
        link_type="link_only" if task["duplicate_free"] else "dedupe_only",
        unique_id_column_name=task["key"],
        comparisons=comparisons(columns),
        blocking_rules_to_generate_predictions=blocking(columns),
    )
    api = DuckDBAPI(duckdb.connect(config={"threads": threads}))
    data = tables if task["duplicate_free"] else pandas.concat(tables, ignore_index=True)
    linker = Linker(data, settings, db_api=api)
    names = [column for column, kind in columns if kind in ("name", "person")]
    certain = block_on(*names, next(column for column, kind in columns if kind in ("date", "text", "identifier", "category")))
    linker.training.estimate_probability_two_random_records_match([certain], recall=0.5)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    others = [column for column, kind in columns if kind in ("date", "text", "category")][:2]
    for rule in (block_on(*names), *(block_on(column) for column in others)):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    predicted = linker.inference.predict(threshold_match_probability=THRESHOLD)
    if task["duplicate_free"]:
        return one_to_one(predicted.as_pandas_dataframe(), tables, task["key"])
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, THRESHOLD).as_pandas_dataframe()
    return dict(zip(clusters[task["key"]], clusters["cluster_id"], strict=True))


def one_to_one(pairs, tables, key):
    """Joins the most probable pairs first, each record once, as Araneus does for duplicate-free tables."""
    cluster = {record: record for table in tables for record in table[key]}
    seen = set()
    ordered = pairs.sort_values("match_weight", ascending=False, kind="stable")
    for one, other in zip(ordered[f"{key}_l"], ordered[f"{key}_r"], strict=True):
        if one not in seen and other not in seen:
            seen |= {one, other}
            cluster[other] = one
            cluster[one] = one
    return cluster


if __name__ == "__main__":
    # Numbers of two digits block too much alone; a column with mostly different values does not.
    TASK = json.loads(sys.argv[1])
    SELECTIVE = set(TASK["selective"])
    json.dump(linked(TASK, int(sys.argv[2])), sys.stdout)

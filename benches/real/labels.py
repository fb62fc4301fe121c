"""Label tables: what `backtest` writes for an outcome, and what the bench writes for labels that come from elsewhere.

Columns: run, candidate_id, pattern, label, label_recorded_at, label_source, lineage, raised, subject, query, then one
column of numbers for each feature. The metadata of a field says how to read the feature; that of the schema, what is asked.
"""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from files import table

HEAD = ("run", "candidate_id", "pattern", "label", "label_recorded_at", "label_source", "lineage", "raised", "subject", "query")
MICROSECONDS_UTC = pa.timestamp("us", tz="UTC")


@dataclass
class Labels:
    """The rows of a label table as arrays; a label is 1, 0 or NaN, a time is in microseconds."""

    run: np.ndarray
    label: np.ndarray
    known_at: np.ndarray
    lineage: np.ndarray
    subject: np.ndarray
    query: np.ndarray
    raised: np.ndarray
    candidate: np.ndarray
    values: dict
    about: dict
    facts: dict = field(default_factory=dict)

    def __len__(self):
        return len(self.run)

    def names(self, role=None, relation=None):
        """Returns the features of a role, with or without relations."""
        found = [name for name, meta in self.about.items() if role is None or role in meta.get("role", "feature").split(",")]
        return [name for name in found if relation is None or (self.about[name].get("relation") == "true") == relation]

    def where(self, rows):
        """Returns the rows of a mask or of positions."""
        arrays = {name: getattr(self, name)[rows] for name in ("run", "label", "known_at", "lineage", "subject", "query", "raised", "candidate")}
        return Labels(**arrays, values={name: column[rows] for name, column in self.values.items()}, about=self.about, facts=self.facts)


def text(column):
    return np.array(["" if value is None else value for value in column.to_pylist()], dtype=object)


def times(column):
    """Returns microseconds since 1970; the least number for an unknown time."""
    return column.cast(pa.int64()).fill_null(np.iinfo(np.int64).min).to_numpy()


def numbers(column):
    return np.array(column.cast(pa.float64()).fill_null(np.nan).to_numpy(zero_copy_only=False))


def described(metadata):
    return {key.decode(): value.decode() for key, value in (metadata or {}).items()}


def read(path):
    """Returns the rows of a label table."""
    rows = table(path)
    features = [name for name in rows.column_names if name not in HEAD]
    label = numbers(rows["label"].cast(pa.int8()))
    return Labels(
        run=times(rows["run"]), label=label, known_at=times(rows["label_recorded_at"]), lineage=text(rows["lineage"]),
        subject=text(rows["subject"]) if "subject" in rows.column_names else text(rows["lineage"]),
        query=text(rows["query"]) if "query" in rows.column_names else np.full(len(rows), "", object),
        raised=np.array([bool(value) for value in rows["raised"].to_pylist()]), candidate=text(rows["candidate_id"]),
        values={name: numbers(rows[name]) for name in features},
        about={name: described(rows.schema.field(name).metadata) for name in features},
        facts=described(rows.schema.metadata),
    )  # fmt: skip


def write(path, labels):
    """Writes a label table as `train --rows` and `evaluate --rows` read it."""
    def moments(values):
        least = np.iinfo(np.int64).min
        return pa.array([None if value == least else int(value) for value in values], MICROSECONDS_UTC)

    known = [None if np.isnan(value) else bool(value) for value in labels.label]
    columns = [
        ("run", moments(labels.run)), ("candidate_id", pa.array(labels.candidate, pa.string())),
        ("pattern", pa.array([labels.facts["outcome"]] * len(labels), pa.string())), ("label", pa.array(known, pa.bool_())),
        ("label_recorded_at", moments(labels.known_at)),
        ("label_source", pa.array([None if value is None else "history" for value in known], pa.string())),
        ("lineage", pa.array(labels.lineage, pa.string())), ("raised", pa.array(labels.raised.tolist(), pa.bool_())),
        ("subject", pa.array(labels.subject, pa.string())), ("query", pa.array([value or None for value in labels.query], pa.string())),
    ]  # fmt: skip
    fields = [pa.field(name, column.type) for name, column in columns]
    for name, values in labels.values.items():
        columns.append((name, pa.array([None if np.isnan(value) else float(value) for value in values], pa.float64())))
        fields.append(pa.field(name, pa.float64(), metadata=labels.about[name]))
    schema = pa.schema(fields, metadata=labels.facts)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, schema) as writer:
        writer.write_table(pa.Table.from_arrays([column for _, column in columns], schema=schema))


def made(outcome, question, run, label, known_at, subject, values, about, *, lineage=None, horizon=("horizon_runs", "1"), budget=20):
    """Returns labels of the bench's own: `about` has, for each feature, a sentence or a dictionary of its metadata."""
    count = len(run)
    metadata = {}
    for name, meta in about.items():
        meta = meta if isinstance(meta, dict) else {"about": meta}
        metadata[name] = {"about": name, "scale": "plain", "family": "bench", "relation": "false", "sign": "", "role": "feature"} | meta
    subject = np.asarray(subject, object)
    return Labels(
        run=np.asarray(run, np.int64), label=np.asarray(label, float), known_at=np.asarray(known_at, np.int64),
        lineage=subject if lineage is None else np.asarray(lineage, object), subject=subject, query=np.full(count, "", object),
        raised=np.zeros(count, bool), candidate=np.array([f"row-{at}" for at in range(count)], object),
        values={name: np.asarray(column, float) for name, column in values.items()}, about=metadata,
        facts={"outcome": outcome, "question": question, horizon[0]: horizon[1], "budget": str(budget)},
    )  # fmt: skip

"""Opens large tables of a run with pyarrow, Polars, DuckDB and pandas: all rows, equal values, the declared types.

Tables of 1 MiB and more are compressed, so a demo is too small. The readers are in the environment of `exports.py`.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benches" / "scale"))

from _demo import finish, run
from exports import ENVIRONMENT, environment
from inputs import write_table

ROWS, COMPRESSED_BYTES = 20_000, 1 << 20
CONFIGURATION = '[model]\nid = "rules"\n[[source]]\nname = "list"\nmapping = "indicator-list"\n'


def publish(folder, form):
    """Publishes a run of a drawn table in a file format, and returns its folder of tables."""
    folder = folder / form
    folder.mkdir()
    (folder / "araneus.toml").write_text(CONFIGURATION)
    write_table(folder / "list.csv", 0, ROWS, 1)
    run(["run", "list=list.csv", "--future", "--as-of", "2026-07-01", "--format", form, "--quiet"], folder)
    return folder / "out" / "latest" / "all"


def is_compressed(path):
    """Returns whether the first batch of an Arrow file is compressed: a mapped one needs no memory of its own."""
    import pyarrow
    import pyarrow.ipc

    before = pyarrow.total_allocated_bytes()
    with pyarrow.memory_map(str(path)) as file:
        reader = pyarrow.ipc.open_file(file)
        if reader.num_record_batches == 0:
            return False
        batch = reader.get_batch(0)
        return pyarrow.total_allocated_bytes() - before > batch.nbytes // 2


def frames(arrow, parquet, name):
    """Yields each reader with its table as a pyarrow table, and the form that it read."""
    import duckdb
    import pandas
    import polars
    import pyarrow
    import pyarrow.dataset
    import pyarrow.ipc
    import pyarrow.parquet

    files = (arrow / f"{name}.arrow", parquet / f"{name}.parquet")
    yield "pyarrow, Arrow", pyarrow.ipc.open_file(str(files[0])).read_all()
    yield "pyarrow, Parquet", pyarrow.parquet.read_table(files[1])
    yield "Polars, Arrow", polars.read_ipc(files[0]).to_arrow()
    yield "Polars, Arrow, lazily", polars.scan_ipc(files[0]).collect().to_arrow()
    yield "Polars, Parquet", polars.read_parquet(files[1]).to_arrow()
    dataset = pyarrow.dataset.dataset(files[0], format="arrow")
    yield "DuckDB, Arrow", duckdb.query("select * from dataset").to_arrow_table()
    yield "DuckDB, Parquet", duckdb.query(f"select * from '{files[1]}'").to_arrow_table()
    backend = {"dtype_backend": "pyarrow"}
    yield "pandas, Arrow", pyarrow.Table.from_pandas(pandas.read_feather(files[0], **backend))
    yield "pandas, Parquet", pyarrow.Table.from_pandas(pandas.read_parquet(files[1], **backend))


def values(table):
    """Returns the values of a table by column; times are numbers, because readers give them other time zones."""
    import pyarrow

    def plain(column):
        kind = column.type
        if pyarrow.types.is_timestamp(kind):
            column = column.cast(pyarrow.timestamp("us", kind.tz)).cast(pyarrow.int64())
        return column.to_pylist()

    return {name: plain(table[name]) for name in table.column_names}


def check(arrow, parquet):
    """Yields each difference between the readers, for the tables that are compressed."""
    import pyarrow.ipc

    large = [path.stem for path in sorted(arrow.glob("*.arrow")) if is_compressed(path)]
    if not {"entities", "links", "evidence", "metrics", "changes"} <= set(large):
        yield f"too few tables are compressed: {large}"
    if "flags" in large:
        yield "an empty table is compressed"
    for name in large:
        expected = None
        for reader, table in frames(arrow, parquet, name):
            found = values(table)
            expected = found if expected is None else expected
            if found != expected:
                differing = [column for column in expected if found.get(column) != expected[column]]
                yield f"{name}: {reader} reads other values than pyarrow in {differing}"
        plain = pyarrow.ipc.open_file(str(arrow / f"{name}.arrow")).read_all()
        if plain.nbytes < COMPRESSED_BYTES // 2:
            yield f"{name}: a small table is compressed"
        declared = plain.schema
        if any(str(field.type).startswith("dictionary") for field in declared):
            yield f"{name}: a column has another type than the declared one"


def main():
    python = environment()
    if python is None:
        print("SKIPPED: the readers of tables cannot be installed")
        return
    if Path(sys.prefix).resolve() != ENVIRONMENT.resolve():
        raise SystemExit(subprocess.run([python, __file__], check=False).returncode)
    with tempfile.TemporaryDirectory(prefix="araneus-") as folder:
        failures = list(check(publish(Path(folder), "arrow"), publish(Path(folder), "parquet")))
    finish("table readers", failures)


if __name__ == "__main__":
    main()

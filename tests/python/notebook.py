"""Runs the notebooks against fresh demos, and reads every table of a night with pyarrow, as a researcher would."""

import io
import json
import os
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

sys.dont_write_bytecode = True

import _wheel

_wheel.enter(__file__)

import pyarrow as pa
import pyarrow.parquet

import _notebooks as expected
from _demo import PROJECT, demo, finish, run

MICROSECONDS_UTC = pa.timestamp("us", tz="UTC")


def read_arrow(path):
    with pa.OSFile(str(path)) as file:
        return pa.ipc.open_file(file).read_all()


def tables(folder, suffix):
    """Returns the paths of a night's tables by `folder/name`."""
    return {f"{path.parent.name}/{path.stem}": path for path in sorted(folder.glob(f"*/*.{suffix}"))}


def described(name, schema):
    """Yields what is undocumented, or a time in another unit than the contract's."""
    if not (schema.metadata or {}).get(b"description"):
        yield f"{name}: the table has no description"
    for field in schema:
        if not (field.metadata or {}).get(b"description"):
            yield f"{name}.{field.name}: no description"
        if pa.types.is_temporal(field.type) and field.type != MICROSECONDS_UTC:
            yield f"{name}.{field.name}: {field.type} is not {MICROSECONDS_UTC}"


def slack(name, array):
    """Yields buffers that hold more than the values in view: what a filter or a slice removed."""
    if array.offset:
        yield f"{name}: begins at {array.offset} of its buffers"
    if pa.types.is_list(array.type):
        within = array.values
        ends = array.offsets.to_pylist()
        if ends and (ends[0] != 0 or ends[-1] != len(within)):
            yield f"{name}: its lists use {ends[0]} to {ends[-1]} of {len(within)} values"
        yield from slack(f"{name} (values)", within)
    elif pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        seen = sum(len(value.encode()) for value in array.to_pylist() if value is not None)
        text = array.buffers()[2]
        if (text.size if text else 0) != seen:
            yield f"{name}: {text.size} bytes of text kept for {seen} in view"
    elif pa.types.is_dictionary(array.type):
        yield f"{name}: a dictionary may keep values that no row uses"


def batches_slack(name, path):
    with pa.OSFile(str(path)) as file:
        reader = pa.ipc.open_file(file)
        for at in range(reader.num_record_batches):
            batch = reader.get_batch(at)
            for field, column in zip(batch.schema, batch.columns):
                yield from slack(f"{name}.{field.name}", column)


def a_slice_is_noticed():
    """Shows that the check on buffers can fail: a sliced batch written as it is would be caught."""
    whole = pa.array(["kept", "removed"])
    lists = pa.array([["kept"], ["removed"]])
    ok = not list(slack("whole", whole)) and not list(slack("lists", lists))
    caught = list(slack("slice", whole.slice(0, 1))) and list(slack("slice", lists.slice(0, 1)))
    if not (ok and caught):
        yield "the check on hidden text does not see hidden text"


def gone_is_gone(out):
    """Yields what the last night's tables still say of entities that only the night before had."""
    nights = sorted(path for path in out.iterdir() if path.is_dir() and not path.is_symlink())
    before, tonight = (read_arrow(night / "all" / "entities.arrow").to_pylist() for night in nights[-2:])
    still = {row["entity_id"] for row in tonight}
    gone = [row["entity_id"] for row in before if row["entity_id"] not in still]
    if not gone:
        yield "the story no longer ends with an entity that goes: nothing was looked for"
    raw = {name: path.read_bytes() for name, path in tables(nights[-1], "arrow").items()}
    # Looking for text in a file proves nothing unless text that is there is found.
    if tonight[0]["entity_id"].encode() not in raw["all/entities"]:
        yield "all/entities: its bytes do not hold the text of its own rows"
    for name, data in raw.items():
        # What went is told in changes, and nowhere else.
        if name != "all/changes":
            yield from (f"{name}: still holds {entity}" for entity in gone if entity.encode() in data)


def parquet_equals_arrow(folder, arrow):
    """Yields where the same night, surveyed again and written as Parquet, differs from its Arrow tables."""
    deliveries = folder / "araneus-demo" / "deliveries"
    # Without paths in the configuration nothing is read: the night is surveyed again from the archive.
    lines = (deliveries / "araneus.toml").read_text().splitlines()
    config = folder / "replay.toml"
    config.write_text("\n".join(line for line in lines if not line.startswith("paths")))
    moment = json.loads((folder / "araneus-demo/out/latest/manifest.json").read_text())["as_of"]
    state = folder / "araneus-demo" / "state"
    run(["run", "--config", config, "--state", state, "--out", "replay", "--as-of", moment, "--format", "parquet"], folder)
    parquet = tables(folder / "replay" / "latest", "parquet")
    if parquet.keys() != arrow.keys():
        yield f"tables differ: {sorted(parquet.keys() ^ arrow.keys())}"
    for name in sorted(parquet.keys() & arrow.keys()):
        one, other = read_arrow(arrow[name]), pa.parquet.read_table(parquet[name])
        yield from described(f"{name}.parquet", other.schema)
        if not one.schema.equals(other.schema):
            yield f"{name}: the schema differs in Parquet: {other.schema}"
        elif not one.equals(other):
            yield f"{name}: the rows differ in Parquet"


def is_drawn(figure):
    """Says whether something of a figure's axes is in its picture."""
    return figure.axes and all(axis.has_data() for axis in figure.axes)


def notebook_runs(name, folder, promised):
    """Yields what goes wrong when a notebook's cells run in order, in a folder where the demo was made."""
    notebook = PROJECT / "notebooks" / f"{name}.ipynb"
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    cells = [cell for cell in json.loads(notebook.read_text())["cells"] if cell["cell_type"] == "code"]
    if len(cells) != len(promised):
        yield f"{notebook.name} has {len(cells)} code cells, and {len(promised)} are checked"
    if any(cell["outputs"] for cell in cells):
        yield f"{notebook.name} is kept without outputs, which would grow stale"
    names = {"__name__": "__main__"}
    here = Path.cwd()
    # Where the plots are wanted, to be looked at; nowhere otherwise.
    pictures = os.environ.get("ARANEUS_PLOTS")
    pictures = pictures and Path(pictures).resolve()
    os.chdir(folder)
    plt.show = lambda: None
    try:
        for cell, (lacks, plots) in zip(cells, promised):
            title = f"{notebook.stem}, {cell['id']}"
            printed = io.StringIO()
            try:
                with redirect_stdout(printed):
                    exec(compile("".join(cell["source"]), cell["id"], "exec"), names)
            except (Exception, SystemExit) as error:
                yield f"{title}: {type(error).__name__}: {error}"
                return
            text = printed.getvalue()
            if not text.strip():
                yield f"{title}: printed nothing"
            else:
                yield from (f"{title}: lacks {word}" for word in lacks(text))
            figures = [plt.figure(number) for number in plt.get_fignums()]
            if len(figures) != plots or not all(is_drawn(figure) for figure in figures):
                yield f"{title}: {len(figures)} plots with something in them, not {plots}"
            for figure in figures:
                if pictures:
                    figure.savefig(pictures / f"{notebook.stem}-{cell['id']}.png", dpi=110)
            plt.close("all")
    finally:
        os.chdir(here)


def main():
    failures = list(a_slice_is_noticed())
    with demo("--example") as folder:
        out = folder / "araneus-demo" / "out"
        arrow = tables(out / "latest", "arrow")
        for name, path in arrow.items():
            failures += described(name, read_arrow(path).schema)
            failures += batches_slack(name, path)
        failures += gone_is_gone(out)
        failures += parquet_equals_arrow(folder, arrow)
        failures += notebook_runs("first-look", folder, expected.first_look(out / "latest" / "all"))
        failures += notebook_runs("diff", folder, expected.diff(out))
    with demo() as folder:
        night = folder / "araneus-demo" / "out" / "latest" / "all"
        for name, promises in expected.OF_DEMO.items():
            failures += notebook_runs(name, folder, promises(night))
    with tempfile.TemporaryDirectory(prefix="araneus-") as folder:
        failures += notebook_runs("own-graph", folder, expected.own_graph())
    every = {path.stem for path in (PROJECT / "notebooks").glob("*.ipynb")}
    checked = {"first-look", "diff", "own-graph", *expected.OF_DEMO}
    if every != checked:
        failures.append(f"notebooks that are not checked, or not there: {sorted(every ^ checked)}")
    finish(f"{len(arrow)} tables and {len(checked)} notebooks", failures)


main()

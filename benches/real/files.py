"""Readers of the files of a data folder and of the tables that the program wrote."""

import csv
import io
import json
import tomllib

import pyarrow as pa


class Unusable(Exception):
    """An input cannot be judged; the message is the reason that the results name."""


def raw(path):
    """Returns the bytes of a file; Zstandard is recognised by the suffix."""
    if not path.is_file():
        raise Unusable(f"{path} is not a file")
    kind = "zstd" if path.suffix == ".zst" else None
    with pa.input_stream(str(path), compression=kind) as stream:
        return stream.read()


def either(path):
    """Returns the path itself, or the path with the suffix of Zstandard if only that file exists."""
    packed = path.with_name(f"{path.name}.zst")
    return packed if packed.is_file() and not path.is_file() else path


def rows(path, names=None, delimiter=","):
    """Returns the rows of a table of text as dictionaries; `names` are the columns of a table without a header."""
    text = io.StringIO(raw(path).decode("utf-8-sig"), newline="")
    return list(csv.DictReader(text, fieldnames=names, delimiter=delimiter))


def lines_of_json(path):
    """Yields the objects of a file of JSON lines, one at a time."""
    with pa.input_stream(str(path), compression="zstd" if path.suffix == ".zst" else None) as stream:
        for line in io.TextIOWrapper(io.BufferedReader(stream), encoding="utf-8"):
            if line.strip():
                yield json.loads(line)


def document(path):
    """Returns a JSON document."""
    return json.loads(raw(path))


def toml(path):
    """Returns a TOML document."""
    try:
        return tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Unusable(f"{path}: {error}") from None


def table(path):
    """Returns an Arrow table that the program wrote."""
    if not path.is_file():
        raise Unusable(f"the program wrote no {path.name}")
    with pa.memory_map(str(path)) as file:
        return pa.ipc.open_file(file).read_all()


def records(path):
    """Returns the rows of an Arrow table as dictionaries."""
    return table(path).to_pylist()

"""Opens the exports of a demo with the libraries that people use: stix2, pymisp, networkx, igraph, polars, duckdb, pyarrow.

The libraries are in an environment of their own, which this check makes once below the build folder.
"""

import csv
import filecmp
import json
import os
import subprocess
import sys
import time
import venv
from pathlib import Path

sys.dont_write_bytecode = True

from _demo import PROJECT, demo, finish, run

REQUIREMENTS = Path(__file__).with_name("exports-requirements.txt")
ENVIRONMENT = PROJECT / os.environ.get("CARGO_TARGET_DIR", "target") / "exports-env"
OWN_TYPE = "x-araneus-entity"


def environment():
    """Returns the Python of the environment, made where it is missing or old; `None` if packages cannot be installed."""
    python, made = ENVIRONMENT / "bin" / "python", ENVIRONMENT / "requirements.txt"
    if made.is_file() and filecmp.cmp(REQUIREMENTS, made, shallow=False):
        return python
    venv.create(ENVIRONMENT, with_pip=True, clear=True)
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", REQUIREMENTS]
    if subprocess.run(install, check=False).returncode != 0:
        return None
    # The copy is the last step, so that an incomplete environment is created again.
    made.write_bytes(REQUIREMENTS.read_bytes())
    return python


def export(folder, *arguments):
    """Exports in a demo's folder, and returns the path."""
    to = Path(folder) / ("export-" + "-".join(argument.strip("-") for argument in arguments))
    where = ["--state", "araneus-demo/state", "--out", "araneus-demo/out", "--audience", AUDIENCE]
    run(["export", *arguments, "--to", to, *where], folder)
    return to


AUDIENCE = "all"


def check_stix(folder):
    """Parses bundles with stix2, and validates them."""
    import stix2
    import stix2validator

    for scope in (["--unjudged"], ["--all"]):
        path = export(folder, "stix", *scope)
        text = path.read_text()
        parsed = stix2.parse(text, allow_custom=True)
        if len(parsed.objects) != len(json.loads(text)["objects"]):
            yield f"stix {scope}: stix2 reads {len(parsed.objects)} objects"
        for thing in parsed.objects:
            kind = thing["type"]
            if kind == OWN_TYPE:
                continue
            if type(thing) is dict:
                yield f"stix {scope}: stix2 has no class for {kind}"
        if scope == ["--unjudged"]:
            groupings = [thing for thing in parsed.objects if thing["type"] == "grouping"]
            if not groupings:
                yield "stix: no grouping"
            if any(thing.labels[0] != ("revoked" if thing.get("revoked") else "unjudged") for thing in groupings):
                yield "stix: a grouping that nobody confirmed is not labelled"
            if any(thing["type"] == "indicator" for thing in parsed.objects):
                yield "stix: an indicator was made"
        marked = [thing for thing in parsed.objects if thing["type"] not in ("marking-definition",)]
        if not any(thing.get("object_marking_refs") for thing in marked):
            yield f"stix {scope}: no object is marked"
        options = stix2validator.ValidationOptions(version="2.1", strict=False)
        result = stix2validator.validate_string(text, options)
        results = result if isinstance(result, list) else [result]
        for one in results:
            yield from (f"stix {scope}: validator: {error}" for error in one.errors or [])
            if not one.is_valid:
                yield f"stix {scope}: not valid"


def check_misp(folder):
    """Loads every event of the feed with pymisp."""
    import pymisp

    for scope in (["--unjudged"], ["--all"]):
        feed = export(folder, "misp", *scope)
        manifest = json.loads((feed / "manifest.json").read_text())
        if not manifest:
            yield f"misp {scope}: the feed is empty"
        links = 0
        for uuid, row in manifest.items():
            event = pymisp.MISPEvent()
            event.load_file(feed / f"{uuid}.json")
            if event.uuid != uuid or event.info != row["info"]:
                yield f"misp {scope}: {uuid} is not the event of its row"
            if event.published or int(event.distribution) != 0:
                yield f"misp {scope}: {uuid} is published or distributed"
            attributes = list(event.attributes) + [inner for outer in event.objects for inner in outer.attributes]
            if any(attribute.to_ids for attribute in attributes):
                yield f"misp {scope}: an attribute of {uuid} is for detection"
            is_revoked = any(tag.name == 'araneus:export="revoked"' for tag in event.tags)
            if not attributes and not is_revoked:
                yield f"misp {scope}: {uuid} has no attribute"
            uuids = {attribute.uuid for attribute in event.attributes}
            for link in (outer for outer in event.objects if outer.name == "araneus-link"):
                links += 1
                ends = [reference.referenced_uuid for reference in link.references]
                if len(ends) != 2 or not uuids.issuperset(ends):
                    yield f"misp {scope}: a link of {uuid} refers to no attribute of its event"
            # A server accepts only categories of the type.
            known = pymisp.MISPAttribute().describe_types["category_type_mappings"]
            for attribute in attributes:
                if attribute.type not in known[attribute.category]:
                    yield f"misp: the category {attribute.category} has no type {attribute.type}"
            json.loads(event.to_json())
        if bool(links) != (scope == ["--unjudged"]):
            yield f"misp {scope}: {links} links of flags"
        for line in (feed / "hashes.csv").read_text().splitlines():
            digest, uuid = line.split(",")
            if len(digest) != 32 or uuid not in manifest:
                yield f"misp {scope}: a row of hashes.csv"


def sizes(folder):
    """Returns the numbers of entities and links in the published tables."""
    import pyarrow.ipc

    tables = Path(folder) / "araneus-demo" / "out" / "latest" / AUDIENCE
    read = (pyarrow.ipc.open_file(tables / f"{name}.arrow").read_all() for name in ("entities", "links"))
    return tuple(table.num_rows for table in read)


def check_graphs(folder):
    """Reads both graph formats with networkx, GraphML also with igraph, and Cytoscape JSON."""
    import igraph
    import networkx

    entities, links = sizes(folder)
    graphml = export(folder, "graphml", "--all")
    graph = networkx.read_graphml(graphml, force_multigraph=True)
    other = igraph.Graph.Read_GraphML(str(graphml))
    dynamic = networkx.read_gexf(export(folder, "gexf", "--all"), version="1.3")
    for name, found in (("networkx graphml", (graph.number_of_nodes(), graph.number_of_edges())),
                        ("igraph graphml", (other.vcount(), other.ecount())),
                        ("networkx gexf", (dynamic.number_of_nodes(), dynamic.number_of_edges()))):
        if found != (entities, links):
            yield f"{name}: {found}, not {(entities, links)}"
    if not all("label" in data and "kind" in data for _, data in graph.nodes(data=True)):
        yield "graphml: a node without its label"
    if not all(isinstance(data["weight"], float) for *_, data in graph.edges(data=True)):
        yield "graphml: a weight is no number"
    if not dynamic.is_directed() or not any("spells" in data for _, data in dynamic.nodes(data=True)):
        yield "gexf: no node has a spell"
    document = json.loads(export(folder, "cytoscape", "--all").read_text())
    elements = document["elements"]
    if (len(elements["nodes"]), len(elements["edges"])) != (entities, links):
        yield "cytoscape: another number of nodes or edges"


def check_tables(folder):
    """Reads Parquet and Arrow with polars, duckdb and pyarrow, and CSV with its header."""
    import duckdb
    import polars
    import pyarrow.ipc

    entities, links = sizes(folder)
    parquet = export(folder, "parquet", "--all")
    if polars.read_parquet(parquet / "entities.parquet").height != entities:
        yield "parquet: polars reads another number of entities"
    joined = duckdb.sql(f"""select count(*) from '{parquet}/links.parquet' l join '{parquet}/entities.parquet' e
                            on l.from_id = e.entity_id""").fetchall()[0][0]
    if joined != links:
        yield f"parquet: duckdb joins {joined} links, not {links}"
    arrow = export(folder, "arrow", "--unjudged")
    flags = pyarrow.ipc.open_file(arrow / "flags.arrow").read_all()
    chosen = pyarrow.ipc.open_file(arrow / "entities.arrow").read_all()
    if not flags.num_rows or not 0 < chosen.num_rows < entities:
        yield "arrow: the flags, or their entities"
    named = {one for ids in flags["entity_ids"].to_pylist() for one in ids}
    if not set(chosen["entity_id"].to_pylist()) <= named:
        yield "arrow: an entity of no flag"
    # A buffer must not hold the text of a row that was left out.
    left_out = pyarrow.ipc.open_file(Path(folder) / "araneus-demo/out/latest" / AUDIENCE / "entities.arrow").read_all()
    hidden = set(left_out["label"].to_pylist()) - set(chosen["label"].to_pylist())
    stored = (arrow / "entities.arrow").read_bytes()
    lists = ("aliases", "identifiers", "sources", "warning_lists")
    # A buffer has the texts one after the other, so that two neighbours may read as a third one.
    shown = ["".join(text for row in chosen[column].to_pylist() for text in row) for column in lists]
    shown.append("".join(chosen["label"].to_pylist()))
    for label in hidden:
        if len(label) > 12 and label.encode() in stored and not any(label in text for text in shown):
            yield "arrow: a removed value is left in a buffer"
            break
    folder_csv = export(folder, "csv", "--all")
    with open(folder_csv / "nodes.csv", newline="") as file:
        nodes = {row["Id"] for row in csv.DictReader(file)}
    with open(folder_csv / "edges.csv", newline="") as file:
        edges = list(csv.DictReader(file))
    if len(nodes) != entities or len(edges) != links:
        yield "csv: another number of nodes or edges"
    if not all(row["Source"] in nodes and row["Target"] in nodes for row in edges):
        yield "csv: an edge without its nodes"


def main():
    python = environment()
    if python is None:
        print("SKIPPED: the readers of exports cannot be installed")
        return
    if Path(sys.prefix).resolve() != ENVIRONMENT.resolve():
        raise SystemExit(subprocess.run([python, __file__], check=False).returncode)
    failures = []
    with demo() as folder:
        for check in (check_tables, check_graphs, check_misp, check_stix):
            began = time.monotonic()
            try:
                failures.extend(list(check(folder))[:10])
            except Exception as error:  # A reader that cannot open an export is a failure like any other.
                failures.append(f"{check.__name__}: {error!r}")
            print(f"{check.__name__}: {time.monotonic() - began:.0f} s", flush=True)
    finish("exports", failures)


if __name__ == "__main__":
    main()

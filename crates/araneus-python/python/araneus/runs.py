"""Published runs: their tables as tables of pyarrow, and explanations of their ids."""

from __future__ import annotations

import json
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.ipc

from .networks import Network
from .programs import program

if TYPE_CHECKING:
    import igraph
    import networkx

_OWNER = ".araneus-out.json"


def runs(out: str | PathLike[str]) -> list[str]:
    """Return the names of the runs in a folder for results, oldest first.

    >>> runs("araneus-demo/out") == sorted(runs("araneus-demo/out"))
    True
    """
    folders = (path for path in Path(out).iterdir() if path.is_dir() and not path.is_symlink())
    return sorted(path.name for path in folders if (path / "manifest.json").is_file())


def open_run(
    path: str | PathLike[str] = "out",
    *,
    run: str | None = None,
    audience: str | None = None,
    state: str | PathLike[str] | None = None,
    config: str | PathLike[str] | None = None,
) -> Run:
    """Open a run: a folder for results (its latest run, or ``run``), the folder of a run, or that of an audience.

    Without ``audience`` the results for everyone are opened, or those of the only audience; ``steward`` opens the
    tables of the data steward. ``state`` and ``config`` are for :meth:`Run.explain` if the archive was moved, or if
    the configuration is not where the program looks for it.

    >>> opened = open_run("araneus-demo/out")
    >>> opened.audience
    'all'
    >>> opened.flags.num_rows > 0
    True
    """
    folder = _run_folder(Path(path), run)
    if not (folder / "manifest.json").is_file() and (folder.parent / "manifest.json").is_file():
        audience, folder = audience or folder.name, folder.parent
    if not (folder / "manifest.json").is_file():
        raise FileNotFoundError("the folder is not that of a run, and has no run: it has no manifest.json")
    return Run(folder.resolve(), _audience(folder, audience), state=state, config=config)


def _run_folder(path: Path, run: str | None) -> Path:
    if not path.is_dir():
        raise FileNotFoundError("there is no folder at this path")
    if run is None or run == "latest":
        latest = path / "latest"
        # Where a system has no links, `latest` is a file with the name of the run.
        return path / latest.read_text(encoding="utf-8").strip() if latest.is_file() else latest if latest.is_dir() else path
    digits = run.replace("-", "").replace(":", "")
    found = [name for name in runs(path) if name.startswith(digits)]
    exact = [name for name in found if name == digits] or found
    if len(exact) != 1:
        raise KeyError(f"the name of the run fits {len(exact)} runs; runs() lists all")
    return path / exact[0]


def _audience(folder: Path, audience: str | None) -> str:
    names = _audiences(folder)
    if audience is not None:
        if audience not in (*names, "steward") or not (folder / audience).is_dir():
            raise KeyError(f"the run has no such audience; it has {', '.join(names)}")
        return audience
    if "all" in names:
        return "all"
    if len(names) != 1:
        raise ValueError(f"choose an audience of {', '.join(names)}")
    return names[0]


def _audiences(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name != "steward")


class Run:
    """One audience's tables of one run. Every table is read once, at its first use."""

    def __init__(
        self,
        folder: Path,
        audience: str,
        *,
        state: str | PathLike[str] | None = None,
        config: str | PathLike[str] | None = None,
    ) -> None:
        self.folder = folder
        self.audience = audience
        self._state = state
        self._config = config
        self._tables: dict[str, pa.Table] = {}

    def __repr__(self) -> str:
        return f"<araneus.Run {self.name}, audience {self.audience}>"

    @property
    def name(self) -> str:
        """Name of the run, which is that of its folder."""
        return self.folder.name

    @property
    def audiences(self) -> list[str]:
        """Names of all audiences of the run."""
        return _audiences(self.folder)

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Versions, configuration, digests and counts of the run."""
        manifest: dict[str, Any] = json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))
        return manifest

    @property
    def tables(self) -> list[str]:
        """Names of the tables.

        >>> "flags" in open_run("araneus-demo/out").tables
        True
        """
        paths = (self.folder / self.audience).iterdir()
        return sorted({path.stem for path in paths if path.suffix in (".arrow", ".parquet")})

    def table(self, name: str) -> pa.Table:
        """Return a table by its name; ``docs/tables.md`` and the metadata of the fields describe every column."""
        if name not in self._tables:
            self._tables[name] = _read(self.folder / self.audience, name)
        return self._tables[name]

    @property
    def queue(self) -> pa.Table:
        """The review queue: flags with a rank, in order.

        >>> open_run("araneus-demo/out").queue["rank"][0].as_py()
        1
        """
        return self.flags.filter(self.flags["rank"].is_valid()).sort_by("rank")

    @property
    def network(self) -> Network:
        """Entities and links."""
        return Network(self.entities, self.links)

    def to_networkx(self) -> networkx.MultiDiGraph[str]:
        """Return :meth:`Network.to_networkx` of all entities and links."""
        return self.network.to_networkx()

    def to_igraph(self) -> igraph.Graph:
        """Return :meth:`Network.to_igraph` of all entities and links."""
        return self.network.to_igraph()

    def ego(self, entity: str, hops: int = 1) -> Network:
        """Return the surroundings of an entity; see :meth:`Network.ego`."""
        return self.network.ego(entity, hops)

    def previous(self) -> Run | None:
        """Return the run before this one, for the same audience; ``None`` for the first."""
        earlier = [name for name in runs(self.folder.parent) if name < self.name]
        earlier = [name for name in earlier if (self.folder.parent / name / self.audience).is_dir()]
        if not earlier:
            return None
        return Run(self.folder.parent / earlier[-1], self.audience, state=self._state, config=self._config)

    def explain(self, subject: str, other: str | None = None) -> dict[str, Any]:
        """Explain a flag, candidate, entity, link or community, as ``araneus explain --json`` does.

        The answer is computed from the archive, so the archive must be there. With ``other`` it says why two names
        mean one entity, or two.

        >>> opened = open_run("araneus-demo/out")
        >>> answer = opened.explain(opened.queue["flag_id"][0].as_py())
        >>> isinstance(answer, dict)
        True
        """
        arguments = [subject] if other is None else [subject, other]
        answer: dict[str, Any] = json.loads(program("explain", "--json", *self.options(), "--", *arguments))
        return answer

    def options(self) -> list[str]:
        """Return the options by which commands of the program answer about this run and audience."""
        out = self.folder.parent
        state = self._state
        if state is None:
            owner = out / _OWNER
            if not owner.is_file():
                raise FileNotFoundError("the folder for results does not name its archive; pass state=")
            state = out / json.loads(owner.read_text(encoding="utf-8"))["state"]
        options = ["--run", self.name, "--out", str(out), "--state", str(state), "--audience", self.audience]
        return options if self._config is None else [*options, "--config", str(self._config)]

    @property
    def entities(self) -> pa.Table:
        """One row for each entity of the audience's view, after resolution."""
        return self.table("entities")

    @property
    def identifiers(self) -> pa.Table:
        """One row for each identifier of an entity, with the rule and the visible record that assign it."""
        return self.table("identifiers")

    @property
    def pairs(self) -> pa.Table:
        """One row for each pair of entities that waits for a person's judgement, the most consequential first."""
        return self.table("pairs")

    @property
    def links(self) -> pa.Table:
        """One row for each typed link between two entities."""
        return self.table("links")

    @property
    def flows(self) -> pa.Table:
        """One row for each entity or candidate, each layer among communication, finance and ownership, and each
        currency: the links that enter and leave it. The table never adds amounts of two currencies.
        """
        return self.table("flows")

    @property
    def properties(self) -> pa.Table:
        """One row for each property value in a FollowTheMoney record of an entity or a link, with its origin. The
        list of properties is in docs/ftm.md.
        """
        return self.table("properties")

    @property
    def evidence(self) -> pa.Table:
        """One row for each record behind an entity, a link or a flag."""
        return self.table("evidence")

    @property
    def relays(self) -> pa.Table:
        """One row for each record that repeats a record of another source, with the evidence. Records of one
        origin count once in weights and in source_count.
        """
        return self.table("relays")

    @property
    def metrics(self) -> pa.Table:
        """One row for each entity, with one value for each graph metric."""
        return self.table("metrics")

    @property
    def communities(self) -> pa.Table:
        """One row for each community: entities with more link weight among them than a random graph of equal
        degrees has.
        """
        return self.table("communities")

    @property
    def significance(self) -> pa.Table:
        """One row for each structure that was compared with random networks: the partition, communities of three
        and more, cores, and the 100 main brokers. Each entity keeps the number of its links in each layer to each
        class of entities.
        """
        return self.table("significance")

    @property
    def members(self) -> pa.Table:
        """One row for each entity of a community."""
        return self.table("members")

    @property
    def changes(self) -> pa.Table:
        """One row for each difference from the previous run, or for each group of equal differences, with its
        cause.
        """
        return self.table("changes")

    @property
    def candidates(self) -> pa.Table:
        """One row for each instance of a pattern in this run, flagged or not."""
        return self.table("candidates")

    @property
    def gate(self) -> pa.Table:
        """One row for each candidate and test of the emergence gate, with the value that decided; passed tests
        have rows too.
        """
        return self.table("gate")

    @property
    def features(self) -> pa.Table:
        """One row for each candidate, with the feature values that a model reads."""
        return self.table("features")

    @property
    def flags(self) -> pa.Table:
        """One row for each flag that is open or that closed in this run, and for each sampled candidate. The rows
        with a rank form the review queue.
        """
        return self.table("flags")

    @property
    def cards(self) -> pa.Table:
        """One row for each flag with a candidate in this run, and for the first leads and near misses: the card
        that `araneus review` shows. Content and pictures are made from the view of the audience.
        """
        return self.table("cards")

def _read(folder: Path, name: str) -> pa.Table:
    arrow, parquet = folder / f"{name}.arrow", folder / f"{name}.parquet"
    if arrow.is_file():
        with pa.memory_map(str(arrow)) as file:
            return pa.ipc.open_file(file).read_all()
    if parquet.is_file():
        import pyarrow.parquet

        return pyarrow.parquet.read_table(parquet)
    raise KeyError("the run has no table of this name for this audience")

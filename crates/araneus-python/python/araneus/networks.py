"""Entities and links of a run as a network, and their conversion for networkx and igraph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from ._araneus import Graph

if TYPE_CHECKING:
    import igraph
    import networkx


class Network:
    """Entities and the links between them: the tables ``entities`` and ``links``."""

    def __init__(self, entities: pa.Table, links: pa.Table) -> None:
        self.entities = entities
        self.links = links

    def __repr__(self) -> str:
        return f"<araneus.Network: {self.entities.num_rows} entities, {self.links.num_rows} links>"

    def graph(self, *, weighted: bool = False, directed: bool = False) -> Graph:
        """Return the graph that kernels read: links of provenance and of weight 0 are left out, as in every metric.

        >>> network = open_run("araneus-demo/out").network
        >>> network.graph().vertices == network.entities.num_rows
        True
        """
        has_weight = pc.greater(self.links["weight"], pa.scalar(0.0))
        measured = self.links.filter(pc.and_(has_weight, pc.not_equal(self.links["layer"], pa.scalar("provenance"))))
        columns = ["from_id", "to_id", "weight"]
        nodes = self.entities.select(["entity_id"])
        weight = "weight" if weighted else None
        return Graph(measured.select(columns), nodes=nodes, weight=weight, directed=directed)

    def ego(self, entity: str, hops: int = 1) -> Network:
        """Return the entities within a number of links of an entity, in either direction, and the links among them.

        >>> network = open_run("araneus-demo/out").network
        >>> entity = network.links["from_id"][0].as_py()
        >>> network.ego(entity, 0).entities.num_rows
        1
        """
        ids = self.entities["entity_id"]
        if hops < 0:
            raise ValueError("hops must be at least 0")
        if not pc.any(pc.equal(ids, pa.scalar(entity))).as_py():
            raise KeyError("the run has no entity with this id for this audience")
        sources, targets = self.links["from_id"], self.links["to_id"]
        reached = pa.array([entity], ids.type)
        for _ in range(hops):
            ends = [
                pc.filter(targets, pc.is_in(sources, value_set=reached)),
                pc.filter(sources, pc.is_in(targets, value_set=reached)),
            ]
            chunks = [reached, *(chunk for end in ends for chunk in end.chunks)]
            before, reached = len(reached), pa.concat_arrays(chunks).unique()
            if len(reached) == before:
                break
        is_inside = pc.and_(pc.is_in(sources, value_set=reached), pc.is_in(targets, value_set=reached))
        return Network(self.entities.filter(pc.is_in(ids, value_set=reached)), self.links.filter(is_inside))

    def to_networkx(self) -> networkx.MultiDiGraph[str]:
        """Return a directed multigraph of networkx: entity ids as nodes, link ids as keys, all columns as attributes.

        >>> network = open_run("araneus-demo/out").network
        >>> graph = network.to_networkx()
        >>> graph.number_of_edges() == network.links.num_rows
        True
        """
        import networkx

        graph: networkx.MultiDiGraph[str] = networkx.MultiDiGraph()
        for row in self.entities.to_pylist():
            graph.add_node(row.pop("entity_id"), **row)
        for row in self.links.to_pylist():
            graph.add_edge(row.pop("from_id"), row.pop("to_id"), key=row.pop("link_id"), **row)
        return graph

    def to_igraph(self) -> igraph.Graph:
        """Return a directed graph of igraph; the attribute ``name`` has the entity id, all columns are attributes.

        >>> network = open_run("araneus-demo/out").network
        >>> network.to_igraph().vcount() == network.entities.num_rows
        True
        """
        import igraph

        ids: list[Any] = self.entities["entity_id"].to_pylist()
        position: dict[Any, int] = {entity: at for at, entity in enumerate(ids)}
        ends = zip(self.links["from_id"].to_pylist(), self.links["to_id"].to_pylist(), strict=True)
        graph = igraph.Graph(
            n=len(ids),
            edges=[(position[source], position[target]) for source, target in ends],
            directed=True,
            vertex_attrs={"name": ids, **_attributes(self.entities, {"entity_id"})},
            edge_attrs=_attributes(self.links, {"from_id", "to_id"}),
        )
        return graph


def _attributes(table: pa.Table, without: set[str]) -> dict[str, list[Any]]:
    return {name: table[name].to_pylist() for name in table.column_names if name not in without}

"""Task 5: campaigns of one actor in documents of several producers: joined rightly, and never wrongly."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import combinations

import numpy as np

import documents
import scores
from files import Unusable
from program import Archive, published, steward
from results import result

# Kinds of entities that stand for the actor or the campaign of a document.
ACTORS = {"intrusion-set", "threat-actor"}
SUBJECTS = ACTORS | {"campaign"}
SUGGESTIONS = ("attribution", "corroboration", "known infrastructure")
BATCHES = 10
SUBJECT_KINDS = SUBJECTS | {"report"}


class View:
    """Results of the runs for each document: entities, communities, suggestions and flags."""

    def __init__(self, runs, found):
        last = runs[-1]
        self.entities = {row["entity_id"]: row for row in published(last, "entities").to_pylist()}
        self.community = {row["entity_id"]: row["community_id"] for row in published(last, "members").to_pylist()}
        paths = defaultdict(set)
        for row in steward(last, "record_evidence"):
            paths[row["record_id"]].add(row["path"])
        # A record is read once: a file that has its object again is found by the id and the time of creation.
        holders, created = defaultdict(set), {str(document.path): document.ids for document in found}
        for path, ids in created.items():
            for name, time in ids.items():
                holders[name, time].add(path)
        self.documents = defaultdict(set)
        for row in published(last, "evidence").to_pylist():
            if row["subject_id"] in self.entities:
                read, name = paths[row["record_id"]], row["object_id"]
                again = [holders[name, created[path][name]] for path in read if name in created.get(path, {})]
                self.documents[row["subject_id"]] |= read.union(*again)
        wanted = {str(document.path) for document in found}
        self.documents = {entity: held & wanted for entity, held in self.documents.items()}
        self.copies = copies(paths, published(last, "relays").to_pylist(), wanted)
        self.add_named_actors(published(last, "links").to_pylist())
        self.suggested, self.flagged = [], {}
        for run in runs:
            for row in published(run, "candidates").to_pylist():
                if row["status"] in ("lead", "queued", "beyond-budget") and any(word in row["pattern"] for word in SUGGESTIONS):
                    self.suggested.append(row["members"])
            # A flag that was drawn at random for a fair sample claims nothing; a closed one is that of an earlier run.
            flags = (row for row in published(run, "flags").to_pylist() if row["state"] != "closed" and not row["sampled"])
            self.flagged |= {row["flag_id"]: (row["pattern"], row["entity_ids"]) for row in flags}

    def add_named_actors(self, links):
        """Adds the documents whose report is linked to one actor only: a report that names several is about none."""
        named = defaultdict(set)
        for row in links:
            for one, other in ((row["from_id"], row["to_id"]), (row["to_id"], row["from_id"])):
                if self.kind(one) == "report" and self.kind(other) in ACTORS:
                    named[one].add(other)
        for report, actors in named.items():
            if len(actors) == 1 and len(self.documents.get(report, ())) == 1:
                self.documents.setdefault(next(iter(actors)), set()).update(self.documents[report])

    def kind(self, entity):
        return self.entities[entity]["kind"] if entity in self.entities else None

    def of_kinds(self, kinds):
        """Yields entities of some kinds with the documents that hold them."""
        return ((entity, held) for entity, held in self.documents.items() if self.entities[entity]["kind"] in kinds and held)

    def joined_by_members(self, members):
        """Returns the documents whose subjects are members of one candidate."""
        return {path for entity in members if self.kind(entity) in SUBJECT_KINDS for path in self.documents.get(entity, ())}


def copies(paths, relays, wanted):
    """Returns the pairs of documents of which the program says that every record of the one repeats a record of the other.

    A document of indicators only has no subject. This is the only way in which the tables can say that two of them are one.
    """
    repeated = {row["record_id"]: row["repeats"] for row in relays}
    held, shared = Counter(), Counter()
    for record, own in paths.items():
        for path in own & wanted:
            held[path] += 1
            shared.update((path, origin) for origin in paths.get(repeated.get(record), set()) & wanted)
    return sorted(pair for pair, count in shared.items() if count == held[pair[0]])


def runs_of(bench, entry, name, found, others, lists):
    """Records the documents in order of their dates, in a few runs; reference files come with the first."""
    sources = sorted({one.root for one in found} | {root for root, _ in others})
    names = {root: f"{root.name}" if [other.name for other in sources].count(root.name) == 1 else f"{root.parent.name}-{root.name}" for root in sources}
    configuration = f'warning_lists = ["{lists}/*.json*"]\n' if lists else ""
    configuration += "".join(f'[[source]]\nname = "{names[root]}"\nreliability = "B"\n' for root in sources)
    archive = Archive(bench.program, bench.folder(name), configuration)
    ordered = sorted(found, key=lambda one: (one.date, str(one.path)))
    day, runs = date(1970, 1, 2), []
    for at, batch in enumerate(np.array_split(np.arange(len(ordered)), BATCHES)):
        inputs = [f"{names[root]}={path}" for root, path in others] if at == 0 else []
        inputs += [f"{names[ordered[place].root]}={ordered[place].path}" for place in batch]
        dates = [date.fromisoformat(ordered[place].date) for place in batch if ordered[place].date]
        day = max([day + timedelta(days=1), *dates])
        runs.append(archive.record(day.isoformat(), inputs))
    return runs


def grouped(view, truth):
    """Returns the groups of documents: those of one subject, those that a suggestion joins, and copies."""
    names = documents.Names()
    for path in truth:
        names.join(path, path)
    for entity, held in view.of_kinds(SUBJECTS):
        for path in held:
            names.join(path, entity)
    for members in view.suggested:
        held = sorted(view.joined_by_members(members))
        for path in held[1:]:
            names.join(held[0], path)
    for one, other in view.copies:
        names.join(one, other)
    return {path: names.find(path) for path in truth}


def true_links(found):
    """Returns pairs of documents of one actor that name one value, or that two producers report; by the files alone."""
    holders = defaultdict(set)
    for document in found:
        for value in document.values:
            holders[value].add(document.path)
    by_path = {document.path: document for document in found}
    shared = {pair for held in holders.values() if len(held) > 1 for pair in combinations(sorted(held), 2)}
    named = sorted(document.path for document in found if document.tags or document.own)
    shared |= {(one, other) for one, other in combinations(named, 2) if by_path[one].root != by_path[other].root}
    return sorted((str(one), str(other)) for one, other in shared if by_path[one].label == by_path[other].label)


def is_linked(view, one, other, groups):
    """Returns true if the program joined two documents: by a subject, a suggestion, a copy or a community."""
    if groups[one] == groups[other]:
        return True
    mine, others = ({view.community.get(entity) for entity, held in view.of_kinds(SUBJECT_KINDS) if path in held} for path in (one, other))
    return bool((mine & others) - {None})


def false_joins(view, truth):
    """Returns what joins documents of two actors, as (name of the pattern, labels): merged entities, and flags."""
    joins = [("one entity", {truth[path] for path in held}) for _, held in view.of_kinds(ACTORS)]
    joins += [("a copy", {truth[path] for path in pair}) for pair in view.copies]
    for pattern, members in view.flagged.values():
        labels = [{truth[path] for path in view.documents.get(entity, ())} for entity in members if view.kind(entity) in SUBJECTS]
        joins.append((pattern, set().union(*labels)))
    return [(name, labels) for name, labels in joins if len(labels) > 1]


def score(truth, groups, label):
    """Yields B-cubed and pairwise scores of a grouping, beside each document alone."""
    names = sorted(truth)

    def f1(of):
        each = scores.b_cubed(truth, of)
        both = np.array([each[name] for name in names])
        return both, lambda at: scores.harmonic_mean(float(both[at, 0].mean()), float(both[at, 1].mean()))

    both, of_rows = f1(groups)
    _, alone = f1({name: name for name in names})
    every = np.arange(len(names))
    low, high = scores.interval(every, of_rows)
    yield result("b_cubed_f1", of_rows(every), label=label, low=low, high=high, beside=("each document alone", alone(every)), n=len(names))
    for metric, column in (("b_cubed_precision", 0), ("b_cubed_recall", 1)):
        value, low, high = scores.mean_interval(both[:, column])
        yield result(metric, value, label=label, low=low, high=high, n=len(names))
    right, wrong, missed = scores.pairs(truth, groups)
    yield result("pair_precision", right / (right + wrong) if right + wrong else float("nan"), label=label, n=right + wrong, positives=right)
    yield result("pair_recall", right / (right + missed) if right + missed else float("nan"), label=label, n=right + missed, positives=right)


def link_documents(bench, entry):
    found, galaxies, rest = documents.read_all(bench.paths(entry))
    if len(found) < 2:
        raise Unusable("the input has fewer than two documents that report indicators")
    truth, links = {str(one.path): one.label for one in found}, true_links(found)
    lists = bench.data / entry["warning_lists"] if "warning_lists" in entry else None
    # Lists of actors and their other names come with the references; without them only equal names and values join.
    kinds = [("with-warning-lists", lists, galaxies + rest), ("without-warning-lists", None, galaxies + rest), ("without-names", lists, [])]
    for label, used, references in kinds:
        if label != "without-warning-lists" and not lists:
            continue
        runs = runs_of(bench, entry, f"documents-{label}", found, references, used)
        view = View(runs, found)
        groups = grouped(view, truth)
        yield from score(truth, groups, label)
        for group in sorted(set(groups.values())):
            members = sorted(path for path in truth if groups[path] == group)
            if len({truth[path] for path in members}) > 1:
                bench.note(f"documents, {label}: one group: {', '.join(path.rsplit('/', 1)[1] for path in members)}")
        hits = [is_linked(view, one, other, groups) for one, other in links]
        for (one, other), hit in zip(links, hits):
            if not hit:
                bench.note(f"documents, {label}: not joined: {one.rsplit('/', 1)[1]} and {other.rsplit('/', 1)[1]}")
        low, high = scores.interval(np.arange(len(hits)), lambda at: float(np.sum(np.array(hits)[at])))
        yield result("true_links_found", sum(hits), label=label, low=low, high=high, n=len(hits), positives=sum(hits))
        joins = false_joins(view, truth)
        for name, labels in joins[:10]:
            bench.note(f"documents, {label}: {name} joins {', '.join(sorted(labels)[:6])}")
        yield result("false_merges", len(joins), label=label, n=len(found))
        count = Counter(len(members) for members in view.suggested)
        bench.note(f"documents, {label}: {sum(count.values())} suggestions, {len(view.copies)} copies, {len(view.flagged)} flags over {len(runs)} runs")


TASKS = {5: link_documents}

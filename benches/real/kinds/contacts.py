"""Task 9: ids of communities from night to night, in contacts between people."""

import csv
import io
import math
from collections import Counter
from datetime import UTC, datetime

import numpy as np

import scores
from files import Unusable, raw, records
from program import Archive, published
from results import result

MAPPING = """about = "Contacts at a time, without a header."
extends = "timed-edge-list"

[table]
header = false
columns = ["time", "source", "target"]
delimiter = "tab"
"""
# A new group continues the old one with which it shares most, if the Jaccard index reaches this.
SAME_GROUP = 0.3


def contacts_by_day(path):
    """Returns the lines of each day in UTC, and the role of each person."""
    days, roles = {}, {}
    for line in csv.reader(io.StringIO(raw(path).decode(), newline=""), delimiter="\t"):
        cells = [cell.strip() for cell in line]
        day = datetime.fromtimestamp(float(cells[0]), UTC).date()
        days.setdefault(day, []).append(cells[:3])
        if len(cells) >= 5:
            roles.update({cells[1]: cells[3], cells[2]: cells[4]})
    return dict(sorted(days.items())), roles


def partition(run):
    """Returns the community of each person by the program's lasting ids."""
    names = {row["entity_id"]: row["label"] for row in published(run, "entities").to_pylist()}
    return {names[row["entity_id"]]: row["community_id"] for row in published(run, "members").to_pylist()}


def cold(bench, run, seed, names):
    """Returns the partition of one night alone: the baseline, which knows no earlier night."""
    out, links = bench.folder(f"cold-{run.name}"), published(run, "links").to_pylist()
    pairs = "".join(f"{row['from_id']},{row['to_id']},{row['weight']}\n" for row in links)
    (bench.work / f"cold-{run.name}.csv").write_text(f"source,target,weight\n{pairs}")
    words = ["measure", bench.work / f"cold-{run.name}.csv", "--weight", "weight", "--communities", "leiden"]
    bench.program.run([*words, "--metrics", "degree", "--seed", seed, "--out", out], bench.work)
    return {names.get(row["node"], row["node"]): row["community"] for row in records(out / "members.arrow") if row["level"] == 0}


def continued(before, now, fresh):
    """Returns a partition under the ids of an earlier one: greedy matching by the Jaccard index."""
    old, new = {}, {}
    for groups, members in ((old, before), (new, now)):
        for person, group in members.items():
            groups.setdefault(group, set()).add(person)
    found = sorted(
        ((len(a & b) / len(a | b), one, other) for one, a in old.items() for other, b in new.items()), key=lambda match: (-match[0], str(match[1:]))
    )
    ids, used = {}, set()
    for overlap, one, other in found:
        if overlap >= SAME_GROUP and other not in ids and one not in used:
            ids[other] = one
            used.add(one)
    return {person: ids.get(group, (fresh, group)) for person, group in now.items()}


def kept(nights):
    """Returns, for each person on two nights in a row, the person and whether the id stayed."""
    return [(person, before[person] == now[person]) for before, now in zip(nights, nights[1:]) for person in before if person in now]


def agreement(last, roles, score=scores.normalised_mutual_information):
    """Returns the mutual information of a partition with the roles."""
    known = {person: role for person, role in roles.items() if person in last}
    return score(known, last) if len(set(known.values())) > 1 else math.nan


def static(bench, days):
    """Returns the partition of the contacts of all nights at once, in which a link weighs as many contacts as it has."""
    counts = Counter(tuple(sorted(line[1:3])) for lines in days.values() for line in lines)
    path, out = bench.work / "static.csv", bench.folder("static")
    path.write_text("source,target,weight\n" + "".join(f"{one},{other},{count}\n" for (one, other), count in sorted(counts.items())))
    bench.program.run(["measure", path, "--weight", "weight", "--communities", "leiden", "--metrics", "degree", "--seed", 1, "--out", out], bench.work)
    return {row["node"]: row["community"] for row in records(out / "members.arrow") if row["level"] == 0}


def contacts(bench, entry):
    paths = [file for root in bench.paths(entry) for file in sorted(root.iterdir()) if ".tsv" in file.suffixes]
    if not paths:
        raise Unusable("the input has no table with tabs")
    folder = bench.folder("contacts-files")
    (folder / "contacts.toml").write_text(MAPPING)
    for path in paths:
        days, roles = contacts_by_day(path)
        configuration = f'[[source]]\nname = "ward"\nmapping = "{folder / "contacts.toml"}"\nrecorded_at = "object"\nreliability = "A"\n'
        archive = Archive(bench.program, bench.folder("contacts"), configuration)
        ours, baseline = [], []
        for at, (day, lines) in enumerate(days.items()):
            file = folder / f"{day}.tsv"
            file.write_text("".join("\t".join(line) + "\n" for line in lines))
            run = archive.record(day.isoformat(), [f"ward={file}"])
            ours.append(partition(run))
            names = {row["entity_id"]: row["label"] for row in published(run, "entities").to_pylist()}
            now = cold(bench, run, at + 1, names)
            baseline.append(continued(baseline[-1], now, at) if baseline else now)
        people = [person for person, _ in kept(ours)]
        stays, base = np.array([stay for _, stay in kept(ours)]), [stay for _, stay in kept(baseline)]
        if not people:
            raise Unusable("no person is there on two nights in a row")
        low, high = scores.interval(people, lambda at: float(stays[at].mean()))
        beside = ("cold nightly Leiden, matched by Jaccard", sum(base) / len(base))
        yield result("ids_kept", float(stays.mean()), low=low, high=high, beside=beside, n=len(people), positives=int(stays.sum()))
        groups = [len(set(night.values())) for night in ours], [len(set(night.values())) for night in baseline]
        bench.note(f"{path.name}: communities by night {groups[0]}, cold {groups[1]}")
        yield result("nmi", agreement(ours[-1], roles), label="role", beside=("cold nightly Leiden", agreement(baseline[-1], roles)), n=len(ours[-1]))
        whole = static(bench, days)
        for name, score in (("nmi", scores.normalised_mutual_information), ("ami", scores.adjusted_mutual_information)):
            beside = ("static partition of all nights", agreement(whole, roles, score))
            yield result(name, agreement(ours[-1], roles, score), label="role, static", beside=beside, n=len(ours[-1]))
        people = sorted(person for person in ours[-1] if person in whole and person in roles)

        def above(at):
            role, last, static_ = ({place: of[people[one]] for place, one in enumerate(at)} for of in (roles, ours[-1], whole))
            return scores.adjusted_mutual_information(role, last) - scores.adjusted_mutual_information(role, static_)

        low, high = scores.interval(people, above, rounds=200)
        yield result("ami_above_static", above(range(len(people))), label="role, static", low=low, high=high, n=len(people))


TASKS = {9: contacts}

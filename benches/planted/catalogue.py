"""Releases of ATT&CK, and two vendors who report a part of their claims in words of their own.

The claims of the vendors and their dates are those of drawn relationships of the releases. Few groups of the catalogue are silent, or
have techniques of their own. So both vendors also know groups that are not in it, each with as many means as a drawn group of the
catalogue. The last run reads a release that has 1,300 new uses, and into it the patterns of actors are planted. The size of a planted
group is that of a drawn group, too. The vendors are fairly reliable, so a claim needs both.
"""

import json
import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from draws import PLANTED, Base, Instance, exchanged, seeded
from files import document, rows

NAME, FOLDER = "catalogue", "attack-releases"
RELEASES = ("8.2", "9.0", "10.1", "11.3", "12.1")
VENDORS = ("vendor-a", "vendor-b")
# Claims that a vendor repeats in each run, and hosts of known malware that it reports.
REPEATED, HOSTS = 6, 40
# Groups that only the vendors know, those of them with techniques of their own, and the number of these techniques.
KNOWN, KNOWN_WITH_TECHNIQUES, TECHNIQUES = 60, 24, 5
# Users of a technique that is rare by the definition of the pattern, and the largest sum of users over the rare techniques of a
# subject: above it, chance shares some of them.
RARE_USERS, RARE_SUM_MAX = 20, 80
# Days before the first run in which the vendors' first claims about each group lie.
PAST = (400, 240)
CONFIGURATION = """[[source]]
name = "attack"
mode = "snapshot"
reliability = "B"

[[source]]
name = "vendor-a"
reliability = "C"

[[source]]
name = "vendor-b"
reliability = "C"
"""


def is_live(row):
    """Returns whether an object is neither revoked nor deprecated."""
    return not row.get("revoked") and not row.get("x_mitre_deprecated")


def kind(reference):
    """Returns the type in a STIX id."""
    return reference.split("--")[0]


class Release:
    """The live objects of a release, and its uses."""

    def __init__(self, path):
        self.path = path
        self.all_rows = document(path)["objects"]
        self.rows = {row["id"]: row for row in self.all_rows if is_live(row)}
        self.uses = {
            (row["source_ref"], row["target_ref"]): row["created"]
            for row in self.rows.values()
            if row["type"] == "relationship" and row["relationship_type"] == "uses" and {row["source_ref"], row["target_ref"]} <= self.rows.keys()
        }

    def name(self, reference):
        return self.rows[reference]["name"]

    def of_type(self, *types):
        return sorted(reference for reference in self.rows if kind(reference) in types)


class Catalogue:
    """Draws from the last two releases, and plants claims of the vendors."""

    def __init__(self, before, last, as_of, previous):
        self.before, self.last, self.as_of, self.previous = before, last, as_of, previous
        self.new_uses = {pair for pair in last.uses if pair not in before.uses}
        self.dates = sorted(last.uses[pair][:10] for pair in self.new_uses if previous[:10] < last.uses[pair][:10] < as_of[:10])
        self.uses = defaultdict(set)
        self.users = defaultdict(set)
        for source, target in before.uses:
            if source in last.rows and target in last.rows:
                self.uses[source].add(target)
                self.users[target].add(source)
        self.software = {group: {end for end in self.uses[group] if kind(end) in ("malware", "tool")} for group in last.of_type("intrusion-set")}
        only = defaultdict(set)
        for group, means in self.software.items():
            for one in means:
                if sum(kind(user) == "intrusion-set" for user in self.users[one]) == 1:
                    only[group].add(one)
        self.only = {group: sorted(means) for group, means in only.items()}
        self.groups = sorted(group for group, means in self.only.items() if len(means) >= 3)
        self.sizes = sorted(len(means) for means in self.software.values() if 3 <= len(means) <= 8)
        # Subjects with claims that only the last release makes have news of their own.
        self.with_news = {end for pair in self.new_uses for end in pair}

    def choose(self, later_claims):
        """Chooses the subjects that a pattern may be planted at. `later_claims` are claims of the vendors after the first run."""
        self.repeated = later_claims
        count = {end: len(users) for end, users in self.users.items() if kind(end) == "attack-pattern"}
        ends = {group: sorted(end for end in self.uses[group] if end in count) for group in self.groups}
        rare = {group: [end for end in ends[group] if count[end] <= RARE_USERS] for group in self.groups}
        self.rare = {group: own if sum(count[end] for end in own) <= RARE_SUM_MAX else [] for group, own in rare.items()}
        self.common = {group: [end for end in ends[group] if count[end] >= 100] for group in self.groups}
        self.still = [group for group in self.groups if group not in self.with_news]

    def known_groups(self, first, times):
        """Returns the records of groups that only the vendors know, for each run. All have claims of the year before the first run. The
        active half also has new means two runs before the last one, and the other half is dormant."""
        draw = seeded(NAME, "known groups")
        end = datetime.fromisoformat(times[0])
        days = [(end - timedelta(days=ago)).date().isoformat() for ago in range(PAST[1], PAST[0], 7)]
        later = sorted(day for day in (created[:10] for created in self.before.uses.values()) if times[-3][:10] < day < times[-2][:10])
        # Weeks may have no claim of the release.
        later = later or [(datetime.fromisoformat(times[-3]) + timedelta(days=1)).date().isoformat()]
        unused = sorted(end for end in first.of_type("attack-pattern") if end in self.last.rows and len(self.users[end]) <= 1)
        runs = [{vendor: [] for vendor in VENDORS} for _ in times]
        self.dormant, self.silent, self.with_techniques = [], [], []

        def add(at, verb, one, other, dates):
            for vendor in VENDORS:
                runs[at][vendor].append(relationship(vendor, one, verb, other, draw.choice(dates)))

        def means(at):
            made = named(draw, draw.choice(("malware", "tool")), times[0])
            for vendor in VENDORS:
                runs[at][vendor].append(made)
            return made["id"]

        for at in range(KNOWN):
            actor = named(draw, "intrusion-set", times[0])
            for vendor in VENDORS:
                runs[0][vendor].append(actor)
            group = Known(actor["id"], actor["name"], [means(0) for _ in range(draw.choice(self.sizes))], [])
            for one in group.means:
                add(0, "uses", group.actor, one, days)
            if at < KNOWN_WITH_TECHNIQUES:
                group.techniques.extend(unused.pop(draw.randrange(len(unused))) for _ in range(TECHNIQUES))
                for one in group.techniques:
                    add(0, "uses", group.actor, one, days)
                self.with_techniques.append(group)
            elif at % 2:
                group.means.append(means(len(times) - 2))
                add(len(times) - 2, "uses", group.actor, group.means[-1], later)
                self.silent.append(group)
            else:
                self.dormant.append(group)
        return runs

    def mixed(self, draw):
        """Returns the last release without its new objects. Each new use has ends of two drawn earlier uses of its types."""
        by_types = defaultdict(list)
        for source, target in sorted(self.before.uses):
            if {source, target} <= self.last.rows.keys():
                by_types[kind(source), kind(target)].append((source, target))
        known, objects = {row["id"] for row in self.before.all_rows}, []
        for row in self.last.all_rows:
            if row["id"] in known:
                objects.append(row)
            elif row["type"] == "relationship" and (pairs := by_types.get((kind(row["source_ref"]), kind(row["target_ref"])))):
                ends = draw.choice(pairs)[0], draw.choice(pairs)[1]
                while ends in self.before.uses:
                    ends = draw.choice(pairs)[0], draw.choice(pairs)[1]
                objects.append({**row, "source_ref": ends[0], "target_ref": ends[1]})
        bundle = {"type": "bundle", "id": f"bundle--{uuid.uuid5(NAMESPACE, 'mixed')}", "spec_version": "2.0", "objects": objects}
        return {"release.json": json.dumps(bundle)}

    def date(self, plan, is_late=False):
        """Draws the date of a new use of the release; a late one is two years older."""
        drawn = plan.draw.choice(self.dates)
        return f"{int(drawn[:4]) - 2}{drawn[4:]}" if is_late else drawn

    def claim(self, plan, vendor, source, verb, target, date):
        """Adds a relationship of a vendor."""
        made = relationship(vendor, source, verb, target, date, salt=plan.draw.getrandbits(64))
        plan.add(vendor, made)
        return made["id"]

    def claims(self, plan, pairs, verb="uses", sources=VENDORS, is_late=False):
        """Adds claims, each by all of these sources."""
        return [self.claim(plan, vendor, source, verb, target, self.date(plan, is_late)) for source, target in pairs for vendor in sources]

    def entity(self, plan, type_, sources=VENDORS):
        """Adds a new object, which all of these sources deliver under one id; returns its id and name."""
        made = named(plan.draw, type_, f"{self.date(plan)}T00:00:00.000Z")
        for vendor in sources:
            plan.add(vendor, made)
        return made["id"], made["name"]

    def host(self, plan, sources):
        """Adds a new domain; returns its id."""
        made = domain(plan.draw)
        for vendor in sources:
            plan.add(vendor, made)
        return made["id"]

    def instance(self, plan, pattern, role, key, members, records):
        plan.instances.append(Instance(pattern, role, tuple(key), tuple(members), tuple(records)))

    def birth(self, plan, role, sources=VENDORS, is_late=False):
        """A new actor with malware, a campaign and hosts."""
        actor, name = self.entity(plan, "intrusion-set", sources)
        families = [self.entity(plan, "malware", sources) for _ in range(plan.draw.choice(self.sizes))]
        campaign, _ = self.entity(plan, "campaign", sources)
        pairs = [(actor, family) for family, _ in families] + [(campaign, families[0][0])]
        records = self.claims(plan, pairs, sources=sources, is_late=is_late)
        records += self.claims(plan, [(campaign, actor)], "attributed-to", sources, is_late)
        hosts = [(family, self.host(plan, sources)) for family, _ in families]
        records += self.claims(plan, hosts, "communicates-with", sources, is_late)
        self.instance(plan, "community birth", role, [], [name, *(label for _, label in families)], records)

    def two_groups(self, plan):
        """Draws two groups without common means."""
        return plan.unused(self.groups, 2, lambda one, other: not self.software[one] & self.software[other])

    def convergence(self, plan, role, sources=VENDORS, is_late=False):
        """Two groups begin to use new malware, and malware of each other."""
        one, other = self.two_groups(plan)
        family, name = self.entity(plan, "malware", sources)
        pairs = [(one, family), (other, family), (one, plan.draw.choice(self.only[other])), (other, plan.draw.choice(self.only[one]))]
        records = self.claims(plan, pairs, sources=sources, is_late=is_late)
        self.instance(plan, "convergence", role, [self.last.name(one), self.last.name(other)], [], records)

    def broker(self, plan, role, sources=VENDORS, is_late=False):
        """A new tool that four or more groups begin to use."""
        tool, name = self.entity(plan, "tool", sources)
        groups = plan.unused(self.groups, max(4, plan.draw.choice(self.sizes)))
        records = self.claims(plan, [(group, tool) for group in groups], sources=sources, is_late=is_late)
        self.instance(plan, "sudden broker", role, [name], [self.last.name(group) for group in groups], records)

    def reactivation(self, plan, role, sources=VENDORS, is_late=False, count=3):
        """A group whose last claims are two years old uses new malware."""
        group = plan.unused(self.dormant)[0]
        families = [self.entity(plan, "malware", sources)[0] for _ in range(count)]
        records = self.claims(plan, [(group.actor, family) for family in families], sources=sources, is_late=is_late)
        self.instance(plan, "dormant reactivation", role, [group.name], [], records)

    def techniques(self, plan, role, sources=VENDORS, is_late=False, is_common=False):
        """A subject begins to use four or five rare techniques of another one."""
        pool = self.common if is_common else self.rare

        def ends(one, other):
            return [end for end in pool[other] if end not in self.uses[one]]

        one, other = plan.unused(self.still, 2, lambda one, other: not self.software[one] & self.software[other] and len(ends(one, other)) >= 4)
        drawn = plan.draw.sample(ends(one, other), min(len(ends(one, other)), plan.draw.choice((4, 5))))
        records = self.claims(plan, [(one, end) for end in drawn], sources=sources, is_late=is_late)
        self.instance(plan, "technique convergence", role, [self.last.name(one), self.last.name(other)], [], records)

    def successor(self, plan, role, sources=VENDORS, is_late=False, own_news=False):
        """A new actor uses means that only one silent group used."""
        group = plan.unused(self.silent)[0]
        actor, name = self.entity(plan, "intrusion-set", sources)
        means = plan.draw.sample(group.means, min(len(group.means), max(4, plan.draw.choice(self.sizes))))
        records = self.claims(plan, [(actor, one) for one in means], sources=sources, is_late=is_late)
        if own_news:
            family, _ = self.entity(plan, "malware", sources)
            self.claims(plan, [(group.actor, family)], sources=sources)
        self.instance(plan, "successor", role, [name, group.name], [], records)

    def corroboration(self, plan, role, subjects=1, is_late=False):
        """A vendor reports claims that only the catalogue made."""
        groups = plan.unused(self.groups) if subjects == 1 else plan.draw.sample(self.groups, subjects)
        records = []
        for group in groups:
            ends = sorted(end for end in self.software[group] if (group, end) not in self.repeated)
            drawn = plan.draw.sample(ends, min(len(ends), max(4, plan.draw.choice(self.sizes))))
            records += self.claims(plan, [(group, end) for end in drawn], is_late=is_late)
        self.instance(plan, "corroboration", role, [self.last.name(groups[0])], [], records)

    def attribution(self, plan, role, sources=VENDORS, is_late=False, is_common=False):
        """New malware with techniques that only one group uses."""
        family, name = self.entity(plan, "malware", sources)
        if is_common:
            group = plan.draw.choice([group for group in self.groups if len(self.common[group]) >= 4])
            ends, subject = self.common[group], self.last.name(group)
        else:
            known = plan.unused(self.with_techniques)[0]
            ends, subject = known.techniques, known.name
        drawn = plan.draw.sample(ends, min(len(ends), plan.draw.choice((4, 5))))
        records = self.claims(plan, [(family, end) for end in drawn], sources=sources, is_late=is_late)
        self.instance(plan, "attribution", role, [name, subject], [], records)


@dataclass(frozen=True)
class Known:
    """A group that only the vendors know."""

    actor: str
    name: str
    means: list
    techniques: list

    def __hash__(self):
        return hash(self.actor)


def named(draw, type_, at):
    """Returns a new object with a name that no record has."""
    name = f"{type_.split('-')[-1].title()} {draw.getrandbits(48):012x}"
    made = {"type": type_, "spec_version": "2.1", "id": f"{type_}--{uuid.UUID(int=draw.getrandbits(128), version=4)}", "created": at, "modified": at, "name": name}
    return {**made, "is_family": True} if type_ == "malware" else made


# Namespace of STIX for ids of observables (STIX 2.1, section 2.9).
NAMESPACE = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")


def relationship(vendor, source, verb, target, date, salt=""):
    """Returns a relationship of a vendor that held on a day."""
    at = f"{date}T00:00:00.000Z"
    made = uuid.uuid5(NAMESPACE, f"{vendor}/{source}/{verb}/{target}/{date}/{salt}")
    return {
        "type": "relationship", "spec_version": "2.1", "id": f"relationship--{made}", "created": at, "modified": at,
        "start_time": at, "relationship_type": verb, "source_ref": source, "target_ref": target,
    }  # fmt: skip


def deliver(source, records):
    """Returns the file of a vendor. The catalogue is the path of a release, or a file of an exchanged one."""
    if source == "attack":
        return records
    return {"bundle.json": json.dumps({"type": "bundle", "id": f"bundle--{uuid.uuid5(NAMESPACE, source)}", "objects": records})}


def traffic(vendor, release, after, until):
    """Returns the records of a vendor between two runs: claims of the release that it repeats, and hosts of its malware. Dates are
    those of claims of the release in this time, and malware occurs as often as in its claims."""
    draw = seeded(NAME, vendor, after)
    dates = sorted(created[:10] for pair, created in release.uses.items() if after[:10] < created[:10] < until[:10])
    records = [relationship(vendor, source, "uses", target, draw.choice(dates)) for source, target in draw.sample(sorted(release.uses), REPEATED)]
    families = sorted(target for _, target in release.uses if kind(target) == "malware")
    for _ in range(HOSTS):
        host, date = domain(draw), draw.choice(dates)
        records += [host, relationship(vendor, draw.choice(families), "communicates-with", host["id"], date)]
    return records


def domain(draw):
    """Returns a new domain."""
    value = f"host-{draw.getrandbits(48):012x}.example"
    key = json.dumps({"value": value}, separators=(",", ":"))
    return {"type": "domain-name", "spec_version": "2.1", "id": f"domain-name--{uuid.uuid5(NAMESPACE, key)}", "value": value}


def pairs_of(records):
    """Returns the ends of the relationships among some records."""
    return {(row["source_ref"], row["target_ref"]) for row in records if row["type"] == "relationship"}


def base(data, small=False):
    """Returns the base of the catalogue; the small one has only the last three releases."""
    folder = data / FOLDER
    tags = {row["file"]: row["tag_date"] for row in rows(folder / "releases.csv")}
    files = [f"enterprise-attack-v{version}.json.zst" for version in RELEASES][2 if small else 0 :]
    releases, times = [Release(folder / file) for file in files], [tags[file] for file in files]
    catalogue = Catalogue(releases[-2], releases[-1], times[-1], times[-2])
    known, runs, later_claims = catalogue.known_groups(releases[0], times), [], set()
    for at, (release, as_of) in enumerate(zip(releases, times)):
        deliveries = {"attack": release.path, **known[at]}
        for vendor in VENDORS:
            if at:
                deliveries[vendor] = [*known[at][vendor], *traffic(vendor, release, times[at - 1], as_of)]
                later_claims |= pairs_of(deliveries[vendor])
        runs.append((as_of, deliveries))
    catalogue.choose(later_claims)
    as_of, last = runs.pop()

    def chance(draw):
        """Exchanges the ends of the claims of the vendors, and draws those of the new uses of the release."""
        mixed = dict(last)
        for vendor in VENDORS:
            joined = [row for row in last[vendor] if row["type"] == "relationship"]
            others = [row for row in last[vendor] if row["type"] != "relationship"]
            for verb in ("uses", "communicates-with"):
                group = [row for row in joined if row["relationship_type"] == verb]
                targets = exchanged([row["target_ref"] for row in group], draw)
                others += [{**row, "target_ref": target} for row, target in zip(group, targets)]
            mixed[vendor] = others
        mixed["attack"] = catalogue.mixed(draw)
        return mixed

    c = catalogue
    one, late = {"sources": VENDORS[:1]}, {"is_late": True}
    return Base(
        name=NAME,
        title="ATT&CK releases",
        about="releases of ATT&CK with two vendors, in runs of its releases",
        configuration=CONFIGURATION,
        files={},
        history=runs,
        as_of=as_of,
        last=last,
        deliver=deliver,
        plants={
            "community birth": lambda plan: c.birth(plan, PLANTED),
            "convergence": lambda plan: c.convergence(plan, PLANTED),
            "sudden broker": lambda plan: c.broker(plan, PLANTED),
            "dormant reactivation": lambda plan: c.reactivation(plan, PLANTED),
            "technique convergence": lambda plan: c.techniques(plan, PLANTED),
            "successor": lambda plan: c.successor(plan, PLANTED),
            "corroboration": lambda plan: c.corroboration(plan, PLANTED),
            "attribution": lambda plan: c.attribution(plan, PLANTED),
        },
        look_alikes={
            "community birth": {
                "a delivery of one vendor": lambda plan, role: c.birth(plan, role, **one),
                "reports of two years ago": lambda plan, role: c.birth(plan, role, **late),
            },
            "convergence": {
                "only one vendor reports it": lambda plan, role: c.convergence(plan, role, **one),
                "reports of two years ago": lambda plan, role: c.convergence(plan, role, **late),
            },
            "sudden broker": {
                "only one vendor reports it": lambda plan, role: c.broker(plan, role, **one),
                "reports of two years ago": lambda plan, role: c.broker(plan, role, **late),
            },
            "dormant reactivation": {
                "a report about the past": lambda plan, role: c.reactivation(plan, role, **late),
                "one attribution of one vendor": lambda plan, role: c.reactivation(plan, role, count=1, **one),
            },
            "technique convergence": {
                "common techniques": lambda plan, role: c.techniques(plan, role, is_common=True),
                "only one vendor reports it": lambda plan, role: c.techniques(plan, role, **one),
            },
            "successor": {
                "the group has news of its own": lambda plan, role: c.successor(plan, role, own_news=True),
                "only one vendor reports it": lambda plan, role: c.successor(plan, role, **one),
            },
            "corroboration": {
                "a mirror of the catalogue": lambda plan, role: c.corroboration(plan, role, subjects=12),
            },
            "attribution": {
                "common techniques": lambda plan, role: c.attribution(plan, role, is_common=True),
                "only one vendor reports it": lambda plan, role: c.attribution(plan, role, **one),
            },
        },
        chance=chance,
    )

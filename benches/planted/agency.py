"""Weekly reports as in `weeks.py`, and an agency of high reliability, each of whose claims is an account of its own.

In each run, the agency repeats claims of the release, and reports campaigns of some groups that the vendors know. Such a campaign uses means of its
group, and has the attribution to it. The groups have no means in common, so each is a component of its own. A chance draw exchanges the targets of all
other claims, and draws the groups of the campaigns again.

A planted entity is a new campaign that uses means of two of these groups, or the actor of one group, which begins to use means of another one.
The numbers of means are those of drawn groups.
"""

from dataclasses import replace
from datetime import datetime, timedelta

import weeks
from catalogue import VENDORS, deliver, named, relationship
from draws import PLANTED, seeded
from weeks import days_between

NAME, AGENCY = "agency", "agency"
# Claims that the agency repeats, and campaigns that it reports, in each run; groups of these campaigns.
REPEATED, CAMPAIGNS, ACTIVE = 12, 4, 12
# Fewest means of a group that a planted entity uses.
MEANS_MIN = 4
CONFIGURATION = f"""{weeks.CONFIGURATION}
[[source]]
name = "{AGENCY}"
reliability = "B"
recorded_at = "object"
"""
PATTERN = "new cut vertex"


class Agency:
    """Adds the reports of the agency to the runs of the weekly reports, and plants claims of it."""

    def __init__(self, reports, runs):
        self.reports = reports
        self.groups = sorted((*reports.with_techniques, *reports.silent, *reports.dormant), key=lambda group: group.actor)
        draw = seeded(NAME, "reports")
        self.active = draw.sample(self.groups, ACTIVE)
        for at, (time, delivery) in enumerate(runs):
            days = days_between(runs[at - 1][0] if at else week_before(time), time)
            uses = draw.sample(sorted(reports.before.uses), REPEATED)
            repeated = [relationship(AGENCY, source, "uses", target, draw.choice(days)) for source, target in uses]
            delivery[AGENCY] = repeated + self.campaigns(draw, days)

    def campaigns(self, draw, days):
        """Returns the records of the campaigns of one run."""
        records = []
        for group in draw.sample(self.active, CAMPAIGNS):
            date = draw.choice(days)
            campaign = named(draw, "campaign", f"{date}T00:00:00.000Z")
            means = draw.sample(group.means, draw.randint(2, min(4, len(group.means))))
            records += [campaign, relationship(AGENCY, campaign["id"], "attributed-to", group.actor, date)]
            records += [relationship(AGENCY, campaign["id"], "uses", one, date) for one in means]
        return records

    def mixed(self, last, draw):
        """Returns the last run with exchanged claims, and with campaigns of groups that are drawn again."""
        others = {**last, AGENCY: last[AGENCY][:REPEATED]}
        mixed = weeks.mixed(others, draw)
        return {**mixed, AGENCY: mixed[AGENCY] + self.campaigns(draw, self.reports.dates)}

    def join(self, plan, role, sources=(AGENCY, *VENDORS), is_late=False, count=None, other_path=False):
        """A campaign uses means of two groups, or an actor uses those of another group. A vendor reports a part of the claims."""
        quiet = [group for group in self.groups if group not in self.active and len(group.means) >= MEANS_MIN]
        one, other = plan.unused(quiet, 2)

        def means(group):
            return plan.draw.sample(group.means, count or min(len(group.means), max(MEANS_MIN, plan.draw.choice(self.reports.sizes))))

        key, pairs = [one.name, other.name], [(one.actor, end) for end in means(other)]
        if plan.draw.random() < 0.5:
            made = named(plan.draw, "campaign", f"{plan.draw.choice(self.reports.dates)}T00:00:00.000Z")
            for source in sources:
                plan.add(source, made)
            key, pairs = [made["name"], *key], [(made["id"], end) for group in (one, other) for end in means(group)]
        records = []
        for source in sources:
            part = pairs if source == sources[0] or count else plan.draw.sample(pairs, (len(pairs) + 1) // 2)
            records += [self.reports.claim(plan, source, *ends, self.reports.date(plan, is_late)) for ends in with_verb(part)]
        if other_path:
            self.reports.claim(plan, AGENCY, other.actor, "uses", plan.draw.choice(one.means), self.reports.date(plan))
        self.reports.instance(plan, PATTERN, role, key, [], records)


def with_verb(pairs):
    return [(source, "uses", target) for source, target in pairs]


def week_before(time):
    """Returns the time a week before the first run."""
    return (datetime.fromisoformat(time) - timedelta(weeks=1)).isoformat()


def base(data, small=False):
    """Returns the base of weekly reports with the agency."""
    reports, runs = weeks.history(data, small)
    agency = Agency(reports, runs)
    as_of, last = runs[-1]
    return replace(
        weeks.base(data, small),
        name=NAME,
        title="weekly reports with an agency",
        about="a release of ATT&CK, then reports of two vendors and an agency in runs of a week",
        configuration=CONFIGURATION,
        history=runs[:-1],
        as_of=as_of,
        last=last,
        deliver=deliver,
        plants={PATTERN: lambda plan: agency.join(plan, PLANTED)},
        look_alikes={
            PATTERN: {
                "only one vendor reports it": lambda plan, role: agency.join(plan, role, sources=VENDORS[:1]),
                "reports of two years ago": lambda plan, role: agency.join(plan, role, is_late=True),
                "another path joins the groups": lambda plan, role: agency.join(plan, role, other_path=True),
                "one means of each group": lambda plan, role: agency.join(plan, role, count=1),
            }
        },
        chance=lambda draw: agency.mixed(last, draw),
    )

"""Runs in which only a rule changed, with nothing new and with ten planted patterns.

The deployment has the payments and the register. After its last real run, the same delivery comes again a day later, and one
rule of the configuration, a mapping or the model is another one. No flag may be new, and each change must be named as one
of the rules, or as an expiry of the day. Then ten patterns are planted into this run.
"""

import json
from datetime import date, timedelta

import payments
import register
from draws import PLANTED, Base, Plan, seeded

# Patterns of one plan.
PLANTED_COUNT = 10
OF_RULES = {"configuration-change", "resolver-change", "model-change"}


def base(data, small=True):
    """Returns the base of payments and the register in one deployment. Its payments are always the small ones."""
    one, other = payments.base(data, small=True), register.base(data)
    history = [(day, {**first, **second}) for (day, first), (_, second) in zip(one.history, other.history)]
    deliver = lambda source, records: (one if source == "bank" else other).deliver(source, records)
    return Base(
        name="accounts",
        title="payments and register",
        about="payments and a register in one deployment",
        configuration=one.configuration + other.configuration,
        files=one.files,
        # The last real run is a part of the history, because the run after it has nothing new.
        history=[*history, (one.as_of, {**one.last, **other.last})],
        as_of=(date.fromisoformat(one.as_of) + timedelta(days=1)).isoformat(),
        last={**one.last, **other.last},
        deliver=deliver,
        plants={**one.plants, **other.plants},
        look_alikes={},
        chance=lambda draw: {**one.chance(draw), **other.chance(draw)},
    )


def changes(prepared):
    """Returns the changed files of each change of a rule."""
    text = prepared.base.configuration
    mapping = (prepared.archive.folder / "payments.toml").read_text()
    return {
        "nothing": {},
        "false-discovery rate 0.01": {"araneus.toml": f"[patterns]\nfdr = 0.01\n{text}"},
        "recent window of 14 days": {"araneus.toml": f"[patterns]\nwindow_days = 14\n{text}"},
        "match probability 0.8": {"araneus.toml": f"[resolve]\nmatch_probability = 0.8\n{text}"},
        "half-life of payments 20 days": {"araneus.toml": f"[weight]\nhalf_life_days = {{ finance = 20 }}\n{text}"},
        "reliability of the register B": {"araneus.toml": text.replace('name = "registry"\nreliability = "A"', 'name = "registry"\nreliability = "B"')},
        "mapping of payments: another kind of link": {"payments.toml": mapping.replace('kind = "payment"', 'kind = "transfer"')},
        "model rules": {"araneus.toml": f'[model]\nid = "rules"\n{text}'},
    }


def judge(prepared, seed, out):
    """Prints a row for each change of a rule: new flags, causes of its changes, and places of ten planted patterns."""
    base, rows = prepared.base, []
    draw = seeded(seed, base.name, "rules")
    plan = Plan(draw)
    for pattern in sorted(draw.sample(sorted(base.plants), PLANTED_COUNT)):
        base.plants[pattern](plan)
    print("| Change | New flags | Causes of changes | Other causes | Of ten planted, in the first 20 |\n|---|--:|---|--:|--:|")
    for at, (name, changed) in enumerate(changes(prepared).items()):
        alone = prepared.flags(base.last, f"rule-{at}", changed=changed)
        deliveries = {source: [*base.last.get(source, []), *plan.records.get(source, [])] for source in {**base.last, **plan.records}}
        planted = prepared.flags(deliveries, f"rule-{at}-{PLANTED}", changed=changed)
        ranks = {instance.pattern: planted.rank_of(instance) for instance in plan.instances}
        found = sum(rank is not None and rank <= 20 for rank in ranks.values())
        others = {cause: count for cause, count in alone.causes.items() if cause not in OF_RULES}
        causes = ", ".join(f"{cause} {count}" for cause, count in sorted(alone.causes.items())) or "none"
        print(f"| {name} | {len(alone.queue)} | {causes} | {sum(others.values())} | {found} |", flush=True)
        missed = {pattern: planted.near(instance) for instance in plan.instances for pattern in [instance.pattern] if not ranks[pattern]}
        rows.append({"change": name, "new_flags": [pattern for pattern, _ in alone.queue], "causes": dict(alone.causes), "ranks": ranks, "missed": missed})
        (out / "rules.json").write_text(json.dumps(rows, indent=1) + "\n")

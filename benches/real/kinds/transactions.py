"""Task 7: money flows. Ranked instances against the planted patterns, accounts, and checks on chance."""

import csv
import io
import re
from collections import Counter, defaultdict
from datetime import date, timedelta

import numpy as np

import scores
from files import Unusable, either, raw, rows
from program import Archive, published
from results import mean, result, share

MAPPING = """about = "Payments: columns id, payer, payee, amount and time."
key = "{id}"
recorded_at = "{time}"
seen_at = "{time}"

[time]
forms = ["year-first"]
zone = "UTC"

[[entity]]
as = "payer"
kind = "bank-account"
key = "{payer}"

[[entity]]
as = "payee"
kind = "bank-account"
key = "{payee}"

[[link]]
from = "payer"
to = "payee"
kind = "payment"
layer = "finance"
amount = "{amount}"
currency = "EUR"
"""
# Kind of the truth, and the names of the patterns whose candidates are instances of it. Most planted cycles are not
# closed, so that chains are instances of them.
PATTERNS = {"cycle": r"chain|cycle", "fan-in": r"fan.?in", "scatter-gather": r"scatter", "fan-out": r"fan.?out"}
MONEY = re.compile("|".join([*PATTERNS.values(), "pass.?through", "structuring", "money"]))
# The first day stands for step 0: only differences between steps matter.
FIRST_DAY = date(2020, 1, 1)
FIRST, LEAST_ACCOUNTS, CERTAIN = 100, 3, 0.01
# Runs a week apart, after a base of four weeks.
WEEK, BASE = 7, 28
ROUNDED_TO = 50


def payments(path):
    """Returns (payer, payee, amount, step) of each row, by the order of its columns where their names say nothing."""
    reader = csv.reader(io.StringIO(raw(either(path)).decode("utf-8-sig"), newline=""))
    header = [name.strip().lower() for name in next(reader)]

    def column(place, *words):
        return next((at for at, name in enumerate(header) if any(word in name for word in words)), place)

    payer, payee = column(0, "source", "payer", "from", "sender"), column(1, "target", "payee", "to", "receiver")
    amount, step = column(2, "value", "amount"), column(3, "time", "step", "date")
    return [(line[payer].strip(), line[payee].strip(), float(line[amount]), int(float(line[step]))) for line in reader if line]


def write(path, table, is_in=lambda step: True):
    """Writes the payments of some steps as the mapping reads them."""
    day = {step: (FIRST_DAY + timedelta(days=step)).isoformat() for step in {row[3] for row in table}}
    lines = (f"{at},{payer},{payee},{amount:.2f},{day[step]}\n" for at, (payer, payee, amount, step) in enumerate(table) if is_in(step))
    path.write_text("id,payer,payee,amount,time\n" + "".join(lines))


class Instances:
    """The instances of a run: pattern, accounts and statistic of each candidate that is a flow of money."""

    def __init__(self, run):
        names = {row["entity_id"]: row["label"] for row in published(run, "entities").to_pylist()}
        found = [row for row in published(run, "candidates").to_pylist() if MONEY.search(row["pattern"])]
        self.rows = sorted(
            ((row["pattern"], {names[member] for member in row["members"] if member in names}, row["statistic"], row["candidate_id"]) for row in found),
            key=lambda row: (-row[2], row[3]),
        )
        # Instances that chance brings less than once in a hundred inputs; a fan-out is never a flag.
        self.certain = [row["pattern"] for row in found if row["expected"] is not None and row["expected"] < CERTAIN]
        self.flags = len(published(run, "flags"))
        self.in_degree = Counter(row["to_id"] for row in published(run, "links").to_pylist())
        self.in_degree = {names[entity]: count for entity, count in self.in_degree.items()}

    def of_kind(self, kind):
        """Returns accounts and statistic of the instances of one kind, the best first."""
        return [(accounts, statistic) for pattern, accounts, statistic, _ in self.rows if re.search(PATTERNS[kind], pattern)]


def run_of(bench, name, table):
    """Returns the instances that one run on a table of payments wrote."""
    folder = bench.folder(f"payments-{name}")
    (folder / "payments.toml").write_text(MAPPING)
    configuration = f'[[source]]\nname = "bank"\nmapping = "{folder / "payments.toml"}"\nrecorded_at = "object"\nreliability = "A"\n'
    archive = Archive(bench.program, folder / "archive", configuration)
    write(folder / "payments.csv", table)
    last = FIRST_DAY + timedelta(days=max(row[3] for row in table))
    return Instances(archive.record(last.isoformat(), [f"bank={folder / 'payments.csv'}"]))


def weekly_flags(bench, name, table):
    """Returns the accounts of each flag that runs a week apart raised; those drawn at random for a fair sample are left out."""
    folder = bench.folder(f"payments-{name}-weekly")
    (folder / "payments.toml").write_text(MAPPING)
    configuration = f'[[source]]\nname = "bank"\nmapping = "{folder / "payments.toml"}"\nrecorded_at = "object"\nreliability = "A"\n'
    archive = Archive(bench.program, folder / "archive", configuration)
    begin, end, raised = min(row[3] for row in table), max(row[3] for row in table), {}
    cuts = [*range(begin + BASE - 1, end, WEEK), end]
    for before, cut in zip([begin - 1, *cuts], cuts):
        path = folder / "payments.csv"
        write(path, table, lambda step, before=before, cut=cut: before < step <= cut)
        run = archive.record((FIRST_DAY + timedelta(days=cut)).isoformat(), [f"bank={path}"])
        names = {row["entity_id"]: row["label"] for row in published(run, "entities").to_pylist()}
        for flag in published(run, "flags").to_pylist():
            if flag["rank"] is not None and not flag["sampled"]:
                raised[flag["flag_id"]] = {names[entity] for entity in flag["entity_ids"] if entity in names}
    return list(raised.values())


def rewired(table, seed):
    """Returns the payments with the payees of the pairs in another order: each pair keeps its times, and no plan is left."""
    pairs = sorted({row[:2] for row in table})
    mixed = np.random.default_rng(seed).permutation(len(pairs))
    payee = {pair: pairs[at][1] for pair, at in zip(pairs, mixed)}
    return [(payer, payee[payer, other], amount, step) for payer, other, amount, step in table if payee[payer, other] != payer]


def weekly_rows(bench, name, table, truth):
    """Yields how many flags of weekly runs show a planted pattern, and how many flags runs without any plan raise."""
    planted = [accounts for accounts, _ in truth.values() if len(accounts) >= LEAST_ACCOUNTS]
    right = [is_right(accounts, planted) for accounts in weekly_flags(bench, name, table)]
    yield result("share_of_flags_right", float(np.mean(right)) if right else float("nan"), label=f"{name}, weekly", n=len(right), positives=sum(right))
    without_plan = rewired(table, bench.seed)
    yield result("chance_flags", len(weekly_flags(bench, f"{name}-rewired", without_plan)), label=f"{name}, weekly, rewired pairs", n=len(without_plan))


def truth_of(path):
    """Returns kind, accounts and whether it is closed, for each planted pattern by its number and kind."""
    found = {}
    for row in rows(either(path)):
        accounts = found.setdefault((row["kind"], row["pattern"]), (set(), row.get("closed") == "1"))[0]
        accounts.add(row["account"])
    return found


def is_right(accounts, patterns):
    """Returns true if at least half of an instance's accounts belong to one pattern."""
    return any(2 * len(accounts & pattern) >= len(accounts) for pattern in patterns)


def is_found(pattern, instances):
    """Returns true if at least half of a pattern's accounts stand in one instance."""
    return any(2 * len(pattern & accounts) >= len(pattern) for accounts in instances)


def rank_rows(found, truth, kind, label):
    """Yields how many planted patterns the first instances show, and how many of these instances are right."""
    visible = {key: accounts for key, (accounts, _) in truth.items() if key[0] == kind and len(accounts) >= LEAST_ACCOUNTS}
    if not visible:
        return
    instances = [accounts for accounts, _ in found.of_kind(kind)][:FIRST]
    shown = np.array([is_found(pattern, instances) for pattern in visible.values()])
    low, high = scores.interval(np.arange(len(shown)), lambda at: float(shown[at].sum()))
    yield result("found_in_first_100", int(shown.sum()), label=label, low=low, high=high, n=len(shown), positives=int(shown.sum()))
    # A fan-in inside a planted scatter-gather is right, too: any planted pattern counts.
    planted = [accounts for accounts, _ in truth.values() if len(accounts) >= LEAST_ACCOUNTS]
    right = np.array([is_right(accounts, planted) for accounts in instances])
    low, high = scores.interval(np.arange(len(right)), lambda at: float(right[at].mean()))
    yield result(
        "precision_in_first_100", float(right.mean()) if len(right) else 0.0, label=label, low=low, high=high, n=len(right), positives=int(right.sum())
    )
    closed = np.array([is_found(truth[key][0], instances) for key in visible if truth[key][1]])
    if len(closed) and kind == "cycle":
        yield result("closed_found", int(closed.sum()), label=label, n=len(closed), positives=int(closed.sum()))
    certain = [accounts for accounts, statistic in found.of_kind(kind) if 10**-statistic < CERTAIN]
    right = [is_right(accounts, planted) for accounts in certain]
    yield result("precision_at_e_below_0.01", float(np.mean(right)) if right else float("nan"), label=label, n=len(right), positives=sum(right))


def account_rows(bench, found, nodes, label):
    """Yields how the best instance of each account ranks the marked accounts, beside the number of its payers."""
    marked = {row["nodeid"]: row["isFraud"] == "1" for row in nodes}
    best = {}
    for _, accounts, statistic, _ in found.rows:
        for account in accounts:
            best[account] = max(best.get(account, 0.0), statistic)
    names = sorted(marked)
    labels = np.array([marked[name] for name in names])
    ours, payers = (np.array([float(values.get(name, 0)) for name in names]) for values in (best, found.in_degree))
    low, high = scores.interval(np.arange(len(names)), lambda at: scores.average_precision(labels[at], ours[at]), rounds=200)
    beside = ("number of payers", scores.average_precision(labels, payers))
    value = scores.average_precision(labels, ours)
    bench.plot("precision-recall", label, {"best instance": (labels, ours), "number of payers": (labels, payers)})
    yield result("average_precision", value, label=label, low=low, high=high, beside=beside, n=len(names), positives=int(labels.sum()))


def chance_tables(table, planted, seed, draws):
    """Yields tables in which only chance can make an instance: name of the check, number of the draw, and payments."""
    for number in range(draws):
        for name, mixed in shuffled(table, seed + number):
            yield name, number, mixed
    if planted:
        # The background is in both tables; each has planted patterns of its own.
        both = Counter(table) & Counter(planted)
        background = sorted(both.elements(), key=lambda row: row[3])
        yield "background", 0, background
        yield "rounded-amounts", 0, [(a, b, max(ROUNDED_TO, ROUNDED_TO * round(amount / ROUNDED_TO)), step) for a, b, amount, step in background]


def shuffled(table, seed):
    """Yields the payments with their amounts, and with their payees, in another order."""
    draw = np.random.default_rng(seed)
    amounts, payees = [row[2] for row in table], [row[1] for row in table]
    mixed = draw.permutation(len(table))
    yield "shuffled-amounts", [(a, b, amounts[at], step) for (a, b, _, step), at in zip(table, mixed)]
    mixed = draw.permutation(len(table))
    yield "shuffled-payees", [(a, payees[at], amount, step) for (a, _, amount, step), at in zip(table, mixed) if payees[at] != a]


def transactions(bench, entry):
    variants = entry.get("variants", ["transactions"])
    for path in bench.paths(entry):
        tables = {name: payments(path / f"{name}.csv") for name in variants if either(path / f"{name}.csv").is_file()}
        nodes = rows(either(path / "nodes.csv")) if either(path / "nodes.csv").is_file() else []
        for name, table in tables.items():
            suffix = name.removeprefix(variants[0])
            planted = "planted-patterns.csv"
            truth = truth_of(path / (planted if suffix == "-planted" and (path / planted).is_file() else entry["truth"]))
            found = run_of(bench, f"{path.name}-{name}", table)
            for kind in PATTERNS:
                yield from rank_rows(found, truth, kind, f"{kind}{suffix}")
            # The first table may have marks of its simulator, by which its patterns are found too easily.
            if list(tables).index(name) == min(1, len(tables) - 1):
                yield from weekly_rows(bench, f"{path.name}-{name}", table, truth)
            kinds = sorted({kind for kind, _ in truth})
            if nodes and len(kinds) == 1:
                yield from account_rows(bench, found, nodes, f"accounts-{kinds[0]}{suffix}")
        if not tables:
            raise Unusable(f"{path} has no table of payments")
        checks, sizes = defaultdict(list), {}
        for name, number, table in chance_tables(tables[variants[0]], tables.get(f"{variants[0]}-planted"), bench.seed, bench.chance_draws):
            found = run_of(bench, f"{path.name}-{name}", table)
            likely = Counter(pattern for pattern in found.certain if not re.search(PATTERNS["fan-out"], pattern))
            checks[name].append(max(found.flags, sum(likely.values())))
            sizes[name] = len(table)
            for pattern, count in sorted(likely.items()):
                bench.note(f"task 7, {path.name}, {name}, draw {number + 1}: {count} {pattern} with E below {CERTAIN}")
        for name, counts in checks.items():
            label = f"{path.name}, {name}"
            if len(counts) == 1:
                yield result("chance_flags", counts[0], label=label, n=sizes[name])
            else:
                yield mean("chance_flags", counts, label=f"{label}, mean of {len(counts)} draws")
                yield share("draws_without_flag", [count == 0 for count in counts], label=label)


TASKS = {7: transactions}

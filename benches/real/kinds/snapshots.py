"""Task 4: exact change from snapshot to snapshot, and reports on nights of bulk edits."""

import statistics

import series
from files import Unusable
from program import published, steward
from results import result, share

# Columns of the truth, and the column of `deliveries` that has the count.
COUNTS = {"added": "new", "removed": "withdrawn", "changed": "changed", "changed_with_same_modified": "changed_unannounced"}
# A step is news of the catalogue itself if it edits over 50 objects and a tenth of them, or withdraws a tenth.
BULK_OBJECTS, BULK_SHARE = 50, 0.1


def counted(run):
    """Returns the counts that a run wrote for its deliveries."""
    rows = [row for row in steward(run, "deliveries") if row["status"] != "ignored"]
    return {name: sum(row[name] for row in rows) for name in (*COUNTS.values(), "delivered", "rejected")}


def new_reports(run):
    """Returns the number of flags that a run put into its queue."""
    flags = published(run, "flags")
    return len(flags) - flags["rank"].null_count


def is_news(true, delivered):
    """Returns true for bulk edits, restructurings, and nights on which objects vanish."""
    limit = max(BULK_OBJECTS, BULK_SHARE * delivered)
    # A release changes much and says so. Its bulk edits are the changes under an unchanged version.
    return true.get("changed_with_same_modified", true["changed"]) > limit or true["removed"] > limit


def exact_change(bench, entry):
    archive, steps = series.archive(bench, entry)
    truth, good = series.truth_of_steps(bench, entry), [step for step in steps if step.is_good]
    found, others, news = {name: [] for name in COUNTS}, [], []
    for before, after in zip(good, good[1:]):
        true = truth.get((before.name, after.name))
        if true is None or after.is_history:
            continue
        run = archive.runs[after.as_of]
        ours = counted(run)
        for name, column in COUNTS.items():
            if name in true:
                found[name].append(true[name] == ours[column])
                if true[name] != ours[column]:
                    bench.note(f"{entry['name']}, {before.name} to {after.name}: {name} {ours[column]}, true {true[name]}")
        (news if is_news(true, ours["delivered"]) else others).append((after.name, new_reports(run)))
    if not found["added"]:
        raise Unusable("no step of the series is in the truth")
    for name, hits in found.items():
        if hits:
            yield share("steps_exact", hits, label=name)
    broken = [step for step in steps if not step.is_good and not step.is_history]
    if broken:
        yield share("rejected_and_skipped", [counted(archive.runs[step.as_of])["rejected"] == 1 for step in broken], label="broken")
    if news:
        usual = statistics.median([count for _, count in others]) if others else None
        most = max(count for _, count in news)
        for name, count in news:
            bench.note(f"{entry['name']}, {name}: {count} reports on a night of bulk edits")
        yield result("reports_per_run", most, label="news", beside=("median of other runs", usual), n=len(news))
        yield share("at_most_one_report", [count <= 1 for _, count in news], label="news")


TASKS = {4: exact_change}

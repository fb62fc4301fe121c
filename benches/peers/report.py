"""Report as Markdown, JSON and a chart. A ratio is the time of a peer divided by the time of Araneus: above 1, Araneus is
faster."""

import json
import math

import rows

BY_NAME = {row.name: row for row in rows.ROWS}


def seconds_of(result):
    """Returns the median time of each measured contender."""
    return {name: entry["seconds"] for name, entry in result["contenders"].items() if "seconds" in entry}


def ratios(result):
    """Returns the ratio of each peer; empty if Araneus was not measured."""
    seconds = seconds_of(result)
    ours = seconds.pop(rows.OURS, None)
    return {name: time / ours for name, time in seconds.items()} if ours else {}


def best(result):
    """Returns the fastest peer and its ratio, or (None, None)."""
    found = ratios(result)
    name = min(found, key=found.get, default=None)
    return name, found.get(name)


def verdicts(result):
    """Returns (peer, ratio to reach, ratio, reached) for each ratio to reach that can be formed."""
    found = ratios(result)
    _, least = best(result)
    targets = BY_NAME[result["row"]].targets
    measured = {name: least if name == "best" else found.get(name) for name in targets}
    return [(name, targets[name], ratio, ratio >= targets[name]) for name, ratio in measured.items() if ratio is not None]


def time(seconds):
    """Formats a time with three digits and a unit."""
    for limit, factor, unit in [(1e-3, 1e6, "µs"), (1, 1e3, "ms"), (math.inf, 1, "s")]:
        if seconds < limit:
            return f"{three(seconds * factor)} {unit}"


def three(value):
    """Formats a number with three digits, without an exponent if possible."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{digits}f}" if 1e-3 <= abs(value) < 1e6 else f"{value:.2e}"


def told(value):
    """Formats a value of quality: counts as integers, shares and errors with enough digits to distinguish them."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if float(value).is_integer() and abs(value) < 1e12:
        return f"{value:.0f}"
    return f"{value:.5f}" if 1e-3 <= abs(value) < 10 else f"{value:.2e}"


def title(name):
    return rows.TITLES.get(name, name)


def line(result):
    """Returns one line of progress."""
    times = ", ".join(f"{name} {time(seconds)}" for name, seconds in seconds_of(result).items())
    problems = ", ".join(f"{name}: {entry['problem']}" for name, entry in result["contenders"].items() if "problem" in entry)
    name, ratio = best(result)
    against = f"{ratio:.2f} x {name}" if name else "no ratio"
    return f"{result['row']:20} {result['graph']:14} {result['threads']} thread(s)  {against}  ({times}{'; ' if problems else ''}{problems})"


def write(folder, facts, asked, results):
    """Writes `peers.json` and `peers.md`."""
    asked = {name: value for name, value in asked.items() if name in ("rows", "graphs", "runs", "threads", "patience", "timeout", "quick")}
    told = [result | {"ratios": ratios(result), "best_peer": best(result)[0], "ratio": best(result)[1]} for result in results]
    versions = {name: entry["version"] for result in results for name, entry in result["contenders"].items()}
    whole = {"machine": facts, "asked": asked, "versions": versions, "results": told}
    # JSON has no NaN.
    text = json.dumps(clean(whole), indent=1, ensure_ascii=False, default=float, allow_nan=False)
    (folder / "peers.json").write_text(text + "\n")
    (folder / "peers.md").write_text(markdown(facts, asked, versions, results))


def clean(value):
    if isinstance(value, dict):
        return {key: clean(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [clean(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def markdown(facts, asked, versions, results):
    lines = ["# Araneus and its peers", ""]
    lines.append("Ratio: the peer's median time divided by ours, same threads, same run; above 1 ours is faster. The fastest peer of each row counts.")
    lines += ["", *(f"- {name.replace('_', ' ')}: {value}" for name, value in facts.items())]
    lines += [f"- runs: {asked['runs']} of each, in turn, after one to warm up", ""]
    if facts["load_at_start"] > 0.5:
        lines += [f"**The machine was busy when the run began (load {facts['load_at_start']}): ratios are rough, and those of OpenMP peers with two threads tell nothing.**", ""]
    lines.append("Versions: " + ", ".join(f"{title(name)} {version}" for name, version in versions.items()) + ".")
    lines += ["", "## Ratios", "", "| Row | Graph | Threads | Ours | Fastest peer | Its time | Ratio | To reach |", "|---|---|--:|--:|---|--:|--:|---|"]
    lines += [ratio_line(result) for result in results]
    lines += ["", "## Two threads against one", ""]
    if facts["two_at_once"] is not None:
        lines += [f"Two processes at once, each on a processor of its own, got {facts['two_at_once']} times as much done as one when the run began: no second thread can be expected to give more.", ""]
    lines += ["| Row | Graph | One thread | Two threads | Times faster |", "|---|---|--:|--:|--:|"]
    lines += speed_ups(results)
    lines += ["", "## All contenders", ""]
    lines.append("Memory: the most during the first run above what the process held before it, without graph and input. Ready: from arrays to a graph that kernels run on.")
    lines += ["", "| Row | Graph | Threads | Contender | Time | Ratio | Runs | Memory | Ready | Quality | Note |", "|---|---|--:|---|--:|--:|--:|--:|--:|---|---|"]
    lines += [contender_line(result, name) for result in results for name in result["contenders"]]
    return "\n".join(lines) + "\n"


def about(result):
    return f"{BY_NAME[result['row']].about} | {result['graph']} | {result['threads']}"


def ratio_line(result):
    seconds = seconds_of(result)
    name, ratio = best(result)
    ours = time(seconds[rows.OURS]) if rows.OURS in seconds else result["contenders"][rows.OURS]["problem"] if rows.OURS in result["contenders"] else "–"
    peer = f"{title(name)} | {time(seconds[name])} | {ratio:.2f}" if name else "– | – | –"
    reach = [f"{target:g}{'' if peer == 'best' else ' against ' + title(peer)}: {'reached' if reached else f'missed ({ratio:.2f})'}" for peer, target, ratio, reached in verdicts(result)]
    return f"| {about(result)} | {ours} | {peer} | {'; '.join(reach) or '–'} |"


def speed_ups(results):
    """Returns lines for rows with one and with two threads."""
    ours = {(result["row"], result["graph"], result["threads"]): seconds_of(result).get(rows.OURS) for result in results}
    for (row, graph, threads), one in ours.items():
        two = ours.get((row, graph, 2))
        if threads == 1 and one and two:
            yield f"| {BY_NAME[row].about} | {graph} | {time(one)} | {time(two)} | {one / two:.2f} |"


def contender_line(result, name):
    entry = result["contenders"][name]
    if "seconds" not in entry:
        return f"| {about(result)} | {title(name)} | – | – | – | – | – | – | {entry['problem']} |"
    ratio = ratios(result).get(name)
    quality = ", ".join(f"{what} {told(value)}" for what, value in entry.get("quality", {}).items())
    memory = f"{entry['rise_bytes'] / 2**20:.1f} MiB"
    ready = time(entry["prepare_seconds"]) if "prepare_seconds" in entry else "–"
    return f"| {about(result)} | {title(name)} | {time(entry['seconds'])} | {three(ratio) if ratio else '–'} | {len(entry['runs'])} | {memory} | {ready} | {quality} | {entry['note']} |"


def draw(path, results):
    """Draws the ratio of the fastest peer of each row as bars on a logarithmic scale."""
    import matplotlib

    matplotlib.use("Agg")
    # Equal results give equal bytes.
    matplotlib.rcParams["svg.hashsalt"] = "araneus"
    from matplotlib import pyplot

    threads = sorted({result["threads"] for result in results})
    places = list(dict.fromkeys((result["row"], result["graph"]) for result in results if best(result)[0]))
    if not places:
        return
    figure, axes = pyplot.subplots(figsize=(9, 1.6 + 0.32 * len(places)), layout="constrained")
    height = 0.8 / len(threads)
    for number, count in enumerate(threads):
        found = {(result["row"], result["graph"]): best(result) for result in results if result["threads"] == count}
        shown = [(place, found[key]) for place, key in enumerate(places) if found.get(key, (None,))[0]]
        where = [place + (number - (len(threads) - 1) / 2) * height for place, _ in shown]
        color = ["#2f5d8a", "#9dbbd6", "#c9a227", "#7a7a7a"][number % 4]
        bars = axes.barh(where, [ratio for _, (_, ratio) in shown], height, color=color, label=f"{count} thread{'s' * (count > 1)}")
        axes.bar_label(bars, [f"{ratio:.1f} {title(name)}" for _, (name, ratio) in shown], padding=3, fontsize=6)
    for place, (row, _) in enumerate(places):
        if reach := BY_NAME[row].targets.get("best"):
            axes.plot([reach, reach], [place - 0.45, place + 0.45], color="#b03030", linewidth=1.5)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xscale("log")
    axes.margins(x=0.18, y=0.01)
    axes.set_yticks(range(len(places)), [f"{BY_NAME[row].about}, {graph}" for row, graph in places], fontsize=7)
    axes.invert_yaxis()
    axes.set_xlabel("fastest peer's time / ours (red: ratio to reach)", fontsize=8)
    axes.tick_params(axis="x", labelsize=7)
    axes.legend(fontsize=7, loc="lower right")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)

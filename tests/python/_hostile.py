"""Deliveries whose names try to act in a page: scripts, templates, hidden and reordering characters, live addresses."""

import json

# Property of a page's window that any of the scripts below sets.
RAN = "hostileScriptRan"
# Host that a live link or a request would reach.
HOST = "collector.example"
NAMES = [
    f"<script>window.{RAN}=1</script>",
    f"\"><img src=x onerror=window.{RAN}=1>",
    f"' autofocus onfocus=window.{RAN}=1 x='",
    f"<svg/onload=window.{RAN}=1>",
    f"</title></textarea></style></script><script>window.{RAN}=1</script>",
    f"javascript:window.{RAN}=1",
    f"<a href=\"javascript:window.{RAN}=1\">open</a>",
    f"<iframe srcdoc=\"<script>parent.{RAN}=1</script>\"></iframe>",
    f"<form action=https://{HOST}/><button name=value value=confirmed>ok</button></form>",
    f"<meta http-equiv=refresh content=0;url=https://{HOST}/>",
    f"<link rel=stylesheet href=https://{HOST}/a.css><style>@import 'https://{HOST}/b.css';</style>",
    "{{ csrf }} {% include \"web/base.html\" %} ${7*7} <%= 7*7 %> #{7*7}",
    "&lt;script&gt; &#x3c;b&#x3e; &amp;amp; &quot;",
    "invoice\u202egpj.exe",
    "\u2066isolated\u2069 \u200bzero\u200b\u200d width\ufeff \u00ad soft",
    f"https://{HOST}/login?next=http://{HOST}/a#b",
    f"hxxp and HTTPS://{HOST.upper()} and ftp://{HOST}/x",
    f"write to person@{HOST} or mailto:person@{HOST}",
    "198.51.100.77 and 2001:db8::77",
    "W" * 3000,
    "one very long name " * 120,
    "Z\u0351\u0489a\u0315l\u0321g\u0334o\u0338 " * 4,
    "\u05e9\u05dd \u0627\u0633\u0645 \u540d\u524d",
    "../../../../etc/passwd\u0000".replace("\u0000", "%00"),
    "'; DROP TABLE flags; --",
    "=cmd|'/C calc'!A0",
]
RENAMED = {"attack-pattern", "campaign", "identity", "intrusion-set", "malware", "report", "threat-actor", "tool"}


def renamed(item, names):
    """Returns a STIX object with a hostile name; equal names stay equal, and each name is used once in its turn."""
    if item.get("type") not in RENAMED or "name" not in item:
        return item
    name = item["name"]
    if name not in names:
        names[name] = f"{name} {NAMES[len(names) % len(NAMES)]}"
    return {**item, "name": names[name], "description": f"{names[name]} https://{HOST}/{len(names)}"}


def write_hostile(world, target):
    """Copies the deliveries of a world with hostile names; returns their folder."""
    names = {}
    for path in sorted(world.rglob("*.json")):
        content = json.loads(path.read_text())
        if "night-" not in str(path.relative_to(world)) or "objects" not in content:
            continue
        content["objects"] = [renamed(item, names) for item in content["objects"]]
        copy = target / path.relative_to(world)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(json.dumps(content))
    for file in world.glob("*.toml"):
        (target / file.name).write_text(file.read_text())
    return target

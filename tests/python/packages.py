"""Makes the packages of the newest built program, and uses each one as a user would.

The Debian package is installed above a copy of this system that disappears afterwards (overlayfs), so that the system
itself stays as it is. That needs root or `sudo`. No container engine is needed: the last stage of the container file is
read, and the program runs as the image would run it, in bubblewrap.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

from _demo import PROJECT, TIMEOUT_SECONDS, finish, program

FOLDER = Path(__file__).resolve().parent
# Changes of the system that belong to dpkg, its triggers and the account, and not to the package.
LEFT_BY_DPKG = re.compile(
    r"/(var/(lib/dpkg|log|cache/(man|debconf|ldconfig|swcatalog))|etc/(passwd|group|shadow|gshadow|subuid|subgid)|etc/\.pwd\.lock|run|dev|proc|sys|tmp|root)\b"
)


def call(*command, **options):
    """Runs a command; returns what it printed, or raises with its whole output."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False, **options)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def as_root():
    """Returns the words before a command that needs root; `None` if this user cannot become root."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:
        return [sudo, "-n"]
    return None


def package(kind, to):
    return Path(call(PROJECT / "scripts/package", kind, "--binary", program(), "--to", to).splitlines()[-1])


def check_same_bytes(folder):
    """Makes the archive twice: equal sources give equal packages."""
    made = [package("tarball", folder / name) for name in ("one", "two")]
    if made[0].read_bytes() != made[1].read_bytes():
        yield "tarball: a second package of the same program has other bytes"
    with tarfile.open(made[0]) as archive:
        archive.extractall(folder, filter="data")
        names = archive.getnames()
    root = folder / made[0].name.removesuffix(".tar.gz")
    version = call(root / "bin/araneus", "--version").strip()
    if version != call(program(), "--version").strip():
        yield f"tarball: its program is {version}"
    for wanted in ("LICENSE", "README.md", "share/man/man1/araneus.1", "share/man/man1/araneus-judgements-add.1", "share/doc/araneus/third-party-licences.txt"):
        if f"{root.name}/{wanted}" not in names:
            yield f"tarball: it lacks {wanted}"
    licences = (root / "share/doc/araneus/third-party-licences.txt").read_text()
    for crate in ("arrow 59", "serde 1", "zstd-sys 2"):
        if crate not in licences:
            yield f"tarball: the licences lack {crate}"


def check_deb(folder):
    """Checks the Debian package by lintian, then installs, uses and removes it."""
    missing = [tool for tool in ("dpkg-deb", "dpkg-shlibdeps", "unshare") if not shutil.which(tool)]
    if missing:
        print(f"SKIPPED: the Debian package: {', '.join(missing)} not installed")
        return
    made = package("deb", folder)
    depends = call("dpkg-deb", "--field", made, "Depends")
    if "libc6" not in depends:
        yield f"deb: no dependency on libc6: {depends!r}"
    if shutil.which("lintian"):
        # The package is not uploaded to Debian, where a first upload closes a bug.
        done = subprocess.run(
            ["lintian", "--fail-on", "error,warning", "--suppress-tags", "initial-upload-closes-no-bugs", str(made)],
            capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        if done.returncode:
            yield f"deb: lintian: {done.stdout}{done.stderr}"
    else:
        print("SKIPPED: lintian is not installed: the rules of Debian for the package")
    root = as_root()
    if root is None:
        print("SKIPPED: neither root nor sudo: the Debian package is not installed")
        return
    yield from installed(made, folder, root)


def installed(made, folder, root):
    """Yields what fails when the package is installed, used and removed above a copy of the system."""
    used = folder / "use.sh"
    used.write_text(USE.replace("@PACKAGE@", str(made)))
    overlay = folder / "overlay.sh"
    overlay.write_text(OVERLAY.replace("@USE@", str(used)).replace("@PLANTED@", PLANTED))
    done = subprocess.run([*root, "unshare", "--mount", "--net", "bash", str(overlay)], capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)
    if "NO OVERLAY" in done.stdout:
        print("SKIPPED: the Debian package is not installed: this system cannot mount an overlay")
        return
    if done.returncode:
        yield f"deb: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return
    print("\n".join(line for line in done.stdout.splitlines() if line.startswith(("ok ", "SKIPPED:"))))
    if len(re.findall(r"^ok ", done.stdout, re.M)) < 5:
        yield f"deb: fewer steps than expected: {done.stdout}"
    # A name in the upper folder that is not a whiteout (a device 0, 0) exists after the removal.
    left = [line for line in done.stdout.partition("LEFT")[2].split() if not LEFT_BY_DPKG.match(line)]
    if PLANTED not in left:
        yield "deb: the check of the removal does not see a file that is left"
    yield from (f"deb: the removal leaves {path}" for path in left if path != PLANTED)


# A file that the check of the removal must find.
PLANTED = "/usr/share/araneus-planted"
OVERLAY = r"""
set -e
top=$(mktemp -d)
mount -t tmpfs tmpfs "$top"
mkdir "$top/upper" "$top/work" "$top/system"
mount -t overlay overlay -o "lowerdir=/,upperdir=$top/upper,workdir=$top/work" "$top/system" 2>/dev/null || { echo "NO OVERLAY"; exit 0; }
for folder in /proc /dev; do mount --rbind "$folder" "$top/system$folder"; done
mount -t tmpfs tmpfs "$top/system/tmp"
# Files of this check may be below another mount, such as /dev/shm or /tmp.
mkdir -p "$top/system/tmp/check"
sed -n 's/^PACKAGE=//p' @USE@ | xargs -I{} cp {} "$top/system/tmp/check/araneus.deb"
cp @USE@ "$top/system/tmp/check/use.sh"
chroot "$top/system" bash /tmp/check/use.sh
echo planted >"$top/system@PLANTED@"
echo LEFT
cd "$top/upper"
find . \( -type f -o -type l \) | sed 's/^\.//'
"""

USE = r"""
PACKAGE=@PACKAGE@
set -e
export LC_ALL=C.UTF-8 HOME=/tmp/home DEBIAN_FRONTEND=noninteractive
mkdir -p "$HOME"
cd /tmp/home
! dpkg -s araneus >/dev/null 2>&1 || dpkg --purge araneus
dpkg -i /tmp/check/araneus.deb
[[ $(command -v araneus) == /usr/bin/araneus ]]
araneus --version
araneus demo --example >demo.txt
test -f araneus-demo/out/latest/all/report.html
araneus queue --open --state araneus-demo/state --out araneus-demo/out | grep -q "Operation Low Tide"
echo "ok araneus demo"
getent passwd araneus
echo "ok the account exists"
gzip -t /usr/share/man/man1/araneus.1.gz /usr/share/man/man1/araneus-judgements-add.1.gz
if command -v man >/dev/null; then
    man -w araneus araneus-run araneus-judgements-add
    # groff prints a warning for a fault in a page.
    [[ -z $(man --warnings -l /usr/share/man/man1/araneus-run.1.gz 2>&1 >/dev/null) ]]
    echo "ok man araneus"
else
    echo "SKIPPED: man is not installed: the pages are not shown"
fi
bash -c 'source /usr/share/bash-completion/completions/araneus; complete -p araneus >/dev/null
COMP_WORDS=(araneus ver) COMP_CWORD=1; _araneus araneus ver araneus; [[ " ${COMPREPLY[*]} " == *" verify "* ]]'
echo "ok completions of bash"
if command -v zsh >/dev/null; then
    zsh -c 'autoload -Uz compinit; compinit -u -d /tmp/home/zcompdump; [[ $_comps[araneus] == _araneus ]]'
    echo "ok completions of zsh"
fi
if command -v fish >/dev/null; then
    fish -c 'complete -C "araneus ver"' | grep -q '^verify'
    echo "ok completions of fish"
fi
if command -v systemd-analyze >/dev/null; then
    systemd-analyze verify --man=no /usr/lib/systemd/system/araneus.service /usr/lib/systemd/system/araneus.timer 2>units.txt || true
    ! grep araneus units.txt
    echo "ok units"
fi
# The timer waits for an operator.
! ls /etc/systemd/system/timers.target.wants/araneus.timer 2>/dev/null
[[ $(dpkg -V araneus) == "" ]]
dpkg --purge araneus
! command -v araneus
! dpkg -L araneus 2>/dev/null
echo "ok removal"
"""


def last_stage():
    """Returns the instructions of the last stage of the container file, as pairs of name and value."""
    text = (PROJECT / "packaging/Containerfile").read_text()
    lines = [line for line in re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*\n", "", text)).splitlines() if line.strip()]
    pairs = [tuple(line.split(None, 1)) for line in lines]
    begins = [at for at, (name, _) in enumerate(pairs) if name == "FROM"]
    return pairs[: begins[-1]], pairs[begins[-1] :]


def check_container_file(folder):
    """Checks paths and versions of the container file, and that Cargo reads a project of the copied paths alone."""
    build, last = last_stage()
    cargo = (PROJECT / "Cargo.toml").read_text()
    version = re.search(r'^version = "(.*)"', cargo, re.M).group(1)
    oldest = re.search(r'^rust-version = "(.*)"', cargo, re.M).group(1)
    for name, value in build + last:
        if name == "COPY" and not value.startswith("--from"):
            for source in value.split()[:-1]:
                if not (PROJECT / source).exists():
                    yield f"container: COPY {source}, which is not there"
    copied = {source for name, value in build if name == "COPY" for source in value.split()[:-1]}
    # Cargo reads every target that the manifest names or that has a folder of its own.
    for needed in ("Cargo.lock", "crates", "src", "templates", "models", "datasets", *re.findall(r'^path = "(\w+)/', cargo, re.M)):
        if needed not in copied:
            yield f"container: {needed} is not copied, and the build needs it"
    for path in copied:
        source, to = PROJECT / path, folder / path
        to.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, to, symlinks=True, ignore=shutil.ignore_patterns("out", ".araneus", "__pycache__"))
        elif source.is_file():
            shutil.copy(source, to)
    call("cargo", "metadata", "--locked", "--no-deps", "--format-version", "1", cwd=folder)
    if f"rust:{oldest}-" not in build[0][1]:
        yield f"container: it builds with {build[0][1]}, and rust-version is {oldest}"
    if ("ARG", f"VERSION={version}") not in last:
        yield f"container: its version is not {version}"
    settings = dict(last)
    if settings.get("USER", "").split(":")[0] in ("", "0", "root"):
        yield "container: it runs as root"


def check_as_image(folder):
    """Runs the program as the image would: its own user, a read-only root with the program alone, two volumes."""
    if not shutil.which("bwrap"):
        print("SKIPPED: bubblewrap is not installed: the program in a read-only root")
        return
    settings = dict(last_stage()[1])
    user, home = settings["USER"].split(":")[0], settings["WORKDIR"]
    volumes = re.findall(r'"([^"]+)"', settings["VOLUME"])
    entry = re.findall(r'"([^"]+)"', settings["ENTRYPOINT"])
    project = folder / "project"
    shutil.copytree(PROJECT / "datasets/tiny", project, ignore=shutil.ignore_patterns("out", ".araneus"))
    command = ["bwrap", "--unshare-all", "--uid", user, "--gid", user, "--clearenv", "--die-with-parent", "--tmpfs", "/", "--dir", "/usr/bin"]
    command += ["--ro-bind", program(), entry[0], "--ro-bind", project, home]
    # The image has a static program. The libraries of this one come from the system.
    libraries = subprocess.run(["ldd", str(program())], capture_output=True, text=True, check=False).stdout
    for library in sorted(set(re.findall(r"(/\S+) \(0x", libraries))):
        command += ["--ro-bind", library, library]
    # Volumes cover folders that exist.
    for volume in volumes:
        (project / Path(volume).name).mkdir()
        store = folder / "volumes" / Path(volume).name
        store.mkdir(parents=True)
        command += ["--bind", store, volume]
    command += ["--remount-ro", "/", "--chdir", home]
    sources = sorted(path.name for path in (project / "night-1").iterdir())
    runs = [
        (["run", *(f"night-1/{name}" for name in sources), "--as-of", "2026-03-02T02:00:00Z"], (0,)),
        (["verify"], (0,)),
        # No place but the volumes can be written.
        (["export", "graphml", "--all", "--to", f"{home}/graph.graphml"], (6,)),
        (["export", "graphml", "--all", "--to", f"{home}/out/graph.graphml"], (0,)),
    ]
    for arguments, expected in runs:
        done = subprocess.run([*map(str, command), *entry, *arguments], capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)
        if "bwrap:" in done.stderr:
            print(f"SKIPPED: the program in a read-only root: {done.stderr.strip()}")
            return
        if done.returncode not in expected:
            yield f"image: araneus {' '.join(arguments)} ended with {done.returncode}: {done.stderr[-500:]}"


def check_crates(folder):
    """Packs each crate, and builds a new project that uses `araneus-graph` from its packed form."""
    data = json.loads(call("cargo", "metadata", "--locked", "--no-deps", "--format-version", "1", cwd=PROJECT))
    # A package that is never published has an empty list of registries.
    members = {package["name"]: Path(package["manifest_path"]).parent for package in data["packages"] if package["publish"] != []}
    if not {"araneus", "araneus-graph", "araneus-synth"}.issubset(members):
        yield f"crates: only {', '.join(sorted(members))} are published"
    offline = {**os.environ, "CARGO_TERM_COLOR": "never"}
    for name, home in members.items():
        names = call("cargo", "package", "--package", name, "--list", "--allow-dirty", cwd=PROJECT, env=offline).split()
        for wanted in ("Cargo.toml", "README.md", "LICENSE", "src/lib.rs"):
            if wanted not in names:
                yield f"crates: the package of {name} lacks {wanted}"
        sources = {str(path.relative_to(home)) for path in (home / "src").rglob("*") if path.is_file()}
        yield from (f"crates: the package of {name} lacks {path}" for path in sorted(sources - set(names)))
        for source in (home / "src").rglob("*.rs"):
            for path in re.findall(r'include_(?:str|bytes)!\(\s*"([^"]+)"', source.read_text()):
                included = os.path.relpath(os.path.normpath(source.parent / path), home)
                if included not in names:
                    yield f"crates: the package of {name} lacks {included}, which {source.name} includes"
        yield from (f"crates: the package of {name} has {path}" for path in names if re.match(r"(target|out|\.venv|\.github|\.ci)/", path))
    call("cargo", "package", "--package", "araneus-graph", "--no-verify", "--allow-dirty", cwd=PROJECT, env=offline)
    target = Path(os.environ.get("CARGO_TARGET_DIR", PROJECT / "target"))
    packed = max((target / "package").glob("araneus-graph-*.crate"), key=lambda path: path.stat().st_mtime)
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    crate, project = folder / packed.stem, folder / "mine"
    example = re.search(r"```rust\n(.*?)```", (crate / "README.md").read_text(), re.S)
    if not example:
        yield "crates: the page of araneus-graph has no example"
        return
    # Below the build folder, so that a second check builds only the example.
    offline.update(CARGO_TARGET_DIR=str(target / "packages-check"), CARGO_INCREMENTAL="0", CARGO_PROFILE_DEV_DEBUG="0")
    call("cargo", "init", "--quiet", "--vcs", "none", "--name", "mine", project, env=offline)
    # The versions that the project itself is built with.
    shutil.copy(PROJECT / "Cargo.lock", project / "Cargo.lock")
    call("cargo", "add", "--quiet", "--offline", "--path", crate, cwd=project, env=offline)
    (project / "src/main.rs").write_text(f"fn main() {{\n{example.group(1)}}}\n")
    answer = call("cargo", "run", "--quiet", "--offline", cwd=project, env=offline)
    if len(re.findall(r"0\.\d+", answer)) != 3:
        yield f"crates: the example answers {answer!r}"


def main():
    failures = []
    for check in (check_same_bytes, check_deb, check_container_file, check_as_image, check_crates):
        with tempfile.TemporaryDirectory(prefix="araneus-packages-") as folder:
            try:
                failures += check(Path(folder))
            except (RuntimeError, OSError, subprocess.SubprocessError) as error:
                failures.append(f"{check.__name__}: {error}")
    finish("packages", failures)


if __name__ == "__main__":
    main()

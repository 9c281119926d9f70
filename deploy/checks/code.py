"""What the source code says: roles, consumers, metrics, variables, commands. The files in deploy/ are compared with it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from . import ROOT

WORKERS = ROOT / "workers"


def read(path: str) -> str:
    return (WORKERS / path).read_text()


def snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def variants(text: str, enum: str) -> list[tuple[str, str]]:
    """The variants of an enum, each with what is in its parentheses."""
    body = re.search(rf"enum {enum} \{{\n(.*?)\n\}}", text, re.S)
    if not body:
        raise ValueError(f"the source has no enum {enum} any more")
    return re.findall(r"^    ([A-Z]\w+)(?:\((\S+)\))?(?:,| \{)", body[1], re.M)


@cache
def roles() -> list[str]:
    """What `leadfleet run` takes, without the names for several."""
    found = [snake(name) for name, _ in variants(read("fleet/src/role.rs"), "Role")]
    return [role for role in found if role not in ("all", "matchers")]


@cache
def hard_limit() -> int:
    """Seconds that a process has from the signal to its end."""
    return int(re.search(r"HARD_LIMIT: Duration = Duration::from_secs\((\d+)\)", read("fleet/src/run.rs"))[1])


@cache
def variables() -> set[str]:
    found = set()
    for path in WORKERS.glob("**/src/**/*.rs"):
        found |= set(re.findall(r'\benv = "([A-Z][A-Z0-9_]+)"', path.read_text()))
    for also in re.findall(r"also: &\[(.*?)\]", read("fleet/src/settings/catalogue.rs"), re.S):
        names = re.findall(r'"([A-Z0-9_]+)"', also)
        # Each setting can be in a file.
        found |= set(names) | {f"{name}_FILE" for name in names}
    return found


@cache
def secrets() -> set[str]:
    """The variables whose values are never to be seen."""
    settings = re.findall(r"also: &\[([^\]]*)\],(?:(?!Setting \{).)*?secret: true", read("fleet/src/settings/catalogue.rs"), re.S)
    return {"LEADFLEET_SECRET"}.union(*(re.findall(r'"(\w+)"', also) for also in settings))


@cache
def metrics() -> dict[str, list[str]]:
    """Each metric with its labels; of a histogram the series it becomes."""
    text = read("kit/runtime/src/metrics.rs")
    found = {}
    for name, rest in re.findall(r'"(leadfleet_\w+)"(.*?&\[.*?\])', text, re.S):
        labels = re.findall(r'"(\w+)"', re.search(r"&\[(.*?)\]$", rest, re.S)[1])
        names = [f"{name}_{part}" for part in ("bucket", "sum", "count")] if re.search(rf'HistogramOpts::new\(\s*"{name}"', text) else [name]
        found |= {each: labels + (["le"] if each.endswith("_bucket") else []) for each in names}
    for path in WORKERS.glob("**/src/**/*.rs"):
        if path.name != "metrics.rs" and re.search(r"(?:Opts::new|register_\w+!)\(\s*\"leadfleet_", path.read_text()):
            raise ValueError(f"{path.relative_to(ROOT)} has metrics, which are looked for in metrics.rs alone")
    return found


@cache
def outcomes() -> set[str]:
    array = re.search(r'outcomes: \[("ok".*?)\]', read("kit/runtime/src/metrics.rs"))
    return set(re.findall(r'"(\w+)"', array[1]))


@cache
def consumers() -> dict[str, dict[str, str]]:
    """The consumers of each role, each with its stream."""
    role = read("fleet/src/role.rs")
    crate_of = {}
    for crate, names in re.findall(r"^use (\w+)::(\{.*?\}|\w+);", role, re.M | re.S):
        crate_of |= {name: crate for name in re.findall(r"\w+", names)}
    start = role[role.index("pub async fn start(") :]
    arms = re.split(r"\n        Role::(\w+)", start)
    found = {}
    for name, arm in zip(arms[1::2], arms[2::2]):
        for path in re.findall(r"spawn\(\s*running,\s*runtime,\s*([A-Za-z_:]+)", arm):
            parts = path.removesuffix("::new").split("::")
            crate = parts[0] if len(parts) > 1 else crate_of[parts[0]]
            consumer, stream = workers(crate)[parts[-1]]
            found.setdefault(snake(name), {})[consumer] = stream
    return found


@cache
def workers(crate: str) -> dict[str, tuple[str, str]]:
    """The workers of a crate by their type: name of the consumer, and stream."""
    files = {path: path.read_text() for path in (WORKERS / crate / "src").glob("**/*.rs")}
    everything = "\n".join(files.values())
    streams = source_streams()

    def literal(value: str) -> str:
        if value.startswith('"'):
            return value.strip('"')
        return re.search(rf'const {value.split("::")[-1]}: &str = "(.*?)"', everything)[1]

    found = {}
    for text in files.values():
        pattern = r"impl(?:<.*?>)? Worker for (\w+)(<\w+>)? \{.*?const NAME: &'static str = (.*?);.*?Source::(\w+)"
        for kind, generic, name, source in re.findall(pattern, text, re.S):
            if not generic:
                found[kind] = (literal(name), streams[source])
                continue
            # One worker for several rules, each of which has the name.
            for alias, rule in re.findall(rf"type (\w+) = {kind}<(?:\w+::)*(\w+)>", everything):
                named = re.search(rf'for {rule} \{{.*?const NAME: &\'static str = "(.*?)"', everything, re.S)
                found[alias] = (named[1], streams[source])
    return found


@cache
def source_streams() -> dict[str, str]:
    text = read("kit/runtime/src/worker.rs")
    body = text[text.index("fn stream(self)") : text.index("fn filter(self)")]
    found = {}
    for kinds, stream in re.findall(r"(Self::.*?) => stream::(\w+)", body):
        found |= {kind: stream for kind in re.findall(r"Self::(\w+)", kinds)}
    return found


@cache
def commands() -> dict[str, set[str] | None]:
    """The commands, each with its own commands if it has any."""
    kebab = lambda name: snake(name).replace("_", "-")
    text = read("fleet/src/cli.rs")
    found = {"help": None}
    for name, inside in variants(text, "Command"):
        module = inside.split("::")[0]
        source = next((WORKERS / "fleet/src" / path for path in (f"{module}.rs", f"{module}/mod.rs")
                       if module and (WORKERS / "fleet/src" / path).exists()), None)
        below = source and re.search(r"enum Command \{", Path(source).read_text())
        found[kebab(name)] = {kebab(sub) for sub, _ in variants(Path(source).read_text(), "Command")} if below else None
    return found

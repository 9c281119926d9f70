"""Checks of what people read in deploy/: commands that exist, an entry for each alert, tools that are pinned."""

from __future__ import annotations

import re
from pathlib import Path

from . import check, code, load
from .monitoring import rules


@check("commands")
def commands(deploy: Path):
    known = code.commands()
    files = ["README.md", "helm/leadfleet/templates/NOTES.txt", "monitoring/rules.yaml"]
    said = [(name, call) for name in files
            for call in re.findall(r"leadfleet((?: [a-z][a-z-]+(?![\w/]))+)", "\n".join(code_of(deploy / name)))]
    container = re.search(r'HEALTHCHECK.*"(\w+)"\]', (deploy / "Dockerfile").read_text())
    said += [("Dockerfile", container[1])] if container else []
    said += [("compose.yaml", one["command"][0]) for one in load(deploy / "compose.yaml")["services"].values()
             if "LEADFLEET_IMAGE" in one["image"]]
    for name, call in said:
        first, *rest = call.split()
        if first not in known:
            yield f"{name}: there is no command leadfleet {first}"
        elif known[first] and (not rest or rest[0] not in known[first]):
            yield f"{name}: there is no command leadfleet {' '.join([first, *rest[:1]])}"


def code_of(path: Path) -> list[str]:
    """What a text shows as code; of anything but Markdown, all of it."""
    text = path.read_text()
    if path.suffix != ".md":
        return re.findall(r"`([^`]*)`", text) if path.suffix == ".yaml" else [text]
    blocks = re.findall(r"```\w*\n(.*?)```", text, re.S)
    return blocks + re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.S))


@check("runbook")
def runbook(deploy: Path):
    rows = set(re.findall(r"^\| `(Leadfleet\w+)`", (deploy / "README.md").read_text(), re.M))
    for name in sorted({rule["alert"] for rule in rules(deploy)} ^ rows):
        yield f"README.md: {name} is in the table or in monitoring/rules.yaml alone"


@check("pinned tools")
def pinned(deploy: Path):
    text = (deploy / "requirements-check.txt").read_text()
    for entry in re.findall(r"^\w.*?(?=^\w|\Z)", text, re.M | re.S):
        name = entry.split()[0]
        if not re.match(r"[\w.-]+==[\w.]+$", name):
            yield f"requirements-check.txt: {name} is not one version"
        if "--hash=sha256:" not in entry:
            yield f"requirements-check.txt: {name} has no digest"
    if re.search(r"^\s*(-i|--index-url|--extra-index-url|--find-links)|https?://", text, re.M):
        yield "requirements-check.txt: names an index, which is the machine's matter"

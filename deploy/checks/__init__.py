"""Checks of what is in deploy/: each is a function that yields what is wrong, as text that says where."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import jsonschema
import yaml

ROOT = Path(__file__).resolve().parents[2]
CHECKS: list[tuple[str, Callable[[Path], Iterator[str]]]] = []
# What a check has to say even when nothing is wrong.
NOTES: dict[str, str] = {}


def check(name: str):
    """Puts a check on the list; it is called with the folder to look at."""

    def add(function):
        CHECKS.append((name, function))
        return function

    return add


# What is cached here and below is the same in most of the copies that check_is_red.py makes.
@cache
def parse(text: str) -> list:
    """The documents of a YAML text, not to be changed. The loader in C is ten times as fast where there is one."""
    return list(yaml.load_all(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def load(path: Path):
    return parse(path.read_text())[0]


def against(schema: str, value, where: str) -> Iterator[str]:
    """What a JSON schema says against a value."""
    yield from (f"{where}: {wrong}" for wrong in complaints(schema, json.dumps(value)))


@cache
def complaints(schema: str, value: str) -> list[str]:
    schema = json.loads(schema)
    errors = jsonschema.validators.validator_for(schema)(schema).iter_errors(json.loads(value))
    # Of alternatives, the reason is in the one that came nearest.
    best = (jsonschema.exceptions.best_match([error]) for error in errors)
    return [f"{error.json_path}: {error.message[:300]}" for error in best]


def own_schema(deploy: Path, name: str) -> str:
    return (deploy / "schemas" / f"{name}.json").read_text()


def tool(name: str) -> str:
    """A program of .tools, or the one on PATH."""
    own = ROOT / ".tools" / name
    found = str(own) if own.exists() else shutil.which(name)
    if not found:
        raise FileNotFoundError(f"{name} is missing: run deploy/setup.sh deploy")
    return found


def digest(folder: Path) -> str:
    """Tells folders of different contents apart."""
    sums = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        sums.update(f"{path.relative_to(folder)} {path.stat().st_size} ".encode() + path.read_bytes())
    return sums.hexdigest()


SAID: dict[tuple[str, ...], str] = {}


def told(*command: str, file: Path) -> Iterator[str]:
    """What a program says when it fails at a file, which may name those beside it."""
    key = (*command, file.name, digest(file.parent))
    if key not in SAID:
        run = subprocess.run([*command, str(file)], capture_output=True, text=True, check=False)
        lines = (line.strip() for line in (run.stdout + run.stderr).splitlines())
        text = " | ".join(line for line in lines if line)[:600]
        SAID[key] = (text or f"{Path(command[0]).name} ended with {run.returncode}") if run.returncode else ""
    if SAID[key]:
        yield SAID[key]

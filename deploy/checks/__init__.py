"""Checks of what is in deploy/: each is a function that yields what is wrong, as text that says where."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import jsonschema
import yaml

ROOT = Path(__file__).resolve().parents[2]
CHECKS: list[tuple[str, Callable[[Path], Iterator[str]]]] = []


def check(name: str):
    """Puts a check on the list; it is called with the folder to look at."""

    def add(function):
        CHECKS.append((name, function))
        return function

    return add


def load(path: Path):
    return yaml.safe_load(path.read_text())


def against(schema: dict, value, where: str) -> Iterator[str]:
    """What a JSON schema says against a value."""
    validator = jsonschema.validators.validator_for(schema)(schema)
    for error in validator.iter_errors(value):
        # The reason is in the alternative that came nearest.
        error = jsonschema.exceptions.best_match([error])
        yield f"{where}: {error.json_path}: {error.message[:300]}"


def own_schema(deploy: Path, name: str) -> dict:
    return json.loads((deploy / "schemas" / f"{name}.json").read_text())


def tool(name: str) -> str:
    """A program of .tools, or the one on PATH."""
    own = ROOT / ".tools" / name
    found = str(own) if own.exists() else shutil.which(name)
    if not found:
        raise FileNotFoundError(f"{name} is missing: run deploy/setup.sh deploy")
    return found


def told(*command: str | Path) -> Iterator[str]:
    """What a program says when it fails."""
    run = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if run.returncode:
        text = " | ".join(line.strip() for line in (run.stdout + run.stderr).splitlines() if line.strip())
        yield text[:600] or f"{Path(command[0]).name} ended with {run.returncode}"

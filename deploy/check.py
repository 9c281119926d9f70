"""Checks everything in deploy/ offline, a line for each check: `python deploy/check.py [FOLDER]`."""

from __future__ import annotations

import sys
from pathlib import Path

from checks import CHECKS, NOTES, ROOT, chart, compose, dependencies, image, monitoring, texts  # noqa: F401  each puts its checks on the list


def run(deploy: Path) -> dict[str, list[str]]:
    """What is wrong in a folder, by check."""
    found = {}
    for name, function in CHECKS:
        try:
            found[name] = list(function(deploy))
        # What is not there or cannot be read is as wrong as what is, and must not hide the other checks.
        except Exception as error:  # noqa: BLE001
            found[name] = [f"{type(error).__name__}: {' '.join(str(error).split())[:600]}"]
    return found


def main() -> int:
    deploy = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT / "deploy"
    found = run(deploy)
    for name, wrong in found.items():
        note = f" ({NOTES[name]})" if name in NOTES else ""
        print(f"ok  {name}{note}" if not wrong else "\n".join(f"bad {name}: {each}" for each in wrong))
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())

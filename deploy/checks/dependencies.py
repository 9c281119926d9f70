"""Checks of the crates in Cargo.lock with cargo-deny: weaknesses, licences, bans, sources."""

from __future__ import annotations

import datetime
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from functools import cache
from pathlib import Path

from . import NOTES, ROOT, check

# cargo-deny makes this name from the address of the database.
CLONE = "advisory-db-3157b0e258782691"


@cache
def said(config: str, archive: bytes) -> tuple[dict[str, str], str, datetime.date]:
    """The result of each kind, what is wrong, and the date of the advisories."""
    with tempfile.TemporaryDirectory() as folder:
        packed, clone = Path(folder) / "packed", Path(folder) / CLONE
        packed.write_bytes(archive)
        with tarfile.open(packed) as tar:
            date = datetime.date.fromtimestamp(max(member.mtime for member in tar))
            # Without a filter, which Debian's Python 3.11.2 does not know: the archive is ours.
            tar.extractall(clone)
        # cargo-deny takes nothing but a clone, and asks it for its last commit.
        git = ("git", "-c", "user.name=check", "-c", "user.email=check@localhost", "-c", "commit.gpgsign=false", "-C", str(clone))
        for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "advisories"]):
            subprocess.run([*git, *command], check=True, capture_output=True)
        own = Path(folder) / "deny.toml"
        own.write_text(config.replace("[advisories]\n", f'[advisories]\ndb-path = "{folder}"\n', 1))
        deny = Path(sys.executable).with_name("cargo-deny")
        run = subprocess.run(
            ["bash", "-c", '. deploy/rust-env.sh && exec "$@"', "bash", str(deny), "--offline", "--locked",
             "--config", str(own), "check", "--hide-inclusion-graph"],
            cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "NO_COLOR": "1"},
        )
    text = run.stdout + run.stderr
    return dict(re.findall(r"\b(advisories|bans|licenses|sources) (ok|FAILED)", text)), text, date


def wrong(deploy: Path, kind: str):
    results, text, date = said((deploy / "deny.toml").read_text(), (deploy / "advisory-db/advisory-db.tar.xz").read_bytes())
    NOTES["advisories"] = f"known on {date}, {(datetime.date.today() - date).days} days ago"
    if results.get(kind) != "ok":
        yield f"{results.get(kind, 'cargo-deny gave no result')}: {' '.join(text.split())[:2000]}"


@check("advisories")
def advisories(deploy: Path):
    yield from wrong(deploy, "advisories")


@check("licences")
def licences(deploy: Path):
    yield from wrong(deploy, "licenses")


@check("bans")
def bans(deploy: Path):
    yield from wrong(deploy, "bans")


@check("sources")
def sources(deploy: Path):
    yield from wrong(deploy, "sources")

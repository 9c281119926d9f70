"""Checks of deploy/Dockerfile."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from . import ROOT, check, code, told


@check("image lint")
def lint(deploy: Path):
    yield from told(str(Path(sys.executable).with_name("hadolint")), file=deploy / "Dockerfile")


@check("image rules")
def rules(deploy: Path):
    text = re.sub(r"\\\n\s*", " ", (deploy / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    last = lines[max(index for index, line in enumerate(lines) if line.startswith("FROM ")) :]
    said = {line.split(" ", 1)[0]: line.split(" ", 1)[1] for line in last}
    if said.get("USER") != "65532:65532":
        yield f"Dockerfile: the last stage runs as {said.get('USER', 'root')}, not as 65532:65532"
    if "RUN" in said:
        yield "Dockerfile: the last stage has no shell, and so no RUN"
    for word in ("ENTRYPOINT", "CMD", "HEALTHCHECK"):
        command = said.get(word, "").split("CMD ")[-1]
        try:
            json.loads(command)
        except ValueError:
            yield f"Dockerfile: {word} must be a list in JSON, there is no shell: {command or 'nothing'}"
    make = (ROOT / "Makefile").read_text()
    binary = re.search(r"^binary:\n\t@\$\(CARGO\) (.*)$", make, re.M)
    listed = re.search(r"^release: binary .*\n\t@(.*)$", make, re.M)
    if not binary or not listed or f"cargo {binary[1]} && {listed[1]} " not in text:
        yield "Dockerfile: does not build as `make release` does"
    if not any(line.startswith("COPY ") and " /leadfleet.cdx.json " in line for line in last):
        yield "Dockerfile: the last stage has no list of what leadfleet is made of"
    channel = re.search(r'channel = "(.*)"', (ROOT / "rust-toolchain.toml").read_text())[1]
    if f"rust:{channel}-" not in text or f"RUSTUP_TOOLCHAIN={channel}" not in text:
        yield f"Dockerfile: is not of Rust {channel}, as rust-toolchain.toml asks"
    for name in re.findall(r"([A-Z_]+)=", said.get("ENV", "")):
        if name not in code.variables():
            yield f"Dockerfile: {name} is no variable of leadfleet"

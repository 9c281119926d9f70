"""Checks of deploy/compose.yaml, of what is laid over it, and of the nats-server it starts."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

from . import against, check, code, load, told, tool

OVERLAYS = ["compose.keys.yaml"]


@check("compose schema")
def schema(deploy: Path):
    file = resources.files("check_jsonschema") / "builtin_schemas/vendor/compose-spec.json"
    for name in ["compose.yaml", *OVERLAYS]:
        yield from against(file.read_text(), load(deploy / name), name)


@check("compose references")
def references(deploy: Path):
    base = load(deploy / "compose.yaml")
    for name in ["compose.yaml", *OVERLAYS]:
        top = load(deploy / name)
        both = {key: base.get(key, {}) | top.get(key, {}) for key in ("services", "secrets", "volumes", "networks")}
        for service, said in top["services"].items():
            where = f"{name}: {service}"
            if service not in base["services"]:
                yield f"{where}: compose.yaml has no such service"
            for key, used in (("services", said.get("depends_on", [])), ("secrets", said.get("secrets", [])),
                              ("networks", said.get("networks", []))):
                yield from (f"{where}: {key} has no {one}" for one in used if one not in both[key])
            for volume in said.get("volumes", []):
                source = volume.split(":")[0]
                if source.startswith("./") and not (deploy / source).is_file():
                    yield f"{where}: {source} is no file"
                elif not source.startswith("./") and source not in both["volumes"]:
                    yield f"{where}: volumes has no {source}"
            files = re.findall(r"/run/secrets/(\w+)", str(said.get("environment", {})))
            yield from (f"{where}: the secret {one} is not mounted" for one in files if one not in said.get("secrets", []))
            image = said.get("image")
            if image and not image.startswith("${") and not re.search(r":v?\d[\w.-]*$", image):
                yield f"{where}: {image} has no version"


@check("compose workers")
def workers(deploy: Path):
    services = load(deploy / "compose.yaml")["services"]
    run = {name: said["command"] for name, said in services.items() if said.get("command", [""])[0] == "run"}
    for role in code.roles():
        if run.get(role) != ["run", role]:
            yield f"compose.yaml: the service {role} runs {run.get(role, 'nothing')}, not {['run', role]}"
    yield from (f"compose.yaml: `leadfleet run` knows no {name}" for name in run if name not in code.roles())
    for name, said in services.items():
        if "read_only" in said and "${LEADFLEET_IMAGE" in str(said.get("image")):
            grace = int(said["stop_grace_period"].removesuffix("s"))
            if grace <= code.hard_limit():
                yield f"compose.yaml: {name}: stop_grace_period of {grace} s ends before the {code.hard_limit()} s of leadfleet"
    scraped = load(deploy / "monitoring/prometheus.yaml")["scrape_configs"][0]["dns_sd_configs"][0]["names"]
    if sorted(scraped) != sorted(code.roles()):
        yield f"monitoring/prometheus.yaml: what is scraped is not what runs: {sorted(set(scraped) ^ set(code.roles()))}"


@check("compose hardening")
def hardening(deploy: Path):
    # The image of Postgres begins as root, and gives its folder to another user; Grafana writes beside its volume.
    spared = {"postgres": {"read_only", "cap_drop"}, "grafana": {"read_only"}}
    wanted = {"read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"]}
    for name, said in load(deploy / "compose.yaml")["services"].items():
        for key, value in wanted.items():
            if said.get(key) != value and key not in spared.get(name, ()):
                yield f"compose.yaml: {name}: {key} is {said.get(key)}, not {value}"
        if said.get("privileged") or said.get("user") in ("root", "0", "0:0"):
            yield f"compose.yaml: {name}: runs as root"


@check("compose variables")
def variables(deploy: Path):
    for name in ["compose.yaml", *OVERLAYS]:
        for service, said in load(deploy / name)["services"].items():
            if service in code.roles() or service == "migrate":
                for variable in said.get("environment", {}):
                    if variable not in code.variables():
                        yield f"{name}: {service}: {variable} is no variable of leadfleet"


@check("nats configuration")
def nats(deploy: Path):
    yield from told(tool("nats-server"), "-t", "-c", file=deploy / "nats.conf")

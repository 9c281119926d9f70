"""Checks of the Helm chart: of itself, and of what comes out of it with the values of today and with everything switched on."""

from __future__ import annotations

import copy
import json
import re
from functools import cache
from pathlib import Path

import helm_python as helm
import kubernetes_validate

from . import against, check, code, digest, load, own_schema, parse

OWN = {"ScaledObject", "ServiceMonitor", "Stream", "Consumer"}
# It would read all of Kubernetes' schemas again for each object.
kubernetes_validate.utils.schema_contents = cache(kubernetes_validate.utils.schema_contents)


def folder(deploy: Path) -> Path:
    return deploy / "helm/leadfleet"


RENDERED: dict[str, dict[str, list[dict]]] = {}


def renderings(deploy: Path) -> dict[str, list[dict]]:
    """The objects of the chart, by which values were given."""
    key = digest(deploy / "helm")
    if key not in RENDERED:
        RENDERED[key] = render(deploy)
    return RENDERED[key]


def render(deploy: Path) -> dict[str, list[dict]]:
    everything = load(deploy / "helm/everything.yaml")
    by_prometheus = copy.deepcopy(everything)
    by_prometheus["autoscaling"]["trigger"] = "prometheus"
    found = {}
    for name, values in (("default values", {}), ("everything on", everything), ("scaled by prometheus", by_prometheus)):
        with helm.Chart.load(str(folder(deploy))) as chart:
            files = chart.render(values, name="demo", namespace="leads")
        texts = (text for path, text in files.items() if not path.endswith("NOTES.txt"))
        found[name] = [thing for text in texts for thing in parse(text) if thing]
    return found


def each(deploy: Path, *kinds: str):
    for values, objects in renderings(deploy).items():
        for thing in objects:
            if not kinds or thing["kind"] in kinds:
                yield f"{values}: {thing['kind']} {thing['metadata']['name']}", thing


@check("chart lint")
def lint(deploy: Path):
    report = helm.lint(str(folder(deploy)), strict=True)
    yield from map(str, report["errors"])
    # 1 is a recommendation, as that of an icon.
    yield from (f"{said['path']}: {said['error']}" for said in report["messages"] if said["severity"] > 1)


@check("chart values")
def values(deploy: Path):
    """What the schema does not know is refused, at each level."""
    schema = (folder(deploy) / "values.schema.json").read_text()
    free = {("variables",), ("nodeSelector",), ("serviceMonitor", "labels")}

    def levels(value, path=()):
        if isinstance(value, dict) and path not in free:
            yield path
            for key, inner in value.items():
                yield from levels(inner, (*path, key))

    defaults = load(folder(deploy) / "values.yaml")
    yield from against(schema, defaults, "values.yaml")
    for path in levels(defaults):
        wrong = copy.deepcopy(defaults)
        place = wrong
        for key in path:
            place = place[key]
        place["misspelt"] = True
        if not list(against(schema, wrong, "")):
            yield f"values.schema.json: takes any key in {'.'.join(path) or 'the values'}"
    for name in sorted(code.secrets()):
        if not list(against(schema, {"variables": {name: "x"}}, "")):
            yield f"values.schema.json: takes the secret {name} as a variable"


@check("chart objects")
def objects(deploy: Path):
    for where, thing in each(deploy):
        if thing["kind"] in OWN:
            yield from against(own_schema(deploy, thing["kind"].lower()), thing, where)
        elif wrong := of_kubernetes(json.dumps(thing, sort_keys=True)):
            yield f"{where}: {wrong}"


# Most objects are the same whatever the values are.
@cache
def of_kubernetes(text: str) -> str:
    """What Kubernetes would refuse in an object."""
    thing = json.loads(text)
    try:
        kubernetes_validate.validate(thing, kubernetes_validate.latest_version(), strict=True)
    except kubernetes_validate.ValidationError as error:
        return f"{'.'.join(map(str, error.path))}: {error.message[:300]}"
    except kubernetes_validate.SchemaNotFoundError:
        return f"Kubernetes has no {thing['apiVersion']} {thing['kind']}"
    return ""


@check("chart workers")
def workers(deploy: Path):
    for values, things in renderings(deploy).items():
        ran = []
        for thing in (thing for thing in things if thing["kind"] == "Deployment"):
            pod = thing["spec"]["template"]["spec"]
            container, *others = pod["containers"]
            verb, *names = container["args"]
            ran += names
            if verb != "run" or len(names) != 1 or others or container["name"] != names[0].replace("_", "-"):
                yield f"{values}: {thing['metadata']['name']}: {container['name']} runs {container['args']}"
            if pod["terminationGracePeriodSeconds"] <= code.hard_limit():
                yield f"{values}: {thing['metadata']['name']}: is killed before the {code.hard_limit()} s of leadfleet"
        if sorted(ran) != sorted(code.roles()):
            yield f"{values}: what runs is not what `leadfleet run` knows: {sorted(set(ran) ^ set(code.roles()))}"


@check("chart hardening")
def hardening(deploy: Path):
    for where, thing in each(deploy, "Deployment", "Job"):
        pod = thing["spec"]["template"]["spec"]
        secure, container = pod["securityContext"], pod["containers"][0]
        own = container["securityContext"]
        for fine, wrong in (
            (secure.get("runAsNonRoot") is True and secure.get("runAsUser", 0) > 0, "may run as root"),
            (secure.get("seccompProfile") == {"type": "RuntimeDefault"}, "has no seccomp profile"),
            (own.get("readOnlyRootFilesystem") is True, "may write to its image"),
            (own.get("allowPrivilegeEscalation") is False, "may get more rights"),
            (own.get("capabilities") == {"drop": ["ALL"]}, "has capabilities"),
            (pod.get("automountServiceAccountToken") is False, "gets a token of Kubernetes"),
            # With them leadfleet does not start: it refuses LEADFLEET_… variables that it does not know.
            (pod.get("enableServiceLinks") is False, "gets variables of Services"),
            (container["resources"].get("limits", {}).get("memory"), "has no limit of memory"),
            (thing["kind"] == "Job" or all(container.get(f"{probe}Probe") for probe in ("liveness", "readiness", "startup")),
             "lacks a probe"),
        ):
            if not fine:
                yield f"{where}: {wrong}"
    for values, things in renderings(deploy).items():
        def selected(kind, key):
            return {tuple(sorted(thing["spec"][key]["matchLabels"].items())) for thing in things if thing["kind"] == kind}
        deployments = selected("Deployment", "selector")
        if deployments - selected("PodDisruptionBudget", "selector"):
            yield f"{values}: a Deployment has no PodDisruptionBudget"
        if deployments - selected("NetworkPolicy", "podSelector"):
            yield f"{values}: a Deployment has no NetworkPolicy"


@check("chart users")
def users(deploy: Path):
    """Where nats-server has users, each process gets the seed of its own, and only the Job that prepares the server that of the operator."""
    for where, thing in each(deploy, "Deployment", "Job"):
        pod = thing["spec"]["template"]["spec"]
        container = pod["containers"][0]
        wanted = {"run": container["args"][-1], "provision": "operator"}.get(container["args"][0])
        if where.startswith("default values") or container["args"] == ["migrate"]:
            wanted = None
        sources = [source["secret"] for volume in pod["volumes"] for source in volume.get("projected", {}).get("sources", [])]
        seeds = [item["key"] for source in sources for item in source["items"] if item["key"].endswith(".seed")]
        named = [said["value"] for said in container["env"] if said["name"] == "NATS_SEED_FILE"]
        if seeds != [f"{wanted}.seed"] * (wanted is not None) or len(named) != len(seeds):
            yield f"{where}: has the seeds {seeds} and names {named}, and is to have that of {wanted}"
    jobs = {where for where, thing in each(deploy, "Job") if thing["spec"]["template"]["spec"]["containers"][0]["args"] == ["provision"]}
    if len(jobs) != 2:
        yield f"nats-server is prepared by {sorted(jobs)}"


@check("chart variables")
def variables(deploy: Path):
    for where, thing in each(deploy, "Deployment", "Job"):
        for container in thing["spec"]["template"]["spec"]["containers"]:
            for said in container["env"]:
                if said["name"] not in code.variables():
                    yield f"{where}: {said['name']} is no variable of leadfleet"
                if said["name"] in code.secrets():
                    yield f"{where}: {said['name']} is a secret, and must be a file"


@check("chart scaling")
def scaling(deploy: Path):
    facts = load(folder(deploy) / "files/workers.yaml")
    for role in code.roles():
        said, true = facts.get(role, {}).get("consumers", {}), code.consumers().get(role, {})
        for consumer in sorted(said.keys() | true.keys()):
            if said.get(consumer) != true.get(consumer):
                yield f"files/workers.yaml: {role}: {consumer} reads {said.get(consumer)}, in the code {true.get(consumer)}"
    known = {f"{name}-v1": stream for all_of in code.consumers().values() for name, stream in all_of.items()}
    for where, thing in each(deploy, "ScaledObject"):
        role = thing["metadata"]["name"].removeprefix("demo-leadfleet-").replace("-", "_")
        scaled = set()
        for trigger in thing["spec"]["triggers"]:
            if trigger["type"] == "prometheus":
                name = re.search(r'leadfleet_consumer_oldest_pending_age_seconds\{consumer="(.*?)"\}', trigger["metadata"]["query"])
                scaled.add(name[1] if name else trigger["metadata"]["query"])
                continue
            consumer, stream = trigger["metadata"]["consumer"], trigger["metadata"]["stream"]
            scaled.add(consumer)
            if known.get(consumer) != stream:
                yield f"{where}: {stream} has no consumer {consumer}"
        wanted = {f"{name}-v1" for name in code.consumers()[role]}
        if scaled != wanted:
            yield f"{where}: is scaled by {sorted(scaled)}, but {role} consumes by {sorted(wanted)}"


@check("chart streams")
def streams(deploy: Path):
    """As many copies as asked for everywhere; that they are those of `leadfleet provision` is tested with its binary."""
    wanted = load(deploy / "helm/everything.yaml")["nats"]
    known = {f"{name}-v1": stream for all_of in code.consumers().values() for name, stream in all_of.items()}
    made = {name: set() for name in renderings(deploy)}
    for where, thing in each(deploy, "Stream", "Consumer"):
        spec = thing["spec"]
        made[where.split(":")[0]].add(spec.get("durableName"))
        if spec["replicas"] != wanted["replicas"]:
            yield f"{where}: has {spec['replicas']} copies and not {wanted['replicas']}"
        if thing["kind"] == "Consumer" and known.get(spec["durableName"]) != spec["streamName"]:
            yield f"{where}: {spec['streamName']} has no consumer {spec['durableName']}"
        if thing["kind"] == "Stream" and (spec["allowDirect"] or spec.get("placement") != {"tags": wanted["placementTags"]}):
            yield f"{where}: allows direct reads of its copies, or has them anywhere"
    for values, consumers in made.items():
        if values != "default values" and known.keys() - consumers:
            yield f"{values}: no consumers {sorted(known.keys() - consumers)}"

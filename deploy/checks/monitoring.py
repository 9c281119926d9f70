"""Checks of deploy/monitoring: what Prometheus, Grafana and the collector are given."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path

from . import against, check, code, load, own_schema, told, tool

# What Prometheus itself says of each target, and what the scrape adds to each series.
OF_PROMETHEUS = {"up"}
LABELS_OF_SCRAPES = {"job", "instance", "role"}
WORDS = {"and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "group_right", "offset", "bool"}
# What Grafana puts in, and something of the same kind.
OF_GRAFANA = {"$__rate_interval": "5m", "$__range": "1h", "$worker": ".*"}


def wrong_names(expression: str):
    """Metrics, labels and outcomes that the code does not have."""
    outcomes = re.findall(r'outcome\s*=\s*"(\w+)"', expression)
    yield from (f"there is no outcome {name}" for name in outcomes if name not in code.outcomes())
    bare = re.sub(r'"[^"]*"', '""', expression)
    labels = [name for inside in re.findall(r"\{([^}]*)\}", bare) for name in re.findall(r"(\w+)\s*[=!]", inside)]
    lists = r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)"
    labels += [name for inside in re.findall(lists, bare) for name in re.findall(r"\w+", inside)]
    known = LABELS_OF_SCRAPES.union(*code.metrics().values())
    yield from (f"there is no label {name}" for name in labels if name not in known)
    bare = re.sub(lists, " ", re.sub(r"\{[^}]*\}|\[[^\]]*\]|\boffset\s+\w+", " ", bare))
    names = re.findall(r"\b([a-zA-Z_:][\w:]*)\b(?!\s*\()", bare)
    yield from (f"there is no metric {name}" for name in names if name not in WORDS | OF_PROMETHEUS | code.metrics().keys())


def rules(deploy: Path) -> list[dict]:
    return [rule for group in load(deploy / "monitoring/rules.yaml")["groups"] for rule in group["rules"]]


@check("alert rules")
def alert_rules(deploy: Path):
    yield from told(tool("promtool"), "check", "rules", file=deploy / "monitoring/rules.yaml")


@check("alert metrics")
def alert_metrics(deploy: Path):
    for rule in rules(deploy):
        yield from (f"rules.yaml: {rule['alert']}: {wrong}" for wrong in wrong_names(rule["expr"]))
    for test in load(deploy / "monitoring/rules_test.yaml")["tests"]:
        for series in test["input_series"]:
            yield from (f"rules_test.yaml: {test['name']}: {wrong}" for wrong in wrong_names(series["series"]))


@check("alert tests")
def alert_tests(deploy: Path):
    yield from told(tool("promtool"), "test", "rules", file=deploy / "monitoring/rules_test.yaml")
    tests = [case for test in load(deploy / "monitoring/rules_test.yaml")["tests"] for case in test["alert_rule_test"]]
    fired = {case["alertname"] for case in tests if case["exp_alerts"]}
    for name in sorted({rule["alert"] for rule in rules(deploy)} ^ fired):
        yield f"rules_test.yaml: {name} is in one of both files alone, or never fires"


@check("prometheus configuration")
def prometheus(deploy: Path):
    yield from told(tool("promtool"), "check", "config", file=deploy / "monitoring/prometheus.yaml")


@check("dashboard")
def dashboard(deploy: Path):
    board = json.loads((deploy / "monitoring/grafana/leadfleet.json").read_text())
    yield from against(own_schema(deploy, "dashboard"), board, "leadfleet.json")
    groups = []
    for panel in board["panels"]:
        for target in panel["targets"]:
            where = f"leadfleet.json: {panel['title']}"
            yield from (f"{where}: {wrong}" for wrong in wrong_names(target["expr"]))
            expression = target["expr"]
            for variable, value in OF_GRAFANA.items():
                expression = expression.replace(variable, value)
            groups.append({"name": where, "rules": [{"record": f"panel:{panel['id']}:{target['refId']}", "expr": expression}]})
    for variable in board["templating"]["list"]:
        query = variable["query"]
        asked = re.search(r"label_values\((\w+), (\w+)\)", query["query"]) if isinstance(query, dict) else None
        if asked and asked[2] not in code.metrics().get(asked[1], []):
            yield f"leadfleet.json: {variable['name']}: there is no {asked[1]} with the label {asked[2]}"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "leadfleet.json"
        file.write_text(json.dumps({"groups": groups}))
        yield from told(tool("promtool"), "check", "rules", file=file)
    places = [panel["gridPos"] for panel in board["panels"]]
    for index, a in enumerate(places):
        for b in places[index + 1 :]:
            if a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"] and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"]:
                yield f"leadfleet.json: two panels lie over each other at {b}"


@check("collector configuration")
def collector(deploy: Path):
    said = load(deploy / "monitoring/otel-collector.yaml")
    yield from against(own_schema(deploy, "otel-collector"), said, "otel-collector.yaml")
    for name, pipeline in said.get("service", {}).get("pipelines", {}).items():
        for kind, used in pipeline.items():
            yield from (f"otel-collector.yaml: {name}: {kind} has no {one}" for one in used if one not in said.get(kind, {}))

"""Shows that the checks see what they are for: plants one mistake after another in a copy of deploy/, and looks which are red."""

from __future__ import annotations

import lzma
import shutil
import sys
import tempfile
from pathlib import Path

from check import run
from checks import CHECKS, ROOT

# The checks that must become red and no other, the file, what is in it, and what is put in its place.
MISTAKES = [
    ("compose schema", "compose.yaml", "shm_size:", "shm_sise:"),
    ("compose references", "compose.yaml", "secrets: [grafana_password]", "secrets: [grafana_pasword]"),
    ("compose references", "compose.yaml", "image: postgres:16", "image: postgres:latest"),
    ("compose workers", "compose.yaml", "command: [run, storer]", "command: [run, stroer]"),
    ("compose workers", "compose.yaml", "stop_grace_period: 60s", "stop_grace_period: 30s"),
    ("compose workers", "monitoring/prometheus.yaml", "          - growth\n", ""),
    ("compose hardening", "compose.yaml", "cap_drop: [ALL]", "cap_drop: [NET_RAW]"),
    ("compose variables", "compose.yaml", "GATEWAY_PUBLIC_URL:", "GATEWAY_PUBLIC_ADDRESS:"),
    ("nats configuration", "nats.conf", "max_file_store", "max_files_store"),
    ("image lint", "Dockerfile", "WORKDIR /src", "WORKDIR src"),
    ("image lint, image rules", "Dockerfile", "CMD [\"run\", \"all\"]", "CMD run all"),
    ("image rules", "Dockerfile", "cargo build --release", "cargo build --profile release"),
    ("image rules", "Dockerfile", "deploy/sbom.sh target/release", "deploy/sbom.sh target/debug"),
    ("image rules", "Dockerfile", "/leadfleet.cdx.json /usr/share", "/leadfleet /usr/share"),
    ("image lint, image rules", "Dockerfile", "USER 65532:65532", "USER root"),
    ("chart lint", "helm/leadfleet/Chart.yaml", "type: application", "type: application\nicon: none"),
    ("chart values", "helm/leadfleet/values.schema.json", '"additionalProperties": false', '"additionalProperties": true'),
    ("chart values", "helm/leadfleet/values.schema.json", "(API_KEY|SECRET|", "(API_KEY|"),
    ("chart objects", "helm/leadfleet/templates/_helpers.tpl", "timeoutSeconds:", "timeoutSecond:"),
    ("chart objects", "helm/leadfleet/templates/autoscaling.yaml", "lagThreshold:", "lagTreshold:"),
    ("chart objects", "helm/leadfleet/templates/services.yaml", "jobLabel:", "jobLabels:"),
    ("chart users, chart workers", "helm/leadfleet/templates/deployments.yaml", '(list "run" $role)', '(list "start" $role)'),
    ("chart workers", "helm/leadfleet/templates/deployments.yaml", "PeriodSeconds: 60", "PeriodSeconds: 45"),
    ("chart hardening", "helm/leadfleet/templates/_helpers.tpl", "runAsNonRoot: true", "runAsNonRoot: false"),
    ("chart hardening", "helm/leadfleet/templates/_helpers.tpl", "enableServiceLinks: false", "enableServiceLinks: true"),
    ("chart users", "helm/leadfleet/templates/deployments.yaml", '"user" $role', '"user" "all"'),
    ("chart users", "helm/leadfleet/templates/provision.yaml", '"user" "operator"', '"user" "gateway"'),
    ("chart variables", "helm/leadfleet/templates/_helpers.tpl", "name: GATEWAY_LISTEN,", "name: GATEWAY_LISTENS,"),
    ("chart scaling", "helm/leadfleet/files/workers.yaml", "lead-scorer: EVENTS", "lead-scorer: EVENT"),
    ("chart scaling", "helm/leadfleet/templates/autoscaling.yaml", "{{ $consumer }}-v1", "{{ $consumer }}-v2"),
    ("chart objects, chart streams", "helm/leadfleet/templates/jetstream.yaml", "kind: {{ .kind }}", "kind: {{ .kind }}s"),
    ("chart objects", "helm/leadfleet/files/jetstream.json", '"maxDeliver"', '"maxDelivers"'),
    ("chart streams", "helm/leadfleet/files/jetstream.json", '"durableName": "scorer-v1"', '"durableName": "scorer-v2"'),
    ("chart streams", "helm/leadfleet/templates/jetstream.yaml", "(eq $copies 1)", "true"),
    ("alert rules, alert tests, prometheus configuration", "monitoring/rules.yaml", "(leadfleet_consumer_pending_messages) > 0", "(leadfleet_consumer_pending_messages > 0"),
    ("alert metrics", "monitoring/rules_test.yaml", 'leadfleet_inflight{worker="detector"', 'leadfleet_in_flight{worker="detector"'),
    ("alert metrics, alert tests", "monitoring/rules.yaml", 'outcome="retry"', 'outcome="retried"'),
    ("alert tests", "monitoring/rules.yaml", "> 0.2", "> 0.7"),
    ("prometheus configuration", "monitoring/prometheus.yaml", "scrape_interval", "scrape_intervall"),
    ("dashboard", "monitoring/grafana/leadfleet.json", "leadfleet_consumer_ack_pending_messages", "leadfleet_consumer_acks_pending_messages"),
    ("dashboard", "monitoring/grafana/leadfleet.json", "sum(max by", "sum((max by"),
    ("collector configuration", "monitoring/otel-collector.yaml", "verbosity", "verbosities"),
    ("collector configuration", "monitoring/otel-collector.yaml", "[otlp]", "[oltp]"),
    ("commands", "README.md", "leadfleet doctor", "leadfleet doktor"),
    ("runbook", "README.md", "| `LeadfleetStuck`", "| `LeadfleetStock`"),
    # The archive is not compressed where this is planted, and keeps its lengths: bytes would have to be newer than it is.
    ("advisories", "advisory-db/advisory-db.tar.xz", 'patched = [">= 1.11.1"]', 'patched = [">= 9.11.1"]'),
    ("advisories", "deny.toml", "ignore = []", 'ignore = ["RUSTSEC-2025-0012"]'),
    ("licences", "deny.toml", '  "ISC",\n', ""),
    ("licences", "deny.toml", '"MIT",', '"MIT",\n  "GPL-3.0-only",'),
    ("bans", "deny.toml", '{ crate = "backoff"', '{ crate = "backon"'),
    ("bans", "deny.toml", '{ crate = "opentelemetry", deny', '{ crate = "base64", deny'),
    ("sources", "deny.toml", "rust-lang/crates.io-index", "rust-lang/crates.io-other"),
    ("pinned tools", "requirements-check.txt", "attrs==", "attrs>="),
]


def red(deploy: Path) -> set[str]:
    return {name for name, wrong in run(deploy).items() if wrong}


def plant(file: Path, right: bytes, wrong: bytes) -> bool:
    packed = file.suffix == ".xz"
    text = lzma.decompress(file.read_bytes()) if packed else file.read_bytes()
    changed = text.replace(right, wrong, 1)
    file.write_bytes(lzma.compress(changed, preset=0) if packed else changed)
    return right in text


def main() -> int:
    before = red(ROOT / "deploy")
    failed = bool(before)
    for name in sorted(before):
        print(f"bad {name}: is red before anything was planted")
    for wanted, file, right, wrong in MISTAKES:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "deploy"
            shutil.copytree(ROOT / "deploy", copy, ignore=shutil.ignore_patterns("secrets", "__pycache__"))
            planted = plant(copy / file, right.encode(), wrong.encode())
            found = red(copy) - before if planted else {"the mistake could not be planted"}
        what = f"{file}: {' '.join(wrong.split()) or 'without ' + right.strip()}"
        fine = found == set(wanted.split(", "))
        failed |= not fine
        print(f"red {wanted} at {what}" if fine else f"bad {what}: made {sorted(found) or 'nothing'} red, not {wanted}")
    for name in sorted({name for name, _ in CHECKS} - {name for wanted, *_ in MISTAKES for name in wanted.split(", ")}):
        failed = True
        print(f"bad {name}: nothing here makes it red")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

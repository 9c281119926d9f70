#!/usr/bin/env bash
# Makes the secrets that deploy/compose.yaml needs, in deploy/secrets, and leaves those that are there.
set -euo pipefail
cd "$(dirname "$0")"
# Nobody else gets into the folder; the files themselves must be readable for the users in the containers, who are others.
mkdir -p -m 700 secrets
cd secrets
make() {
  [ -s "$1" ] || printf '%s' "$2" >"$1"
  chmod 444 "$1"
}
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
make postgres_password "$(random)"
make postgres_url "postgresql://leadfleet:$(cat postgres_password)@postgres:5432/leadfleet"
make leadfleet_secret "$(random)"
make grafana_password "$(random)"

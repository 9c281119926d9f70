# `make` alone prints this file's targets.
SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Queries are checked against the committed .sqlx, never against a database that happens to run.
export SQLX_OFFLINE := true

CARGO := . deploy/rust-env.sh && cargo

.PHONY: help
help: ## Print the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name text; do printf '  make %-13s %s\n' "$$name" "$$text"; done

.PHONY: setup
setup: ## Install what is missing: Rust, PostgreSQL, nats-server
	@deploy/setup.sh

.PHONY: setup-tests
setup-tests: ## Install what is missing, and what only the tests need: Schemathesis, Chromium, axe-core
	@deploy/setup.sh tests

.PHONY: release
release: binary ## Build the binary leadfleet with what is installed, and list what is in it, as deploy/Dockerfile does
	@deploy/sbom.sh target/release/leadfleet.cdx.json

.PHONY: binary
binary:
	@$(CARGO) build --release --locked -p fleet

.PHONY: build
build: setup ## Install what is missing, and build the binary leadfleet
	@$(MAKE) binary

.PHONY: demo
demo: build ## Run the whole fleet on sample data and show what comes out
	@target/release/leadfleet demo

.PHONY: dev
dev: build ## Keep private servers and all workers running until Ctrl-C
	@target/release/leadfleet dev

.PHONY: fmt
fmt: ## Format the code
	@$(CARGO) fmt --all

.PHONY: check
check: setup ## What a developer runs before each commit: format, lints, unit tests
	@$(CARGO) fmt --all --check
	@$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	@$(CARGO) test --workspace --exclude tests --lib --locked

.PHONY: test
test: setup-tests ## Everything CI runs: format, lints, unit and end-to-end tests, the checks of deploy/
	@$(CARGO) fmt --all --check
	@$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	@$(CARGO) test --workspace --locked
	@$(MAKE) deploy-check

.PHONY: browser
browser: setup-tests ## Walk the dashboard in Chromium: every page in every look, letters that heal, runs that are watched
	@$(CARGO) test --locked -p tests --test it browser::

.PHONY: screenshots
screenshots: setup-tests ## Picture every page of the dashboard, light and dark, wide and narrow, into outputs/screenshots
	@$(CARGO) run --quiet --locked -p tests --example screenshots

.PHONY: fuzz
fuzz: setup ## Feed every decoder of outside input with what nobody would send: TARGET=… SECONDS=… SEED=…
	@$(CARGO) build --release --locked -p fuzz
	@target/release/fuzz $(or $(TARGET),all) $(or $(SECONDS),10) $(SEED)

.PHONY: faults
faults: setup ## Harm a whole fleet under load, SEED=… N=…, and count what is lost and doubled
	@$(CARGO) build --locked -p fleet -p faults
	@LEADFLEET_BINARY=$(CURDIR)/target/debug/leadfleet target/debug/faults

.PHONY: deploy-check
deploy-check: ## Check everything in deploy/ offline, and that its checks see mistakes
	@deploy/setup.sh deploy
	@.tools/deploy-check/bin/python -B deploy/check.py
	@.tools/deploy-check/bin/python -B deploy/check_is_red.py

.PHONY: verify
verify: setup ## Check the dependencies: one TLS provider, a current Cargo.lock
	@$(CARGO) metadata --locked --format-version 1 >/dev/null
	@! { $(CARGO) tree --workspace --locked --invert aws-lc-rs; } 2>/dev/null || { echo 'error: a second TLS provider, aws-lc-rs, came in' >&2; exit 1; }

.PHONY: bench
bench: setup ## Measure runs of 500 to 100,000 clinics, the runtime, storing and linking
	@$(CARGO) build --release --locked -p fleet -p bench
	@$(CARGO) build --release --locked -p runtime --example throughput
	@$(CARGO) build --release --locked -p db --example replace
	@$(CARGO) build --release --locked -p link --example names
	@$(CARGO) build --release --locked -p conversion --example statistics
	@deploy/bench-python.sh
	@target/release/bench

.PHONY: bench-million
bench-million: setup ## Measure runs of 10,000, 100,000 and 1,000,000 clinics, decision makers and pain points
	@$(CARGO) build --release --locked -p fleet -p bench
	@target/release/bench million

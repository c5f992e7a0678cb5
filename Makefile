# The map of this project. `make` alone lists what there is.

# Where the targets below look for what cargo builds, whatever this shell's own setting is.
export CARGO_TARGET_DIR := $(CURDIR)/target
MAKEFLAGS += --no-print-directory

# rustup may have the pinned compiler under the name `stable` only: then that one serves, and nothing is downloaded.
PINNED := $(shell sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
ifeq ($(RUSTUP_TOOLCHAIN)$(filter $(PINNED)-%,$(shell rustup toolchain list 2>/dev/null)),)
ifeq ($(word 2,$(shell RUSTUP_AUTO_INSTALL=0 rustup run stable rustc --version 2>/dev/null)),$(PINNED))
export RUSTUP_TOOLCHAIN := stable
endif
endif

# One shape for tests and lints, so that nothing is built twice: the sandbox shares the app's dependencies.
APP := --package greentick --package sandbox --features greentick/ssr
WASM := --package greentick --lib --target wasm32-unknown-unknown --no-default-features --features hydrate
STRICT := -- --deny warnings

comma := ,
# Tools of `make audit`.
DENY := 0.20.2
MACHETE := 0.9.2
say = @echo "» $(1)"

.DEFAULT_GOAL := help
.PHONY: help run build test check deploy-files e2e fuzz-api audit bench clean tools

help: ## Lists these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: tools ## Builds and starts Greentick on a sandbox of Meta; nothing to set up
	@test -x target/debug/greentick || echo "» First build: about 6 minutes on 2 cores"
	@cargo xtask build
	@exec target/debug/greentick serve --sandbox

build: tools ## Builds target/release/greentick, one file with the site inside
	@test -x target/release/greentick || echo "» First build: about 10 minutes on 2 cores"
	@cargo xtask build --release

test: tools ## Runs all tests: Rust on SQLite and Postgres, then the browser
	@test -d target/debug/deps || echo "» First build: about 7 minutes on 2 cores"
	@cargo xtask test

check: tools ## Formatting, lints, the browser's half, and who may import what
	@test -d target/debug/deps || echo "» First check: about 5 minutes on 2 cores"
	$(call say,Formatting)
	@cargo fmt --all --check
	$(call say,Who may import what)
	@cargo xtask imports
	$(call say,The browser's half)
	@cargo xtask site
	$(call say,Lints: the app and the sandbox)
	@cargo clippy $(APP) --all-targets $(STRICT)
	$(call say,Lints: the app in the browser)
	@cargo clippy $(WASM) --target-dir target/wasm $(STRICT)
	$(call say,Lints: the build tools)
	@cargo clippy --package xtask --all-targets $(STRICT)
	$(call say,The files of deploy/)
	@$(MAKE) deploy-files
	$(call say,Types of the browser tests)
	@cargo xtask types

deploy-files:
	@if command -v promtool >/dev/null; then promtool check rules deploy/alerts.yml && promtool test rules deploy/alerts_test.yml; \
	else echo "Without promtool the alert rules are not checked."; fi
	@if command -v systemd-analyze >/dev/null; then \
	sed 's|/usr/local/bin/greentick|/bin/true|' deploy/greentick.service > target/greentick.service && systemd-analyze verify target/greentick.service; \
	else echo "Without systemd-analyze the unit is not checked."; fi

e2e: tools ## Runs the browser tests; ARGS="-g login --headed" goes to Playwright
	@test -x target/debug/greentick || echo "» First build: about 6 minutes on 2 cores"
	@cargo xtask build
	@cargo xtask e2e -- $(ARGS)

fuzz-api: tools ## Fuzzes the API of a sandbox against its own contract, for a minute and a quarter
	@test -x target/debug/greentick || echo "» First build: about 6 minutes on 2 cores"
	@cargo xtask build
	@cargo xtask fuzz-api

audit: tools ## Licences, banned crates, sources, unused dependencies; advisories where they can be reached
	@test -x target/tools/bin/cargo-deny || echo "» Installing cargo-deny and cargo-machete (about 10 minutes on 2 cores)"
	@cargo install --quiet --locked --root target/tools cargo-deny@$(DENY) cargo-machete@$(MACHETE)
	$(call say,Unused dependencies)
	@target/tools/bin/cargo-machete
	$(call say,Licences$(comma) bans and sources)
	@target/tools/bin/cargo-deny --all-features check licenses bans sources
	$(call say,Advisories)
	@if target/tools/bin/cargo-deny fetch db 2>/dev/null; then target/tools/bin/cargo-deny --all-features check advisories; \
	else echo "The list of advisories cannot be reached from here: not checked."; fi

bench: build ## Measures the promises of docs/ARCHITECTURE.md on the release build
	@cargo bench --features ssr --bench page
	@cargo xtask postgres --durable -- cargo bench --features ssr --bench ingest

clean: ## Removes everything that was built
	@rm -rf target end2end/node_modules end2end/test-results end2end/playwright-report

tools:
	@command -v cargo >/dev/null || { echo "error: Rust is missing. Install it with rustup, from rustup.rs, then try again." >&2; exit 1; }
	@command -v cc >/dev/null || { echo "error: a C compiler is missing. Install one, for example with 'apt-get install gcc libc6-dev'." >&2; exit 1; }
	@cargo --version >/dev/null || { echo "error: the pinned compiler is missing. Install it with 'rustup toolchain install'." >&2; exit 1; }
	@test -x target/debug/xtask || echo "» Building the build tools (about half a minute)"

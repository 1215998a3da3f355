# Everything a fresh machine needs is python3 (3.11 or later), venv, git and make; with cargo, the kernel is compiled.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
BENCH  := .venv-bench
CODE   := core mappings connectors scheduler hub
CRATE  := core/reconciliation/kernel
CARGO  ?= $(firstword $(wildcard $(shell command -v cargo) $(HOME)/.cargo/bin/cargo))
KERNEL := setup.py $(shell find core/reconciliation -path '*/target' -prune -o -name '*.rs' -print -o -name '*.py' -print -o -name Cargo.toml -print)
N      ?= 200000
SEED   ?= 0
export PYTHONDONTWRITEBYTECODE = 1
export CARGO_TARGET_DIR ?= $(CURDIR)/build/kernel

.DEFAULT_GOAL := help
.PHONY: help demo serve test test-fast fuzz check docs bench lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

$(BIN)/uv: requirements/uv.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/uv.lock
	@touch $(BIN)/uv

$(VENV)/.run: $(BIN)/uv requirements/run.lock pyproject.toml $(KERNEL)
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/run.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q $(CODE)
	$(BIN)/python -c "from core.reconciliation.kernel import kept; kept.keep()"
	@touch $@

$(VENV)/.dev: $(BIN)/uv requirements/dev.lock pyproject.toml $(KERNEL)
	$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements/dev.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q $(CODE)
	$(BIN)/python -c "from core.reconciliation.kernel import kept; kept.keep()"
	@touch $@ $(VENV)/.run

$(BENCH)/.run: $(BIN)/uv requirements/bench.lock
	$(PYTHON) -m venv $(BENCH)
	$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BENCH)/bin/python --require-hashes requirements/bench.lock
	@touch $@

demo: $(VENV)/.run ## the main job end to end, on simulators: consent, sync, match, events, webhooks, report
	$(BIN)/lettrage demo --out demo-output

serve: $(VENV)/.run ## API, clock and worker in one process
	$(BIN)/lettrage serve

test: $(VENV)/.dev ## all tests (starts its own PostgreSQL)
	$(BIN)/python -m pytest -n 2 --dist loadgroup

test-fast: $(VENV)/.dev ## the tests without processes and signals
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not slow"

fuzz: $(VENV)/.dev ## damaged files through every parser: N inputs each (200 000), SEED, PARSERS; the table, and what fails
	$(BIN)/python -m tests.fuzz --inputs $(N) --seed $(SEED) $(PARSERS)

check: $(VENV)/.dev ## format, lint, types, import contracts, generated docs up to date
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m docs.generate --check
	$(if $(CARGO),$(CARGO) fmt --check --manifest-path $(CRATE)/Cargo.toml)
	$(if $(CARGO),$(CARGO) clippy --quiet --offline --all-targets --manifest-path $(CRATE)/Cargo.toml -- --deny warnings)
	$(if $(CARGO),$(BIN)/python -c "from core.reconciliation.kernel.words import words; print(words(), end='')" > $(CARGO_TARGET_DIR)/words)
	$(if $(CARGO),LETTRAGE_WORDS=$(CARGO_TARGET_DIR)/words $(CARGO) test --quiet --offline --manifest-path $(CRATE)/Cargo.toml)

docs: $(VENV)/.dev ## writes the generated pages again
	$(BIN)/python -m docs.generate

bench: $(VENV)/.dev $(BENCH)/.run ## the benchmarks, as ratios, into benchmarks/results/
	$(BIN)/python -m benchmarks

lock: $(BIN)/uv ## compiles the hash-locked requirements again
	$(BIN)/uv pip compile pyproject.toml --group build --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --quiet --output-file requirements/run.lock
	$(BIN)/uv pip compile pyproject.toml --group build --group dev --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --quiet --output-file requirements/dev.lock
	$(BIN)/uv pip compile --group bench --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --quiet --output-file requirements/bench.lock

clean: ## removes the environment and what the demo wrote
	rm -rf $(VENV) $(BENCH) demo-output build *.egg-info

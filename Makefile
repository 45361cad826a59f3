# Every target does its own set-up and is quick the second time.
#   make demo VENV=/shared/env    to use (or make) an environment of your own
VENV   ?= .venv
PYTHON ?= python3

# The checkout's own source comes first, so that several checkouts can share one environment.
export PYTHONPATH := $(CURDIR)/src
# No function of make's that takes a name with spaces for several.
export PATH := $(if $(filter /%,$(VENV)),,$(CURDIR)/)$(VENV)/bin:$(PATH)
# What pip.conf may say for all of a user's installations has no place in an environment.
export PIP_USER := 0

.DEFAULT_GOAL := help
.PHONY: demo test test-long test-browser torture sweep suggest tune bench gpu gpu-wheels lint help

demo: $(VENV)/.xshot-run  ## run the pipeline on the embedded default and show the metrics
	dvc repro
	@python -m xshot.report.summary
	@echo
	@echo 'Look at report/index.html. To go on, activate the environment and ask for something:'
	@echo
	@echo '  source $(VENV)/bin/activate'
	@echo '  xshot search "a red bird" --html answers.html'
	@echo '  dvc exp run -S model.k_shot=1'

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

suggest: $(VENV)/.xshot-run  ## what asking an annotator about suggestions brings, to results/ (minutes)
	dvc repro extract
	python -m pipeline.sweep.sets
	dvc repro pipeline/sweep/dvc.yaml:suggest_table

tune: $(VENV)/.xshot-test  ## search the defaults of params.yaml on pseudo-episodes (an hour)
	dvc repro extract
	python -m pipeline.tune.study

bench: $(VENV)/.xshot-test  ## time everything beside its peers, to benchmarks/ (20 minutes)
	dvc repro prepare
	python -m benchmarks

# What these need and a machine with torch for CUDA is likely to lack.
GPU_LACKS = annotated-types ftfy open-clip-torch pydantic pydantic-core pytorch-metric-learning \
	ruamel-yaml typing-inspection wcwidth
GPU_PYTHON ?= 3.12

gpu:  ## prove and time everything on a CUDA device, without a network (10 minutes)
	test ! -d .wheels || python3 -m pip install --quiet --disable-pip-version-check --no-index \
		--no-deps --upgrade --target .wheels/unpacked .wheels/*.whl
	PYTHONPATH=$(CURDIR)/src:$(CURDIR)/.wheels/unpacked python3 -m benchmarks.gpu $(GPU)

gpu-wheels:  ## fetch what `make gpu` needs there, to .wheels/ (GPU_PYTHON=3.12; 5 MiB)
	grep -hE "^($$(echo $(GPU_LACKS) | tr ' ' '|'))==" requirements.lock requirements-test.lock \
	| xargs python3 -m pip download --quiet --disable-pip-version-check --no-deps \
		--only-binary=:all: --python-version $(GPU_PYTHON) --implementation cp \
		--platform manylinux_2_28_x86_64 --platform manylinux_2_17_x86_64 \
		--platform manylinux2014_x86_64 --dest .wheels

lint: $(VENV)/.xshot-test  ## check style and types
	ruff format --check .
	ruff check .
	mypy

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.xshot-run: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "XShot needs Python 3.11 or newer")'
# One without pip was left unfinished, as where Debian's python3-venv is not installed.
	python -m pip --version >/dev/null 2>&1 && test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
# Out of an archive there is no Git; DVC then has to be told.
	test -e .git || git rev-parse --git-dir >/dev/null 2>&1 || dvc config --local core.no_scm true
	touch $@

$(VENV)/.xshot-test: requirements-test.lock $(VENV)/.xshot-run
	python -m pip install --quiet --disable-pip-version-check -r requirements-test.lock
	touch $@

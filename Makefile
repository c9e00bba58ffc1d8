# Neuronario. `make` or `make help` lists what can be made.
# Needs Python 3.11 or newer, git and make; everything else is installed into .venv.

PYTHON ?= python3
BIN    := .venv/bin
PIP    := $(BIN)/python -m pip --quiet --disable-pip-version-check
CONFIG ?=

.DEFAULT_GOAL := help
.PHONY: help site serve test fast faults long gold check format palette bench lock clean

# Rooms whose tests need no browser, no TensorFlow program and no whole job.
FAST := $(addprefix tests/jobs/,config disk machine model store) \
    $(addprefix tests/report/,pages panels render measures/concepts)

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /  make \1\t/' | expand -t 16

site: .venv/run.installed ## run the job (CONFIG=my.yml for your own) and leave the built site in site/
	$(BIN)/neuronario run $(if $(CONFIG),--config $(CONFIG))

serve: .venv/run.installed ## look at the built site in a browser
	$(BIN)/neuronario serve

test: .venv/test.installed ## run all tests; browser tests need Chromium, without it they are skipped
	$(BIN)/python -m pytest --numprocesses 3 --dist loadfile

fast: .venv/test.installed ## the tests of one minute: no browser, no faults, nothing end to end
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile -m "not browser and not corpora and not tensorflow" \
	    --ignore tests/report/pages/test_cells.py --ignore tests/jobs/store/test_check.py $(FAST)

faults: .venv/test.installed ## try every fault, not only a selection: takes an hour
	FAULTS=all $(BIN)/python -m pytest tests/system/faults

long: .venv/test.installed ## all tests, those too that take minutes: every cell in every regime, parts, clusters
	LONG=all $(BIN)/python -m pytest --numprocesses 2 --dist loadfile

gold: .venv/test.installed ## write the golden files of the tests anew; then read git diff
	$(BIN)/python -m tests.support.compare_cases
	$(BIN)/python -m tests.support.golden_pages

check: .venv/test.installed ## formatting, lint, types, walls between the rooms
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: .venv/test.installed ## format the code and mend what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

palette: .venv/run.installed ## write the colours and the names of characters of the site anew from report/render
	$(BIN)/python -m report.render.palette
	$(BIN)/python -m report.render.characters

bench: .venv/test.installed ## time the engine against the notebook's steps, Keras, PyTorch and NumPy
	$(BIN)/python -m tests.benchmarks

lock: .venv/test.installed ## renew the lock files from pyproject.toml (needs the registry)
	$(PIP) install uv
	$(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --no-header \
	    --no-emit-index-url --no-annotate -q --extra build -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --no-header \
	    --no-emit-index-url --no-annotate -q --extra build --extra test -o requirements-test.lock

clean: ## remove the site and the caches; runs are kept
	rm -rf site site.new .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist

.venv/python.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Neuronario needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V). Name another: make PYTHON=python3.12 site"; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

# The test requirements hold the run requirements: whoever has the former needs no second install.
.venv/run.installed: requirements.lock pyproject.toml | .venv/python.made
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.venv/test.installed: requirements-test.lock pyproject.toml | .venv/python.made
	$(PIP) install --require-hashes -r requirements-test.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@ .venv/run.installed

# Every target is exactly what continuous integration runs. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
# A caller's Python settings must not leak in; PYTHONDONTWRITEBYTECODE makes first imports three times slower.
unexport PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME VIRTUAL_ENV
export UV_NO_CONFIG := 1
export UV_PYTHON_DOWNLOADS := never
# Behind a company proxy the certificates that count are those of the system.
export UV_SYSTEM_CERTS := 1
# nbgrader runs `alembic` by name, so the environment's programs must be on PATH.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
PYTHON ?= python3
UV := .tools/bin/uv
COMPILE := pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header

##@ Everyday
.PHONY: help setup course lab test
help: ## List these targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.complete ## Make .venv from the hashed locks (a second run does nothing)

course: setup ## Set up, cut the exercises, build the book, grade the sample class
	@python -m qlab.cli course

# From the repository's root, where nbgrader looks for its course; without a call for news from the network.
# It never cuts: that would overwrite answers.
lab: setup ## Open JupyterLab at the exercises, with nbgrader's extensions
	@test -e .venv/etc/jupyter/labconfig/page_config.json || \
	    jupyter labextension disable @jupyterlab/apputils-extension:announcements
	@jupyter lab --LabApp.default_url=/lab/tree/exercises --LabApp.extension_manager=readonly \
	    $(if $(filter 0,$(shell id -u)),--allow-root)

test: setup system-tools lint types book ## Set up and run everything that continuous integration runs
	@coverage erase
	@coverage run -m pytest
	@coverage combine --quiet && coverage report --skip-covered --sort=cover | tail -n 40

##@ Parts of the above
.PHONY: cut book lint types format system-tools
cut: setup ## Cut exercises/ from solutions/
	@python -m qlab.checks.cut

book: setup ## Build the book into _build/html
	@python book/build.py

lint: setup ## Ruff: lint and format, without changing anything
	@ruff check .
	@ruff format --check --quiet . || { ruff format --diff --quiet .; exit 1; }

types: setup ## Strict mypy on qlab
	@mypy

format: setup ## Let Ruff mend what it can
	@ruff check --fix .
	@ruff format .

# Programs that tests need and pip cannot bring. Installed where that is allowed, named plainly where not.
system-tools: setup
	@python tests/system_tools.py

##@ Longer runs
.PHONY: bench bench-grading mutation soak
bench: setup ## Time the engine against its peers, table and _build/bench.json
	@$(UV) pip install --quiet --require-hashes --no-deps -r bench.lock
	@python tests/bench/bench_engine.py

bench-grading: setup ## Time the grading runner against stock nbgrader, _build/bench-grading.json
	@python tests/bench/bench_grading.py

mutation: setup ## Mutation score of the physics, 90 % or more of each module (more than an hour)
	@mutmut run
	@python tests/mutation_score.py

soak: setup ## 1,000 seeds of every task, 50 killed grading runs
	@pytest -q -m soak

##@ Upkeep
.PHONY: lock clean
lock: .tools/.complete ## Renew the locks from pyproject.toml
	@echo "$$(sed -n 's/^\(uv==[^ ]*\).*/\1/p' tools.lock)" | $(UV) $(COMPILE) --no-annotate - -o tools.lock
	@$(UV) $(COMPILE) --upgrade --extra dev pyproject.toml -o requirements.lock
	@$(UV) $(COMPILE) --upgrade --extra bench --constraint requirements.lock pyproject.toml -o bench.lock

clean: ## Remove everything that was built, but not the environment
	@rm -rf _build .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache mutants

.tools/.complete: tools.lock
	@echo "Setting up: uv, from tools.lock"
	@rm -rf .tools
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-warn-script-location --root-user-action ignore \
	    --require-hashes --no-deps --target .tools -r tools.lock
	@touch $@

.venv/.complete: .tools/.complete requirements.lock pyproject.toml
	@echo "Setting up: .venv, from requirements.lock"
	@.venv/bin/python -c '' 2>/dev/null || \
	    $(UV) venv --quiet --clear --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv
	@$(UV) pip sync --require-hashes --compile-bytecode requirements.lock
	@$(UV) pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

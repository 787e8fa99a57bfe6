# Every target is exactly what continuous integration runs. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
# Whatever the caller has set for Python, pip, uv or another environment stays outside. Only what a company's
# package index, proxy or cache needs comes in.
KEPT := $(addprefix UV_,INDEX INDEX_% DEFAULT_INDEX EXTRA_INDEX_URL FIND_LINKS NO_INDEX KEYRING_PROVIDER HTTP_% \
    INSECURE_HOST OFFLINE CACHE_DIR NO_CACHE) $(addprefix PIP_,CONFIG_FILE INDEX_URL EXTRA_INDEX_URL FIND_LINKS \
    NO_INDEX KEYRING_PROVIDER TRUSTED_HOST CERT CLIENT_CERT PROXY TIMEOUT DEFAULT_TIMEOUT RETRIES CACHE_DIR \
    NO_CACHE_DIR) PYTHONUNBUFFERED
unexport $(filter-out $(KEPT),$(filter UV_% PIP_% PYTHON% CONDA_% VIRTUAL_ENV% BASH_ENV,$(.VARIABLES)))
export UV_NO_CONFIG := 1
export UV_PYTHON_DOWNLOADS := never
# Behind a company proxy the certificates that count are those of the system.
export UV_SYSTEM_CERTS := 1
# A pip.conf may demand an active environment, too; the bare name outranks it.
export PIP_REQUIRE_VIRTUALENV := 0
# nbgrader runs `alembic` by name, so the environment's programs must be on PATH.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
PYTHON ?= python3
UV := .tools/bin/uv
INTO_VENV := --python .venv/bin/python
# Two workers on two cores. A file's tests stay together; the longest files come first (tests/conftest.py).
PYTEST := pytest --quiet -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder
NOUNS := gates states circuits channels measures tables
FAST := $(NOUNS:%=tests/test_%.py) tests/test_validate.py tests/test_refusals.py tests/test_conventions.py \
    tests/test_layers.py tests/test_repository.py $(NOUNS:%=qlab/%.py) \
    $(foreach room,simulator bell protocols keys networks devices checks,tests/$(room) qlab/$(room))
COMPILE := pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header
EXTRAS := --extra learn --extra grading --extra dist --extra scorecard --extra book

##@ Everyday
.PHONY: help setup course lab fast test
help: ## List these targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.complete ## Make .venv from the hashed locks (a second run does nothing)

course: setup ## Set up, cut the exercises, build the book, grade the sample class
	@python -m qlab.cli course

# From the repository's root, where nbgrader looks for its course; without a call for news from the network.
# Learners write in my_exercises/, which git does not track: pulling a new release never stops at it.
lab: setup ## Copy new units to my_exercises/ and open JupyterLab there, with nbgrader's extensions
	@python -m qlab.cli start
	@test -e .venv/etc/jupyter/labconfig/page_config.json || \
	    jupyter labextension disable @jupyterlab/apputils-extension:announcements
	@jupyter lab --LabApp.default_url=/lab/tree/my_exercises --LabApp.extension_manager=readonly \
	    $(if $(filter 0,$(shell id -u)),--allow-root)

fast: setup lint ## The physics and the exercises with few seeds, in less than two minutes
	@FEW_SEEDS=1 $(PYTEST) $(FAST)

# Types are checked beside the tests; the book is built by the first test that reads it, beside the others.
test: setup system-tools lint ## Set up and run everything that continuous integration runs
	@$(MAKE) --no-print-directory --jobs 2 types suite

##@ Parts of the above
.PHONY: cut book lint types suite coverage format system-tools
cut: setup ## Cut exercises/ from solutions/; what somebody changed there stays
	@python -m qlab.authoring.cut

book: setup ## Build the book into _build/html
	@python book/build.py

lint: setup ## Ruff (lint and format) and the contracts of imports, without changing anything
	@ruff check .
	@said=$$(lint-imports --no-cache --no-logo) || { echo "$$said"; exit 1; }
	@ruff format --check --quiet . || { ruff format --diff --quiet .; exit 1; }

types: setup ## mypy, strict on qlab and book
	@mypy

suite: setup ## All tests but those of `make soak`
	@$(PYTEST)

coverage: setup system-tools ## All tests once more, one after the other, and what of the package they executed
	@coverage erase
	@coverage run -m pytest
	@coverage combine --quiet && coverage report --skip-covered --sort=cover | tail -n 40

format: setup ## Let Ruff mend what it can
	@ruff check --fix .
	@ruff format .

# Programs that tests need and pip cannot bring. Installed where that is allowed, named plainly where not.
system-tools: setup
	@python tests/system_tools.py

##@ Longer runs
.PHONY: bench peers bench-grading mutation peer-suite soak
bench: setup ## Time the engine against its peers, table and _build/bench.json
	@$(UV) pip install $(INTO_VENV) --quiet --require-hashes --no-deps -r bench.lock
	@python tests/bench/bench_engine.py

# An environment of its own: what the peers demand of NumPy and SciPy binds nobody else.
peers: .peers/.complete ## Compare the physics with QuTiP, Qiskit, toqito, Stim and SeQUeNCe
	@.peers/bin/python -m pytest --quiet -c tests/peers/pytest.ini tests/peers

bench-grading: setup ## Time the grading runner against stock nbgrader, _build/bench-grading.json
	@python tests/bench/bench_grading.py

mutation: setup ## Mutation score of the physics, 90 % or more of each module (more than an hour)
	@mutmut run
	@python tests/mutation_score.py

peer-suite: setup ## nbgrader's own tests, stock and in the sandbox (half an hour)
	@python -m tests.grading.peers.suite

soak: setup ## 1,000 seeds of every task, 50 killed grading runs
	@$(PYTEST) -m soak

##@ Upkeep
.PHONY: dist lock clean
dist: setup ## Build the source archive, and the wheel from it, into dist/
	@$(UV) build --quiet --clear --no-build-isolation --python .venv

lock: .tools/.complete ## Renew the locks from pyproject.toml
	@echo "$$(sed -n 's/^\(uv==[^ ]*\).*/\1/p' tools.lock)" | $(UV) $(COMPILE) --no-annotate - -o tools.lock
	@$(UV) $(COMPILE) --upgrade $(EXTRAS) --group dev pyproject.toml -o requirements.lock
	@$(UV) $(COMPILE) --upgrade --group bench --constraint requirements.lock -o bench.lock
	@$(UV) $(COMPILE) --upgrade --extra qasm --group peers --constraint requirements.lock pyproject.toml -o peers.lock

clean: ## Remove everything that was built, but not the environment
	@rm -rf _build dist .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache mutants

# Sets $$base: the interpreter below the caller's, since an active environment may lack pip and is not ours to use.
define find_base
base=$$($(PYTHON) -c 'import sys; print("%d.%d %s" % (sys.version_info[:2] + (getattr(sys, "_base_executable", ""),)))' \
    2>/dev/null) || base=; \
case "$$base" in \
    3.1[1-4]\ *) base=$${base#* } ;; \
    *) base=$${base%% *}; \
        echo "Set-up needs Python 3.11 to 3.14, and $(PYTHON) is $${base:-not there}: name another, for example: make PYTHON=python3.12 setup" >&2; \
        exit 1 ;; \
esac
endef

# Downloaded and unpacked, not installed: no setting of pip's can then lead it into the caller's Python.
.tools/.complete: tools.lock
	@$(find_base); \
	"$$base" -c 'import pip' 2>/dev/null || { \
	    echo "Set-up needs pip, and $$base has none: install it (Debian, Ubuntu: apt install python3-pip)" >&2; exit 1; }; \
	echo "Setting up: uv, from tools.lock"; \
	rm -rf .tools; \
	"$$base" -m pip download --quiet --disable-pip-version-check --only-binary :all: --require-hashes --no-deps \
	    --dest .tools -r tools.lock; \
	"$$base" -m zipfile -e .tools/*.whl .tools
	@mv .tools/*.data/scripts .tools/bin
	@chmod +x .tools/bin/*
	@rm -r .tools/uv*
	@touch $@

.venv/.complete: .tools/.complete requirements.lock pyproject.toml
	@echo "Setting up: .venv, from requirements.lock"
	@.venv/bin/python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null || { \
	    $(find_base); $(UV) venv --quiet --clear --python "$$base" .venv; }
	@$(UV) pip sync $(INTO_VENV) --require-hashes --compile-bytecode requirements.lock
	@$(UV) pip install $(INTO_VENV) --quiet --no-deps --no-build-isolation -e .
	@touch $@

.peers/.complete: .tools/.complete peers.lock
	@echo "Setting up: .peers, from peers.lock"
	@$(find_base); $(UV) venv --quiet --clear --python "$$base" .peers
	@$(UV) pip sync --python .peers/bin/python --quiet --require-hashes peers.lock
	@touch $@

# Every target is exactly what continuous integration runs. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
# A caller's Python settings must not leak in; PYTHONDONTWRITEBYTECODE makes first imports three times slower.
unexport PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME VIRTUAL_ENV
export UV_NO_CONFIG := 1
export UV_PYTHON_DOWNLOADS := never
# nbgrader runs `alembic` by name, so the environment's programs must be on PATH.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
PYTHON ?= python3
UV := PYTHONPATH=.tools .tools/bin/uv

##@ Everyday
.PHONY: help setup
help: ## List these targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.complete ## Make .venv from the hashed locks (a second run does nothing)

.tools/.complete: tools.lock
	@echo "Setting up: uv, from tools.lock"
	@rm -rf .tools
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-warn-script-location --require-hashes --no-deps --target .tools -r tools.lock
	@touch $@

.venv/.complete: .tools/.complete requirements.lock pyproject.toml
	@echo "Setting up: .venv, from requirements.lock"
	@$(UV) venv --quiet --clear --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv
	@$(UV) pip sync --quiet --require-hashes --compile-bytecode requirements.lock
	@$(UV) pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

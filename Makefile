# Commands that stay put: install, test, demo, run. All work from a fresh clone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
.PHONY: install dev test test-easyocr train lint types demo run clean lock sbom

install: $(VENV)/.installed
dev: $(VENV)/.dev

# Debian keeps ensurepip in a package of its own (python3-venv); as root it is fetched, otherwise the message names it.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "gateway needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -q && apt-get install -y -q python3-venv; } \
	  || { echo "python3-venv is missing: sudo apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.installed
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

lint: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: dev
	$(BIN)/mypy

test: dev
	@sh tests/system_packages.sh
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

# EasyOCR and PyTorch weigh gigabytes where pip knows no builds for processors alone, so they have an environment of their own.
EASYOCR_VENV := .venv-easyocr
test-easyocr: $(EASYOCR_VENV)/.installed
	$(EASYOCR_VENV)/bin/python -m pytest tests/easyocr $(ARGS)

$(EASYOCR_VENV)/.installed: requirements.lock pyproject.toml tests/easyocr/requirements.txt | $(VENV)/bin/python
	$(PYTHON) -m venv $(EASYOCR_VENV)
	$(EASYOCR_VENV)/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(EASYOCR_VENV)/bin/pip install -q --disable-pip-version-check --no-build-isolation -e '.[easyocr]' -r tests/easyocr/requirements.txt
	@touch $@

# The networks of gateway/ocr/models, from rendered pictures. Hours on a processor; a GPU is used where there is one.
train: dev
	$(BIN)/pip install -q --disable-pip-version-check -e '.[training]'
	$(BIN)/python -m training.lettering
	$(BIN)/python -m training.lettering --wide
	$(BIN)/python -m training.detector
	$(BIN)/python -m training.rectifier

demo: install
	$(BIN)/gateway demo $(ARGS)

run: install
	$(BIN)/gateway run --site lane_config/desk.yaml $(ARGS)

clean:
	rm -rf $(VENV) $(EASYOCR_VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

# What the gateway is made of (CycloneDX). With a network, a scanner holds it against the known vulnerabilities: docs/operators.md.
sbom: install
	@$(BIN)/python -m supply.sbom > sbom.cdx.json && echo sbom.cdx.json

# Locks name packages and hashes, never a host.
lock: | $(VENV)/bin/python
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml lock-build.in -o requirements.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra dev -c requirements.lock pyproject.toml lock-build.in -o requirements-dev.lock

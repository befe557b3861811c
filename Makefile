# Two commands: `make demo` and `make test`. Each sets up .venv by itself; a second call skips that.
#
# PYTHON       the interpreter that makes .venv (3.11 or newer)
# TORCH_INDEX  a package index for PyTorch's CPU build (README: "Which torch")

PYTHON ?= python3
TORCH_INDEX ?=
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint setup

demo: setup
	$(BIN)/stackkit notebooks run playground

test: setup
	$(BIN)/python -m pytest

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

setup: $(VENV)/.complete

$(VENV)/.complete: requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(if $(TORCH_INDEX),$(BIN)/pip install --index-url $(TORCH_INDEX) "$$(grep '^torch==' requirements.txt)")
	$(BIN)/pip install -r requirements.txt
	$(BIN)/pip install --no-deps -e .
	touch $@

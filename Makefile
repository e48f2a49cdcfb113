# Everything runs in .venv, made on first use and again when pyproject.toml changes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export OMP_NUM_THREADS ?= 2

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv
	UV_LINK_MODE=copy $(BIN)/uv pip install --quiet --python $(BIN)/python -e '.[dev]'
	touch $@

# Each goal does all of its own set-up: a virtual environment in .venv with the tested versions of constraints.txt.
PYTHON ?= python3
WORK ?= work
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# One thread a process is fastest here: the suites run several processes, and two threads in one small model collapse.
export OMP_NUM_THREADS := 1
export HF_HUB_OFFLINE ?= 1

.PHONY: run test lint clean

run: $(READY)  ## compare NEXT, Signal and baselines on the embedded benchmark and write the report
	$(BIN)/harness run embedded --work-dir $(WORK)
	$(BIN)/harness run embedded_ablation --work-dir $(WORK)
	$(BIN)/harness check $(WORK) --against golden
	$(BIN)/harness report $(WORK)

test: $(READY)  ## the whole test suite
	$(BIN)/python -m pytest -n 2

lint: $(READY)  ## formatting, style and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .ruff_cache .mypy_cache

# One list of what can be done here. `make run` on a fresh Debian or Ubuntu needs nothing but make and Python 3.11.
#
#   make run     set up what is missing, then start the workbench (Ctrl+C stops it)
#   make test    set up what the tests need, then run every check that CI runs
#   make lock    write the lock files from what is installed
#   make clean   remove the environment; data/ stays
#
# PYTHON=python3.12      the Python to make the environment with
# JOBS=2                 how many tests run side by side
# TORCH_INSTALL="…"      your CPU wheel source for torch, as pip understands it (for EasyOCR)

VENV := .venv
PYTHON ?=
JOBS ?= 2
TORCH_INSTALL ?=
export VENV PYTHON TORCH_INSTALL
# Tesseract's threads spin on a busy machine; the workbench spreads pages over processes instead.
export OMP_THREAD_LIMIT := 1

.PHONY: run test set-up set-up-tests style types layers tests lock clean
.DEFAULT_GOAL := run

run: set-up
	@exec $(VENV)/bin/workbench start

test: set-up-tests style types layers tests

set-up:
	@tools/setup.sh run

set-up-tests:
	@tools/setup.sh test

style:
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types:
	$(VENV)/bin/mypy

layers:
	$(VENV)/bin/lint-imports

tests:
	$(VENV)/bin/pytest -n $(JOBS) --dist loadfile --nbmake tests notebooks

lock:
	$(VENV)/bin/python tools/lock.py

clean:
	rm -rf $(VENV)

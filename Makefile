# Everything runs in .venv, which is made on first use and again when pyproject.toml changes. Real k2 has its own
# environment, .venv-k2.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
WORKERS ?= 2
MINUTES ?= 10
TALK := egs/demo/talk
SCRIPTS = .ci/run $(shell find egs tools -name '*.sh' -not -path '*/exp/*')

# An empty value counts as unset: without bytecode `import torch` takes twice as long, every time.
export PYTHONDONTWRITEBYTECODE :=

.DELETE_ON_ERROR:
.PHONY: help demo test tests test-k2 test-browser compare-trl lint fuzz mutation audit bench docs clean

help:
	@echo 'make demo    align the bundled talk; writes SRT, VTT, JSON, TextGrid and CTM to demo/'
	@echo 'make test    style, types and tests (WORKERS=2 processes)'
	@echo 'make tests   the tests alone'
	@echo 'make test-k2 the mathematics compared with real k2 (Python 3.11; makes .venv-k2, 3 GB); skipped without Python 3.11'
	@echo 'make test-browser  the review page in Chromium, which apt installs if it is missing and make runs as root'
	@echo 'make compare-trl  preference losses compared with an installed TRL (makes .venv-trl)'
	@echo 'make lint    style and types only; `$(BIN)/ruff format .` corrects the style'
	@echo 'make fuzz    search ten minutes for inputs that break a reader or a function (MINUTES=10); goes on where it stopped'
	@echo 'make mutation  change lines of the code and see whether tests fail (FILES=ctcalign/ctc); tables in tools/mutation/results/'
	@echo 'make audit   known faults of the installed packages, risky calls in ours (makes .venv-audit)'
	@echo 'make bench   speed and memory, quick versions; tables in tools/bench/results/'
	@echo 'make docs    the documentation as web pages in site/'
	@echo 'make clean   remove what the targets above made, except $(VENV), .venv-k2, .venv-trl and .venv-audit'

$(READY): pyproject.toml
	@tools/set_up.sh '$(PYTHON)' '$(VENV)'
	@touch $@

demo: $(READY)
	@mkdir -p demo
	@$(BIN)/ctcalign align $(TALK).ogg $(TALK).srt --overwrite --table \
	  -o demo/talk.json -o demo/talk.srt -o demo/talk.vtt -o demo/talk.TextGrid -o demo/talk.ctm
	@$(BIN)/python -m egs.demo.local.check_talk egs/demo/truth.json demo/talk.json
	@echo 'Results: demo/talk.srt .vtt .json .TextGrid .ctm; now try: $(BIN)/ctcalign align your.mp4 your.srt -o your.vtt'

lint: $(READY)
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/codespell README.md CHANGELOG.md Makefile mkdocs.yml docs egs recipes tools tests ctcalign
	$(BIN)/python -m tools.lint.prose
	$(BIN)/shellcheck $(SCRIPTS)
	$(BIN)/mypy

# One thread a process: the processes share the cores already. Each process gets a contiguous part of the tests, so that
# tests of one file share their fixtures; a process that has finished takes over tests of another one.
test: lint tests

tests: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/pytest -n $(WORKERS) --dist worksteal

test-k2:
	@tools/k2_env/test.sh '$(PYTHON)' .venv-k2 -n $(WORKERS)

test-browser: $(READY)
	@tools/review/chromium.sh
	CTCALIGN_BROWSER=required OMP_NUM_THREADS=1 $(BIN)/pytest tests/review

.venv-trl/.ready: pyproject.toml
	@tools/set_up.sh '$(PYTHON)' .venv-trl trl
	@touch $@

compare-trl: .venv-trl/.ready
	.venv-trl/bin/python tools/compare_trl.py

# Faults and the state are in .fuzz/: remove it to begin again.
fuzz: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m tools.fuzz --minutes $(MINUTES) --processes $(WORKERS)

# A room at a time: FILES='ctcalign/text/readings'. All rooms of docs/testing.md take hours.
mutation: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m tools.mutation $(if $(FILES),--files $(FILES)) --processes $(WORKERS)

audit: $(READY)
	@tools/audit/audit.sh '$(VENV)' .venv-audit

bench: $(READY)
	$(BIN)/python tools/bench/best_path.py --quick
	$(BIN)/python tools/bench/startup.py --quick
	$(BIN)/python tools/bench/models.py --quick
	$(BIN)/python tools/bench/end_to_end.py --quick
	$(BIN)/python tools/bench/noisy_hours.py --quick
	$(BIN)/python tools/bench/awp.py --quick
	$(BIN)/python tools/bench/preference.py --quick
	$(BIN)/python tools/bench/prefix_beam.py --quick
	$(BIN)/python tools/bench/search.py --quick
	$(BIN)/python tools/bench/training.py --quick
	PYTHONPATH=. $(BIN)/python tools/bench/precision.py --quick
	PYTHONPATH=. $(BIN)/python tools/bench/review.py --quick

docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs --quiet build --strict --clean
	$(BIN)/python -m tools.docs check site

clean:
	rm -rf demo site build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .fuzz
	find ctcalign tests tools egs recipes -name __pycache__ -type d -prune -exec rm -rf {} +

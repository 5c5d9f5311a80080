# SPDX-License-Identifier: Apache-2.0
# Everything is started from here; `make help` tells what there is.

PYTHON ?= python3
RUN_PYTHON := .venv/bin/python
VARIABLES := SIM SEED SEEDS TEST CONFIG JOBS WAVES COV REGRESSION RUN DESIGN CLUSTER BLOCK MUTANTS PROOF NET INPUTS

# The variables go to the scripts as NAME=VALUE words, quoted for the shell, and nowhere else: cocotb reads SIM and WAVES, and a
# compiler's make would read MAKEFLAGS, from the environment.
quoted = '$(subst ','\'',$(1))'
ARGUMENTS = $(foreach name,$(VARIABLES),$(if $($(name)),$(call quoted,$(name)=$($(name)))))
unexport $(VARIABLES) MAKEFLAGS MFLAGS MAKEOVERRIDES

.PHONY: regress test layers lint bench mutate formal agree report paper waves replay clean help venv

regress: venv
	@$(RUN_PYTHON) -m scripts.regress $(ARGUMENTS)

test: venv
	@$(RUN_PYTHON) -m pytest -n $(or $(JOBS),auto) --dist worksteal $(PYTEST_ARGS)

layers bench lint mutate formal agree: venv
	@$(RUN_PYTHON) -m scripts.$@ $(ARGUMENTS)

replay waves: venv
	@$(RUN_PYTHON) -m scripts.replay $@ $(ARGUMENTS)

report: venv
	@$(RUN_PYTHON) -m scripts.report

paper: venv
	@$(RUN_PYTHON) -m scripts.paper

venv:
	@$(PYTHON) scripts/bootstrap.py $(ARGUMENTS)

clean:
	rm -rf build .pytest_cache .ruff_cache .hypothesis
	find models scripts tb tests -name __pycache__ -type d -prune -exec rm -rf {} +

define HELP
usage: make [TARGET] [VARIABLE=VALUE ...]

targets
  regress  (default) run a regression, the network's layers, and write build/report/index.html
  test     run the tests of models, scripts and RTL with pytest (PYTEST_ARGS= for more options)
  layers   run the network's layers through the RTL, print them, and write build/layers.json: the convolutions through the
           layer engine, or with DESIGN= all layers on several designs side by side; with NET= the layers of another network
  lint     Verilator, Icarus and Yosys over the RTL, ruff over the Python, rules of the repository
  mutate   plant faults in the RTL, the models and the checkers, and count those that the tests notice; build/mutation.json
  formal   prove what can be proved of the blocks, and that each proof fails on a fault; build/formal.json
  agree    the same runs on Icarus and Verilator: the same transactions; build/agreement.json
  bench    simulation speed of plain cocotb and of the environment against bare C++ loops, speed of the models
  report   write build/report/index.html again from what is in build/: results that came after the last regression too
  paper    every table and figure of the paper that can be computed, ours beside theirs; build/paper/index.html, paper.json
  waves    one run with waves: TEST=, and CONFIG=, SIM=, SEED= (the run's own) if wanted
  replay   repeat one run with waves: RUN=
  clean    remove all that was made except .venv

variables (defaults)
  SIM         verilator or icarus (verilator)
  REGRESSION  smoke, all or nightly (smoke); mutate, formal and agree have such sets too
  TEST        names or globs of tests, with commas between; tb/testplan.toml has them (all of the regression)
  CONFIG      names or globs of configurations, with commas between; models/configs.toml has them (all of each test)
  SEED        base seed, 32 bits (a fresh one, printed)
  SEEDS       seeds a test (what the testplan says)
  JOBS        processes at a time (number of cores)
  COV         1: Verilator's code coverage, 0: none (1 on Verilator in a regression)
  WAVES       1: record waves of every run (0)
  DESIGN      for layers: all, or names of base, stripes, dstripes, trt, loom with commas between (none: the layer engine);
              CONFIG narrows them to some configurations, the BASE that they refer to is always there
  NET         for layers: a trace's folder, as `python -m models import` writes it, or a network of the project: digits, or
              NAME:QUANTISER of those in models/networks/float (quantiser fixed16, oblivious8 or aware8)
  INPUTS      for layers with NET=: how many of the trace's inputs (1)
  CLUSTER     for regress: the address of a Dask scheduler whose workers carry out the runs, as tcp://host:8786 (this machine)
  BLOCK       for mutate: names or globs of blocks, with commas between; tb/mutation.toml has them (all of the set)
  MUTANTS     for mutate: mutants a block (what the set says)
  PROOF       for formal: names or globs of proofs, with commas between; tb/formal/proofs.toml has them (all of the set)
  RUN         a run to repeat: TEST-CONFIG-SIM-SEED, as printed and as the folders of build/runs are named
  PYTHON      the Python, 3.11 or newer, that makes .venv (python3)
endef

help:
	$(info $(HELP))
	@:

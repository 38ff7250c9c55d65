# `make` prints help. Every target is one line that calls `python -m ...`; settings live in the YAML, not here.

RECIPE ?= sky_t1_preview
RUN ?= $(notdir $(RECIPE))
CONFIG ?=
ARGS ?=
MODEL ?=
BASELINE ?=
BENCHMARKS ?=
BASELINE_RUN ?=
BASE_URL ?=
DRY ?=
FORCE ?=
STAGE ?=
LIMIT ?=
REPO ?=
WHAT ?= dataset
FROM ?=

PYTHON := .venv/bin/python
BASE_PYTHON ?= $(or $(shell command -v python3.11),python3)
export TRANSFORMERS_VERBOSITY = error
export PYTHONUNBUFFERED = 1
export ARGS  # launch.train gets it as it was typed, quotes and all
COMMON = --recipe=recipes/$(RECIPE) --run=runs/$(RUN)
SOME = $(if $(LIMIT),--limit=$(LIMIT))
ONLY = $(if $(BENCHMARKS),--benchmarks=$(BENCHMARKS))
WITH = $(if $(CONFIG),--config=$(CONFIG))
AGAINST = $(if $(BASELINE),--baseline=$(BASELINE)) $(if $(BASELINE_RUN),--baseline_run=runs/$(BASELINE_RUN))
SMALL_MODEL := runs/models/SmolLM2-135M-Instruct
SERVE := $(if $(shell nvidia-smi -L 2>/dev/null),serve-gpu,serve-cpu)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help setup quickstart test check data train merge eval score report serve plan adopt publish pin doctor bench clean

help: ## this text
	@printf 'make TARGET [RECIPE=%s] [RUN=name] [CONFIG=name] [ARGS="key=value"]\n\n' $(RECIPE)
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile
	@printf '\nrecipes: %s\n' "$(patsubst recipes/%/data.yaml,%,$(shell find recipes -name data.yaml | sort))"

# --- environments: made once, and anew when the content of a requirements file is another (its hash stands in `made`) ----

COMMA := ,
hash = $(firstword $(shell cat $(1) | sha256sum))
changed = $(if $(filter-out $(call hash,$(2)),$(shell cat $(1) 2>/dev/null)),FORCE)
.PHONY: FORCE

CORE_FILES := requirements/core.txt
TRAIN_FILES := requirements/train.txt
SERVE_FILES := requirements/$(SERVE).txt $(if $(filter serve-cpu,$(SERVE)),requirements/serve-cpu-nodeps.txt)

# Two makes at once: the second waits, and finds it made. $(call environment,FOLDER,WHAT,FILES,PIP ARGUMENTS[,THEN])
define environment
@flock $(1).lock sh -ec '[ "$$(cat $(1)/made 2>/dev/null)" != $(call hash,$(3)) ] || exit 0; echo "making $(1): $(2)"; \
	rm -rf $(1); $(BASE_PYTHON) -m venv $(1); $(1)/bin/pip install -q $(4); $(if $(5),$(1)/bin/pip install -q $(5);) echo $(call hash,$(3)) > $@'
endef

.venv/made: $(call changed,.venv/made,$(CORE_FILES))
	$(call environment,.venv,pipeline$(COMMA) evaluation$(COMMA) tests (1.8 GB$(COMMA) about 2 minutes),$(CORE_FILES),-r requirements/core.txt)

.venv-train/made: $(call changed,.venv-train/made,$(TRAIN_FILES))
	$(call environment,.venv-train,LLaMA-Factory$(COMMA) DeepSpeed$(COMMA) torch (6 GB$(COMMA) about 2 minutes),$(TRAIN_FILES),-r requirements/train.txt)

.venv-serve/made: $(call changed,.venv-serve/made,$(SERVE_FILES))
	$(call environment,.venv-serve,vLLM ($(SERVE)$(COMMA) 3 to 9 GB$(COMMA) about 2 minutes),$(SERVE_FILES),-r requirements/$(SERVE).txt,$(if $(filter serve-cpu,$(SERVE)),--no-deps -r requirements/serve-cpu-nodeps.txt))

$(SMALL_MODEL)/config.json: launch/small_model.py | .venv-train/made
	@.venv-train/bin/python launch/small_model.py $(SMALL_MODEL)

setup: .venv/made .venv-train/made .venv-serve/made ## make the three environments

# --- the two commands -------------------------------------------------------------------------------------------------

quickstart: setup $(SMALL_MODEL)/config.json ## the whole loop on this machine: no GPU, no key
	@$(MAKE) --no-print-directory data train eval report RECIPE=quickstart RUN=$(if $(filter command line,$(origin RUN)),$(RUN),quickstart)

test: setup $(SMALL_MODEL)/config.json ## run the tests
	$(PYTHON) -m pytest $(ARGS)

# --- the stages -------------------------------------------------------------------------------------------------------

data: .venv/made ## problems -> verified ShareGPT rows; DRY=1 plans and asks nothing of anyone
ifneq ($(DRY),)
	@$(PYTHON) -m launch.plan --recipe=recipes/$(RECIPE)
else
	@$(PYTHON) -m eval.benchmarks $(COMMON)
	@$(PYTHON) -m data_gen.collect $(COMMON) $(SOME)
	@$(PYTHON) -m data_gen.label $(COMMON) $(SOME)
	@$(PYTHON) -m data_gen.generate $(COMMON) $(SOME)
	@$(PYTHON) -m data_gen.rewrite $(COMMON)
	@$(PYTHON) -m data_gen.verify $(COMMON)
	@$(PYTHON) -m data_gen.mix $(COMMON) $(WITH)
	@$(PYTHON) -m data_gen.export $(COMMON) $(WITH)
endif

train: .venv/made .venv-train/made ## LLaMA-Factory on llamafactory_configs/$(CONFIG).yaml; ARGS="learning_rate=2e-5" overrides
	@$(PYTHON) -m launch.train $(COMMON) $(WITH) $(if $(ARGS),--args="$$ARGS") $(if $(FORCE),--force)

merge: .venv/made .venv-train/made ## fold a LoRA adapter into its base: model/$(CONFIG)-merged
	@$(PYTHON) -m launch.merge $(COMMON) $(WITH)

eval: .venv/made ## score the recipe's models, or MODEL=name; BASELINE=name: and the paired difference (BASELINE_RUN=: of that run)
	@$(PYTHON) -m eval.run $(COMMON) $(WITH) $(if $(MODEL),--model=$(MODEL)) $(AGAINST) $(if $(BASE_URL),--base_url=$(BASE_URL)) $(ONLY) $(SOME)

score: .venv/made ## grade the kept responses of a run anew; asks no model
	@$(PYTHON) -m eval.rescore --run=runs/$(RUN) $(if $(MODEL),--model=$(MODEL)) $(ONLY)

report: .venv/made ## report.md, index.html and summary.json; prints the table. RUNS="a b": these runs beside each other
	@$(PYTHON) -m eval.report $(if $(RUNS),--runs="$(strip $(RUNS))",--run=runs/$(RUN))

serve: .venv/made .venv-serve/made ## the recipe's teacher, or MODEL=, behind an OpenAI-compatible endpoint
	@$(PYTHON) -m launch.serve --recipe=recipes/$(RECIPE) $(if $(MODEL),--model=$(MODEL)) $(ARGS)

plan: .venv/made ## requests, tokens, disk and dollars before they are spent
	@$(PYTHON) -m launch.plan --recipe=recipes/$(RECIPE) $(ARGS)

adopt: .venv/made ## a published dataset (FROM=file or owner/name) as the run's mixture
	@$(PYTHON) -m data_gen.adopt $(COMMON) $(WITH) $(if $(wildcard $(FROM)),--path,--repo)=$(FROM) $(ARGS)

publish: .venv/made ## push the dataset (WHAT=model: a model) to REPO=owner/name; DRY=1 sends nothing
	@$(PYTHON) -m launch.publish --run=runs/$(RUN) --repo=$(REPO) --what=$(WHAT) $(WITH) $(if $(DRY),--dry_run) $(ARGS)

pin: .venv/made ## copy the hub revisions that a run resolved into the recipe's YAML
	@$(PYTHON) -m launch.pin $(COMMON)

doctor: .venv/made ## what is here, what is missing, what to do
	@$(PYTHON) -m launch.doctor

# --- the project itself -----------------------------------------------------------------------------------------------

check: .venv/made ## lint, format, types
	$(PYTHON) -m ruff check . && $(PYTHON) -m ruff format --check . && $(PYTHON) -m mypy data_gen eval launch tests bench

bench: setup $(SMALL_MODEL)/config.json ## our graders and our generation beside those of others
	$(PYTHON) -m bench.graders && $(PYTHON) -m bench.graders --speed && $(PYTHON) -m bench.generate && $(PYTHON) -m bench.client

clean: ## caches and reports; STAGE=train also removes that stage's output and what follows it
	@$(PYTHON) -m launch.clean $(if $(filter command line environment,$(origin RUN) $(origin RECIPE)),--run=runs/$(RUN)) $(if $(STAGE),--stage=$(STAGE))

# `make demo` and `make test` need Python 3.11 or newer and nothing else.
PYTHON ?= python3
VENV = .venv
BIN = $(VENV)/bin
DEMO = runs/demo
SCRIPT = $(BIN)/python scripts

.PHONY: help install demo test test-slow lint format clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*## /\t/'

install: $(VENV)/installed ## make .venv with all packages

$(VENV)/installed: requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		"Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check \
		-r requirements.txt -e '.[test]'
	touch $@

demo: install ## prepare, train, evaluate and talk, in a few minutes
	rm -rf $(DEMO)
	$(SCRIPT)/prepare_corpus.py --format small-talk --pairs 40000 \
		--validation-fraction 0.03 --entity-tagger rules \
		--output $(DEMO)/corpus
	$(SCRIPT)/pretrain_embeddings.py --corpus $(DEMO)/corpus --dimension 64
	$(SCRIPT)/train.py --corpus $(DEMO)/corpus --output $(DEMO)/model \
		--preset tiny
	$(SCRIPT)/evaluate.py --model $(DEMO)/model --corpus $(DEMO)/corpus \
		--report $(DEMO)/report.json --plot $(DEMO)/training.png
	@for stage in mle final; do \
		$(SCRIPT)/chat.py --model $(DEMO)/model --stage $$stage \
			--save $(DEMO)/conversation_$$stage.txt \
			< scripts/demo_conversation.txt > /dev/null || exit; \
	done
	@echo; echo "after maximum likelihood (stage A):"
	@cat $(DEMO)/conversation_mle.txt
	@echo; echo "after adversarial training (stage D):"
	@cat $(DEMO)/conversation_final.txt
	@echo; echo "talk to it yourself: $(SCRIPT)/chat.py --model $(DEMO)/model"

test: install ## the tests, without the slow ones
	$(BIN)/pytest -n auto --dist loadfile -m 'not slow'

test-slow: install ## the tests that take minutes
	$(BIN)/pytest -n auto --dist loadfile -m slow

lint: install ## style checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: install ## mend what style checks can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove what make made
	rm -rf $(VENV) runs build *.egg-info

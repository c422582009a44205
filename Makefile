# Two commands: `make run` shows Watchkeep at work, `make test` runs every test. Both do their own set-up.

SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help run quick test bench fuzz setup clean

help: ## Say what there is
	@echo "make run     build, and start a host with things to watch and an inbox; Ctrl-C stops all"
	@echo "make quick   format, lint and tests of the crates that a change touches"
	@echo "make test    run every test; installs what they need and says so"
	@echo "make bench   measure, beside the peers, and write docs/benchmarks.md (takes minutes)"
	@echo "make fuzz    look for bytes that break a promise, a minute for each kind (SECONDS=60)"
	@echo "make clean   remove what was built and what \`make run\` left in ./run"

run: ## Start the demonstration
	@tests/prepare.sh build
	@examples/demo/run.sh

quick: ## What a change touches
	@tests/prepare.sh build test
	@tests/quick.sh

test: ## Run every test
	@tests/prepare.sh build test
	@tests/all.sh

bench: ## Measure
	@tests/prepare.sh build bench
	@tests/bench/run.sh

fuzz: ## Look for bytes that break a promise
	@tests/prepare.sh build fuzz
	@tests/fuzz/run.sh $(or $(SECONDS),60)

setup: ## Only the set-up that the others do
	@tests/prepare.sh build test

clean: ## Remove what was built and what `make run` left
	cargo clean
	rm -rf run

# Two commands: `make run` shows Watchkeep at work, `make test` runs every test. Both do their own set-up.

SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help run test bench setup clean

help: ## Say what there is
	@echo "make run     build, and start a host with things to watch and an inbox; Ctrl-C stops all"
	@echo "make test    run every test; installs what they need and says so"
	@echo "make bench   measure, beside the peers, and write docs/benchmarks.md (takes minutes)"
	@echo "make clean   remove what was built and what \`make run\` left in ./run"

run: ## Start the demonstration
	@tests/prepare.sh build
	@examples/demo/run.sh

test: ## Run every test
	@tests/prepare.sh build test
	@tests/all.sh

bench: ## Measure
	@tests/prepare.sh build bench
	@tests/bench/run.sh

setup: ## Only the set-up that the others do
	@tests/prepare.sh build test

clean: ## Remove what was built and what `make run` left
	cargo clean
	rm -rf run

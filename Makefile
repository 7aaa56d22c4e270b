# All a newcomer needs. Each target installs what it lacks (scripts/bootstrap), or says what to install.
.POSIX:
.PHONY: help run model test test-faults test-matrix fuzz bench lint generate

# What rustup installs, also where the shell's profile has not been read again.
export PATH := $(PATH):$(or $(CARGO_HOME),$(HOME)/.cargo)/bin
target = $(or $(CARGO_TARGET_DIR),target)

help:
	@echo 'make run           build and start ROMASHKA with a PostgreSQL and demo content of its own (ARGS=… for `romashka up`)'
	@echo 'make model         fetch the model that finds articles by their meaning (90 MB)'
	@echo 'make test          build and run every test'
	@echo 'make test-faults   kill, fill, cut and delete while work goes on, ROUNDS (2) times each: every test of docs/reliability.md'
	@echo 'make test-matrix   run the tests on PostgreSQL 14 to 18 (MAJORS="14 18" chooses)'
	@echo 'make fuzz          try every parser that reads bytes from outside with made-up input, SECONDS (20) each (TARGETS=…)'
	@echo 'make bench         measure database and server on loads of 1 and 3 million messages and write docs/benchmarks.md (ARGS=… for `romashka bench`)'
	@echo 'make lint          formatting, lints, SQL and shell checks, generated files'
	@echo 'make generate      write the assembled and generated files anew'

run:
	@scripts/bootstrap run
	@scripts/model || echo 'make: going on without the embedding model: articles are found by their words alone' >&2
	@cargo build --release -p romashka
	@exec $(target)/release/romashka up $(ARGS)

model:
	@scripts/bootstrap model
	@scripts/model

test:
	@scripts/bootstrap test
	@scripts/model
	@scripts/with-test-postgres cargo test --workspace --no-fail-fast $(ARGS)

test-faults:
	@scripts/bootstrap test
	@scripts/test-faults $(or $(ROUNDS),2)

test-matrix:
	@scripts/postgres-matrix $(MAJORS) -- cargo test --workspace --no-fail-fast --test '*' $(ARGS)

fuzz:
	@scripts/bootstrap fuzz
	@SECONDS_EACH=$(or $(SECONDS),20) scripts/fuzz $(TARGETS)

bench:
	@scripts/bootstrap run
	@cargo build --release -p romashka
	@exec $(target)/release/romashka bench --out docs $(ARGS)

lint:
	@scripts/bootstrap lint
	@scripts/lint

generate:
	@scripts/generate

# The two commands: `make demo` and `make test`. Each sets up a fresh Debian 12 with Swift by itself.
#
#   make demo [INPUT=film.mp4] [DEMO_EXIT=1]    a real file, encoded, protected, published, proved, served
#   make test                                   every test, of what takes long a sample (make test-all: all of it)
#
# DEMO_EXIT reaches the program through the environment, set either way. Both targets use the debug build, so that one
# build serves both: on two cores a clean debug build takes about five minutes, a release build about eight. What must
# be fast does not depend on it: AES and the codecs are C libraries.

SHELL := /bin/bash
SWIFT ?= swift
CONFIG ?= debug
INPUT ?=

.PHONY: demo test test-all build release install format lint bench tsan fuzz setup clean

demo: build
	.build/$(CONFIG)/keyway demo $(if $(INPUT),"$(INPUT)")

# Many tests wait for programs. With all of them begun at once on two cores, each has its turn late, and what waits for
# answers gives up.
# What takes long is tested by a sample; test-all does all of it, every combination and every player among it.
test-all: export KEYWAY_TESTS = all
test-all: test

test: export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH ?= 10
test: setup
	$(SWIFT) build --build-tests -c $(CONFIG)
	SWIFT=$(SWIFT) CONFIG=$(CONFIG) scripts/test.sh

build: setup
	$(SWIFT) build -c $(CONFIG)

# Swift's libraries are in the programs: the machine that serves needs no Swift. The tests' modules cannot be built so.
release: setup
	for program in keyway keyway-keys keyway-origin keyway-encoder; do \
		$(SWIFT) build -c release --static-swift-stdlib --product $$program || exit 1; \
	done

# PREFIX is where programs go (/usr/local), DESTDIR a folder to install into as if it were /. Starts nothing.
install:
	PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" scripts/install.sh

format:
	git ls-files -z -- '*.swift' | xargs -0 $(SWIFT) format --in-place --parallel

lint:
	scripts/lint.sh

# BENCH_SECONDS is how long each case runs.
bench: release
	Benchmarks/bench.py $(if $(INPUT),"$(INPUT)")
	Benchmarks/encode.py $(if $(INPUT),"$(INPUT)")
	.tools/venv/bin/python Benchmarks/origin.py
	.tools/venv/bin/python Benchmarks/package.py
	.tools/venv/bin/python Benchmarks/keys.py

# The key service under ThreadSanitizer; fails on any report.
tsan: setup
	SWIFT=$(SWIFT) scripts/tsan.sh

# The readers of media under libFuzzer and AddressSanitizer; fails on any finding. FUZZ_SECONDS is for how long.
fuzz: setup
	SWIFT=$(SWIFT) scripts/fuzz.sh $(or $(FUZZ_SECONDS),60)

setup:
	@scripts/setup.sh

clean:
	rm -rf .build .build-tsan .build-fuzz .tools

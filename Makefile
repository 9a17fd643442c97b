# Every target does its own set-up and is quick the second time.
#   make demo    a picture of a chair becomes demo/chair.blend, .glb and .png in the real Blender
#   make test    everything: lint, types, all tests, the zip in four Blenders
#   make check   the fast lane: lint, types and the core's quick tests
#   make zip     the extension for this machine, in dist/
#   make clean   removes what these made, but not the environments and Blender
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: demo test check zip clean environments lint

demo:
	@tools/environment.sh build
	@.venv-build/bin/python tools/demo.py

test: environments lint zip
	@rm -f artifacts/tests.txt
	@tools/run_tests.sh core .venv tests/test_repository.py tests/core
	@tools/run_tests.sh training .venv tests/training
	@tools/run_tests.sh bpy-4.5 .venv-bpy45 tests/blender
	@tools/run_tests.sh bpy-5.0 .venv tests/blender
	@tools/run_tests.sh bpy-5.2 .venv-bpy52 tests/blender
	@tools/run_tests.sh real-blender .venv tests/real_blender
	@column -t artifacts/tests.txt

check: lint
	@tools/run_tests.sh core-quick .venv tests/core -m "not slow"

lint:
	@tools/environment.sh development
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/mypy
	@MYPYPATH=tests/real_blender:tests .venv/bin/mypy --explicit-package-bases build.py tools/*.py tests/real_blender tests/test_repository.py

zip:
	@tools/environment.sh build
	@.venv-build/bin/python build.py

environments:
	@tools/environment.sh
	@tools/blender.sh --version | head -1

clean:
	rm -rf dist build demo artifacts .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -not -path './.*' -prune -exec rm -rf {} +

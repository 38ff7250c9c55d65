"""Copies of published benchmarks: the small ones of the fixtures, and real ones where this machine has them.

local("math500", FIXTURES / "math500/test.jsonl")       -> its two problems
"""

from eval.benchmarks import problems_of
from eval.config import Benchmark
from tests.conftest import ROOT, SHARED

FIXTURES = ROOT / "tests/fixtures/benchmarks"
EVALS = SHARED / "evals"


def local(name, path, **keys):
    return problems_of(name, Benchmark(path=str(path), **keys), FIXTURES)

"""The questions of benchmarks, as Problem records.

    problems_of("heldout", config.benchmarks["heldout"], recipe_folder)   -> [Problem, ...]

A benchmark is either the recipe's own (`problems:` in eval.yaml, sources as in data.yaml) or one of BENCHMARKS, whose
published questions a later version reads.
"""

from pathlib import Path

from data_gen.cli import ConfigError
from data_gen.dedup import normal
from data_gen.records import Problem
from data_gen.sources import SOURCES
from data_gen.yaml_schema import parse
from eval.config import Benchmark

# Published benchmarks that a recipe may name: known to the YAML and to `make plan`, their questions not read yet.
BENCHMARKS: dict[str, int | None] = {  # name: problems
    "math500": 500,
    "aime24": 30,
    "gpqa_diamond": 198,
    "livecodebench": 511,  # release_v2: 182 easy, 206 medium, 123 hard
}


def problems_of(name: str, benchmark: Benchmark, recipe: Path) -> list[Problem]:
    """Return a benchmark's problems, each question once. Raises ConfigError when this version cannot read it."""
    where = f"{recipe}/eval.yaml: benchmarks.{name}"
    if benchmark.problems is None:
        known = "its questions cannot be read yet" if name in BENCHMARKS else "no such benchmark, and no `problems:`"
        raise ConfigError(f"{where}: {known}")
    problems: dict[str, Problem] = {}
    for source, keys in benchmark.problems.items():
        if source not in SOURCES:
            raise ConfigError(f"{where}.problems.{source}: no such source; there are: {', '.join(SOURCES)}")
        reader = SOURCES[source].read
        if reader is None:
            raise ConfigError(f"{where}.problems.{source}: this source cannot be read yet")
        config = parse(keys, SOURCES[source].config, f"{where}.problems.{source}")
        for problem in reader(config, recipe):
            problems.setdefault(normal(problem.question), problem)
    if len({problem.id for problem in problems.values()}) < len(problems):
        raise ConfigError(f"{where}: two questions have the same id: ids must differ")
    return sorted(problems.values(), key=lambda problem: problem.id)

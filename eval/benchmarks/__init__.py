"""The questions of benchmarks, as Problem records.

    problems_of("math500", config.benchmarks["math500"], Path("recipes/x"))   -> [Problem, ...], as many as were published

A benchmark is one of BENCHMARKS, read from its hub or from a `path:` in eval.yaml, or it is the recipe's own (`problems:`,
sources as in data.yaml). `python -m eval.benchmarks` writes them where decontamination and evaluation read them.
docs/benchmarks.md: which files, which columns, what local copies need.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from data_gen.cli import ConfigError, UserError
from data_gen.dedup import normal
from data_gen.records import Problem, Row
from data_gen.sources import SOURCES
from data_gen.sources.hub import rows
from data_gen.sources.source import Dropped, Ready, SourceConfig
from data_gen.verifiers import gold
from data_gen.yaml_schema import parse
from eval.benchmarks import evalplus_rows, gpqa, humaneval, livecodebench
from eval.benchmarks.boxed import Boxed, listed, whole
from eval.benchmarks.published import PublishedSet, checked
from eval.config import Benchmark

BENCHMARKS: dict[str, PublishedSet] = {
    "math500": PublishedSet("HuggingFaceH4/MATH-500", ("test.jsonl",), 500, Boxed(license="MIT"), 4),
    "aime24": PublishedSet("HuggingFaceH4/aime_2024", ("data/train-*.parquet",), 30, Boxed(reference=gold.from_aime), 64),
    "aime25": PublishedSet("math-ai/aime25", ("test.jsonl",), 30, Boxed(reference=gold.from_aime), 64),
    "amc23": PublishedSet("math-ai/amc23", ("test-*.parquet",), 40, Boxed(reference=whole), 32),
    "olympiadbench": PublishedSet(
        "Hothan/OlympiadBench",
        ("OlympiadBench/OE_TO_maths_en_COMP/*.parquet",),
        674,
        Boxed(answer=("final_answer",), reference=listed, license="Apache-2.0"),
        2,
    ),
    "gsm8k": PublishedSet(
        "openai/gsm8k", ("main/test-*.parquet",), 1319, Boxed(reference=gold.from_gsm8k, license="MIT"), 1
    ),
    "gpqa_diamond": PublishedSet("Idavidrein/gpqa", ("gpqa_diamond.csv",), 198, gpqa.read, 8),
    "livecodebench": PublishedSet(
        "livecodebench/code_generation_lite",
        *livecodebench.RELEASES["v2"],
        livecodebench.read,
        4,
        dated=True,
        releases=livecodebench.RELEASES,
    ),
    "humaneval": PublishedSet("openai/openai_humaneval", ("openai_humaneval/test-*.parquet",), 164, humaneval.read, 8),
    "humaneval_plus": PublishedSet("", ("*.jsonl*",), 164, evalplus_rows.read, 8),  # no hub: evalplus's own releases
    "mbpp_plus": PublishedSet("", ("*.jsonl*",), 378, evalplus_rows.read, 2),
}


def configured(name: str, benchmark: Benchmark, recipe: Path) -> Benchmark:
    """Return a benchmark's keys with what BENCHMARKS knows filled in. Raises ConfigError for a name or key without sense."""
    where = f"{recipe}/eval.yaml: benchmarks.{name}"
    if benchmark.problems is not None:
        own_sources(benchmark, where)
        return benchmark
    if name not in BENCHMARKS:
        raise ConfigError(f"{where}: no such benchmark, and no `problems:`; there are: {', '.join(BENCHMARKS)}")
    published = BENCHMARKS[name]
    files = published.files
    if benchmark.release is not None:
        release = benchmark.release.removeprefix("release_")
        if release not in published.releases:
            raise ConfigError(f"{where}.release: {', '.join(published.releases) or 'this benchmark has no releases'}")
        files = published.releases[release][0]
    if benchmark.dates is not None and not published.dated:
        raise ConfigError(f"{where}.dates: this benchmark tells no days")
    path = benchmark.path
    if path and not any(place.exists() for place in (recipe / path, Path(path))):
        raise ConfigError(f"{where}.path: {path}: no such file or folder, neither beside the recipe nor from here")
    given = {"repo": benchmark.repo or published.repo, "files": benchmark.files or list(files)}
    return benchmark.model_copy(update=given)


def check(benchmarks: dict[str, Benchmark], recipe: Path) -> None:
    """Raise ConfigError with a line for every name or key without sense."""
    faults: list[str] = []
    for name, benchmark in benchmarks.items():
        try:
            configured(name, benchmark, recipe)
        except ConfigError as error:
            faults += str(error).splitlines()
    if faults:
        raise ConfigError("\n".join(faults))


def own_sources(benchmark: Benchmark, where: str) -> dict[str, SourceConfig]:
    """Return the sources of a recipe's own benchmark. Raises ConfigError for one that is unknown or not read yet."""
    configs: dict[str, SourceConfig] = {}
    for source, keys in (benchmark.problems or {}).items():
        if source not in SOURCES:
            raise ConfigError(f"{where}.problems.{source}: no such source; there are: {', '.join(SOURCES)}")
        if SOURCES[source].read is None:
            raise ConfigError(f"{where}.problems.{source}: this source cannot be read yet")
        configs[source] = parse(keys, SOURCES[source].config, f"{where}.problems.{source}")
    return configs


def samples_of(name: str, benchmark: Benchmark) -> int:
    """Return how many answers each problem gets: as eval.yaml says, else the benchmark's own number, else one."""
    return benchmark.samples or (BENCHMARKS[name].samples if name in BENCHMARKS and benchmark.problems is None else 1)


def count(name: str, benchmark: Benchmark) -> int | None:
    """Return how many problems were published, or None for a recipe's own benchmark or a window of days."""
    if benchmark.problems is not None or benchmark.dates is not None or name not in BENCHMARKS:
        return None  # of a window nobody tells
    published = BENCHMARKS[name]
    release = (benchmark.release or "").removeprefix("release_")
    return published.releases[release][1] if release else published.count


def problems_of(name: str, benchmark: Benchmark, recipe: Path) -> list[Problem]:
    """Return a benchmark's problems; those of a recipe's own, each question once. Raises ConfigError, UserError."""
    return list(questions(name, configured(name, benchmark, recipe).resolved({}), recipe, {}))


def questions(name: str, benchmark: Benchmark, recipe: Path, known: dict[str, str]) -> Iterator[Problem]:
    """Yield the problems of a configured benchmark, published ones one at a time, for LiveCodeBench's fill gigabytes.

    `known` holds revisions ({repo: revision}) for the sources of a recipe's own benchmark.

    Raises UserError where the hub or a file cannot be read, a row is no problem, or two have one id.
    """
    if benchmark.problems is not None:
        found = iter(_own(name, benchmark, recipe, known))
    else:
        found = BENCHMARKS[name].read(name, _renamed(name, benchmark, recipe), benchmark)
    seen: set[str] = set()
    for problem in found:
        if problem.id in seen:
            raise UserError(f"{name}: two questions have the id {problem.id}: ids must differ")
        seen.add(problem.id)
        yield problem
    if not seen:
        window = f" from {benchmark.dates.start} to {benchmark.dates.to}" if benchmark.dates else ""
        raise UserError(f"{name}: {benchmark.path or benchmark.repo or 'problems'} holds no question{window}")


def _renamed(name: str, benchmark: Benchmark, recipe: Path) -> Iterator[Row]:
    """Yield the published rows, columns under the names that the reader knows."""
    if name in evalplus_rows.RELEASES and not benchmark.path:
        benchmark = benchmark.model_copy(update={"path": str(evalplus_rows.released(name))})
    for number, row in enumerate(rows(benchmark, recipe), 1):
        missing = [theirs for theirs in benchmark.columns.values() if theirs not in row]
        if missing:
            raise UserError(f"{name}: row {number}: no column {', '.join(missing)}; there are: {', '.join(row)}")
        yield row | {ours: row[theirs] for ours, theirs in benchmark.columns.items()}


def _own(name: str, benchmark: Benchmark, recipe: Path, known: dict[str, str]) -> list[Problem]:
    """Return the problems of a recipe's own benchmark, each question once, and tell what was left out."""
    problems: dict[str, Problem] = {}
    left_out: Counter[str] = Counter()
    for source, config in own_sources(benchmark, f"{recipe}/eval.yaml: benchmarks.{name}").items():
        reader = SOURCES[source].read
        assert reader is not None  # own_sources checked it
        for item in reader(config.resolved(known), recipe):
            if isinstance(item, Dropped):
                left_out[item.reason] += 1
                continue
            problem = checked(item.problem if isinstance(item, Ready) else item, f"{name}: {source}")
            kept = problems.setdefault(normal(problem.question), problem)
            left_out["duplicate"] += kept is not problem
    if told := ", ".join(f"{reason} {count:,}" for reason, count in left_out.most_common() if count):
        print(f"benchmark {name}: left out: {told}")
    return sorted(problems.values(), key=lambda problem: problem.id)

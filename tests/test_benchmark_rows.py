"""Every row of a benchmark's file becomes a problem or is told by its number, and a file that breaks off changes nothing."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from data_gen.cli import ConfigError, UserError
from data_gen.records import Problem, Trace
from data_gen.run_folder import Run
from data_gen.sources import SOURCES, hub, row_files
from data_gen.sources.source import Dropped, Ready, Source
from eval.benchmarks import BENCHMARKS, problems_of
from eval.benchmarks.write import write
from eval.config import Benchmark
from tests.benchmark_copies import EVALS, FIXTURES, local
from tests.conftest import addition, rows


@pytest.mark.parametrize("question", ["", " \n", 5, ["How many?"], None])
@pytest.mark.parametrize(
    ("name", "path", "column"),
    [
        ("math500", "math500/test.jsonl", "problem"),
        ("gpqa_diamond", "gpqa", "Question"),
        ("humaneval", "humaneval/test.jsonl", "prompt"),
        ("humaneval", "humaneval/test.jsonl", "test"),
        ("livecodebench", "livecodebench/test.jsonl", "question_content"),
    ],
)
def test_a_row_without_a_question_is_told_by_its_number(name, path, column, question, tmp_path):
    file = next((FIXTURES / path).iterdir()) if (FIXTURES / path).is_dir() else FIXTURES / path
    row = next(row_files.read(file)) | {column: question}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(UserError, match=f"{name}: row 1: .*{column}"):
        local(name, tmp_path / "rows.jsonl")


@pytest.mark.skipif(not EVALS.is_dir(), reason="the benchmarks' rows are not here")
@pytest.mark.parametrize(
    ("name", "file", "count"),
    [
        ("math500", "math500.jsonl", 500),
        ("aime24", "aime24.jsonl", 30),
        ("aime25", "aime25.jsonl", 30),
        ("amc23", "amc23.jsonl", 40),
        ("olympiadbench", "olympiadbench.jsonl.gz", 675),  # this copy has a row more than the hub's 674
        ("gsm8k", "gsm8k_test.jsonl.gz", 1319),
        ("humaneval", "HumanEval.jsonl.gz", 164),
        ("humaneval", "HumanEvalPlus.jsonl.gz", 164),
    ],
)
def test_every_row_of_a_real_copy_becomes_a_problem(name, file, count):
    problems = local(name, EVALS / file)
    assert len(problems) == count
    assert abs(BENCHMARKS[name].count - count) <= 1
    assert not any("$" in str(problem.gold.get("answer", "")) for problem in problems if name == "olympiadbench")


def test_two_that_begin_together_write_a_benchmark_once(tmp_path, monkeypatch, capsys):
    reading = []

    def slowly(*of):
        reading.append(of)
        time.sleep(0.2)
        yield from problems_of(*of[:3])

    monkeypatch.setattr("eval.benchmarks.write.questions", slowly)
    config = Benchmark(path=str(FIXTURES / "aime24/train.jsonl"))
    with ThreadPoolExecutor() as both:
        for done in [both.submit(write, Run(tmp_path / "run"), "aime24", config, FIXTURES) for _ in range(2)]:
            done.result()
    assert len(reading) == 1
    assert "done already" in capsys.readouterr().out


def test_a_file_that_breaks_off_leaves_the_questions_written_before(tmp_path):
    run, copy = Run(tmp_path / "run"), tmp_path / "m.jsonl"
    copy.write_text((FIXTURES / "math500/test.jsonl").read_text())
    write(run, "math500", Benchmark(path=str(copy)), tmp_path)
    before = (run.benchmarks / "math500.jsonl").read_bytes()
    copy.write_text(copy.read_text() + '{"problem": "no answer"}\n')
    with pytest.raises(UserError, match="benchmark math500: math500: row 3"):
        write(run, "math500", Benchmark(path=str(copy)), tmp_path)
    assert (run.benchmarks / "math500.jsonl").read_bytes() == before
    assert [path.name for path in run.benchmarks.iterdir()] == ["math500.jsonl"]


def test_a_question_of_the_recipe_s_own_benchmark_counts_once(recipe):
    folder = recipe(problems=2)
    with (folder / "problems.jsonl").open("a") as file:
        file.write(json.dumps({**rows(folder / "problems.jsonl")[0], "id": "again", "question": "what  is 0 + 1?"}) + "\n")
    problems = problems_of("mine", Benchmark(problems={"file": {"path": "problems.jsonl"}}), folder)
    assert [problem.id for problem in problems] == ["add-0000", "add-0001"]
    with pytest.raises(ConfigError, match="no such benchmark"):
        problems_of("mine", Benchmark(), folder)


def test_revisions_of_a_recipe_s_own_benchmark_are_kept_too(monkeypatch, tmp_path):
    asked, read = [], []

    def latest(repo, patterns=None):
        asked.append(repo)
        return f"commit-{len(asked)}"

    monkeypatch.setattr(hub, "latest", latest)

    class Config(hub.HubConfig):
        repo: str | None = "somebody/problems"

    def published(config, recipe):
        read.append(config.revision)
        yield Ready(Problem.model_validate(addition(1)[0]), (Trace(id="add-0000", text="an answer"),))
        yield Dropped("p-2", "no_box")

    monkeypatch.setitem(SOURCES, "theirs", Source(Config, published, lambda config: None))
    run, benchmark = Run(tmp_path / "run"), Benchmark(problems={"theirs": {}})
    write(run, "mine", benchmark, tmp_path)
    (run.benchmarks / "mine.jsonl").unlink()
    write(run, "mine", benchmark, tmp_path)
    write(run, "mine", Benchmark(problems={"theirs": {"revision": "commit-1"}}), tmp_path)
    assert (asked, read) == (["somebody/problems"], ["commit-1", "commit-1"])
    entry = json.loads(run.manifest.read_text())["benchmarks"]["mine"]
    assert (entry["repo"], entry["sources"], entry["questions"]) == (None, {"somebody/problems": "commit-1"}, 1)
    write(run, "mine", Benchmark(problems={"theirs": {"revision": "commit-2"}}), tmp_path)
    assert read[2:] == ["commit-2"]


def test_the_contamination_of_a_file_is_counted(command, tmp_path):
    asked = "Among twelve red and thirty blue marbles in a bag how many of them are not blue at all?"
    (tmp_path / "b.jsonl").write_text(json.dumps({"question": asked}) + "\n")
    mine = [asked.replace("Among", "Of"), asked.upper(), asked.replace("bag", "sack"), "What is 1 + 1?"]
    lines = [json.dumps({"problem": text, "source": source}) for text, source in zip(mine, "aaab", strict=True)]
    (tmp_path / "p.jsonl").write_text("\n".join(lines) + "\n")
    done = command("bench.contamination", f"--problems={tmp_path / 'p.jsonl'}", f"--against={tmp_path / 'b.jsonl'}")
    assert "| b.jsonl | 1 | 3 (75.0%) | 1 | 1 | 1 |" in done.stdout
    done = command(
        "bench.contamination", f"--problems={tmp_path / 'p.jsonl'}", f"--against={tmp_path / 'b.jsonl'}", "--only=source=b"
    )
    assert "| b.jsonl | 1 | 0 (0.0%) | 0 | 0 | 0 |" in done.stdout

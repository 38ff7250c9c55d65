"""Published benchmarks: every row becomes a problem, nothing in a file runs, and what the hub does not give is told."""

import base64
import csv
import json
import os
import pickle
import zlib
from collections import Counter
from pathlib import Path

import pytest
import yaml

from data_gen.cli import ConfigError, UserError
from data_gen.dedup import Contamination
from data_gen.records import Problem, Trace
from data_gen.run_folder import Run
from data_gen.sources import SOURCES, hub, row_files
from data_gen.sources.source import Dropped, Ready, Source
from data_gen.verifiers.choice import grade
from eval.benchmarks import BENCHMARKS, problems_of
from eval.benchmarks.write import write
from eval.config import Benchmark
from tests.conftest import ROOT, SHARED, addition, rows

FIXTURES = ROOT / "tests/fixtures/benchmarks"
EVALS = SHARED / "evals"
UNREACHABLE = {"HF_ENDPOINT": "http://127.0.0.1:9"}  # nothing listens there
OFFLINE = {"HF_HUB_OFFLINE": "1"}


def local(name, path, **keys):
    return problems_of(name, Benchmark(path=str(path), **keys), FIXTURES)


@pytest.mark.parametrize(
    ("name", "path", "golds"),
    [
        ("math500", "math500", {"test/prealgebra/9001.json": "12", "test/algebra/9002.json": "\\frac{1}{2}"}),
        ("aime24", "aime24/train.jsonl", {"900": "016", "901": "99"}),
        ("aime24", "aime24/maxwell.jsonl", {"2024-I-99": "204"}),
        ("aime24", "aime24/expected.jsonl", {"0": "73"}),
        ("aime25", "aime25", {"0": "70"}),
        ("amc23", "amc23/test.jsonl", {"0": "27"}),
        ("olympiadbench", "olympiadbench/rows.jsonl", {"9001": "-3,3", "9002": "4"}),
        ("gsm8k", "gsm8k/test.jsonl", {"0": "1072"}),
    ],
)
def test_the_reference_of_a_mathematics_row(name, path, golds):
    problems = local(name, FIXTURES / path)
    assert {problem.id: problem.gold for problem in problems} == {
        f"{name}-{key}": {"answer": answer} for key, answer in golds.items()
    }
    assert {problem.verifier for problem in problems} == {"math_answer"}


@pytest.mark.parametrize("answer", ["1000", "-5", "12.5", "", "x", 27.5])
def test_an_aime_answer_that_is_no_integer_up_to_999_is_told_by_row(answer, tmp_path):
    row = {"id": 7, "problem": "How many?", "answer": answer}
    (tmp_path / "a.jsonl").write_text(json.dumps({**row, "id": 6, "answer": "016"}) + "\n" + json.dumps(row) + "\n")
    with pytest.raises(UserError, match="aime24: row 2"):
        local("aime24", tmp_path / "a.jsonl")


def test_a_column_of_another_name_is_named_in_the_recipe_and_a_missing_one_is_told(tmp_path):
    (tmp_path / "m.jsonl").write_text(json.dumps({"text": "How many?", "result": "3"}) + "\n")
    with pytest.raises(UserError, match=r"math500: row 1: no problem or .*there are: text, result"):
        local("math500", tmp_path / "m.jsonl")
    columns = {"problem": "text", "answer": "result"}
    assert local("math500", tmp_path / "m.jsonl", columns=columns)[0].gold == {"answer": "3"}
    with pytest.raises(UserError, match="no column txt"):
        local("math500", tmp_path / "m.jsonl", columns={"problem": "txt"})


def test_a_file_without_questions_and_one_with_an_id_twice_are_errors(tmp_path):
    (tmp_path / "m.jsonl").write_text("")
    with pytest.raises(UserError, match="holds no question"):
        local("math500", tmp_path / "m.jsonl")
    (tmp_path / "m.jsonl").write_text((FIXTURES / "math500/test.jsonl").read_text() * 2)
    with pytest.raises(UserError, match="two questions have the id"):
        local("math500", tmp_path / "m.jsonl")


def test_humaneval_asks_with_the_prompt_and_is_graded_by_its_assertions():
    problem = local("humaneval", FIXTURES / "humaneval/test.jsonl")[0]
    assert problem.id == "humaneval-HumanEval/900"
    assert problem.question.startswith("def double(x: int)")
    assert problem.gold["entry_point"] == "double"
    assert "assert candidate(3) == 6" in problem.gold["tests"]
    assert problem.meta["reference_solutions"][0].endswith("return 2 * x\n")


def gpqa(path, count):
    """Write a file in GPQA's columns whose right answers are `right 0`, `right 1`, ..."""
    names = ["Question", "Correct Answer", "Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3", "Record ID"]
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(names)
        for n in count:
            table.writerow([f"Question {n}?", f"right {n}", f"wrong {n}a", f"wrong {n}b\n", f" wrong {n}c", f"rec{n}"])
    return path


def test_the_letter_of_a_gpqa_answer_names_the_right_choice_and_is_evenly_spread(tmp_path):
    problems = local("gpqa_diamond", gpqa(tmp_path / "g.csv", range(198)))
    for problem in problems:
        number = problem.question.removeprefix("Question ").removesuffix("?")
        assert problem.gold["choices"]["ABCD".index(problem.gold["answer"])] == f"right {number}"
        assert sorted(problem.gold["choices"])[1:] == [f"wrong {number}{letter}" for letter in "abc"]
    assert sorted(Counter(problem.gold["answer"] for problem in problems).values()) == [49, 49, 50, 50]
    first_wrong = Counter(next(c for c in problem.gold["choices"] if "wrong" in c)[-1] for problem in problems)
    assert min(first_wrong.values()) > 40  # of 198: the wrong ones are shuffled too


def test_the_order_of_gpqa_choices_is_decided_by_the_seed_and_by_nothing_else(tmp_path):
    def choices(order, **keys):
        found = local("gpqa_diamond", gpqa(tmp_path / "g.csv", order), **keys)
        return {problem.id: problem.gold for problem in found}

    assert choices(range(40)) == choices(reversed(range(40)))
    assert choices(range(40)) != choices(range(40), shuffle_seed=1)


def test_gpqa_rows_in_the_published_columns_are_graded_by_letter():
    problems = local("gpqa_diamond", FIXTURES / "gpqa")
    assert len(problems) == 10
    first = problems[0]
    assert first.id == "gpqa_diamond-rec900"
    assert first.meta == {"High-level domain": "Physics", "Subdomain": "Classical mechanics"}
    assert [grade(f"\\boxed{{{letter}}}", first.gold).ok for letter in "ABCD"].count(True) == 1


def test_livecodebench_tests_are_public_and_private_ones_in_order():
    problems = {problem.id: problem for problem in local("livecodebench", FIXTURES / "livecodebench")}
    assert {key: problem.gold for key, problem in problems.items()} == {
        "livecodebench-abc900_a": {"inputs": ["3\n", "5\n", "-1\n"], "outputs": ["6\n", "10\n", "-2\n"]},
        "livecodebench-9001": {"fn_name": "total", "inputs": [[[1, 2], 4], [[], 0]], "outputs": [7, 0]},
        "livecodebench-abc901_b": {"inputs": ["a\n", "b\n"], "outputs": ["a\n", "b\n"]},
    }
    assert problems["livecodebench-9001"].meta["difficulty"] == "medium"


@pytest.mark.parametrize(("release", "count"), [("v1", 2), ("v2", 3), ("release_v2", 3), (None, 3)])
def test_a_livecodebench_release_holds_those_before_it(release, count):
    assert len(local("livecodebench", FIXTURES / "livecodebench", release=release)) == count


def test_starter_code_in_common_is_no_contamination():
    problem = next(p for p in local("livecodebench", FIXTURES / "livecodebench") if p.meta.get("starter_code"))
    other = "Count the primes among nums below k.\n\n" + problem.meta["starter_code"].replace("total", "primes")
    assert Contamination({"lcb": [problem.question]}, 13).of(other) is None


class Touch:
    """What a pickle does when it is loaded: run a command."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def packed(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content)).decode()


def hostile(folder):
    text = json.dumps([{"input": "1", "output": "1", "testtype": "stdin"}])
    return {
        "command": packed(pickle.dumps(Touch(folder / "executed"))),
        "text and command": packed(pickle.dumps([text, Touch(folder / "executed")])),
        "old protocol": packed(pickle.dumps(Touch(folder / "executed"), protocol=0)),
        "list": packed(pickle.dumps([text])),
        "bytes": packed(pickle.dumps(text.encode())),
        "no pickle": packed(b"not a pickle"),
        "cut": packed(pickle.dumps(text)[:-20]),
        "no zlib": base64.b64encode(b"plain").decode(),
        "no base64": "%%%",
        "no tests": packed(pickle.dumps("[]")),
        "no JSON": packed(pickle.dumps("os")),
        "another kind": json.dumps([{"input": "1", "output": "1", "testtype": "functional"}]),
        "null": None,
    }


@pytest.mark.parametrize("kind", hostile(Path()))
def test_private_tests_that_are_no_text_run_nothing_and_name_their_problem(kind, tmp_path):
    row = rows(FIXTURES / "livecodebench/test.jsonl")[0]
    row |= {"question_id": "bad_1", "private_test_cases": hostile(tmp_path)[kind]}
    row |= {"public_test_cases": "[]"} if kind == "no tests" else {}
    (tmp_path / "test.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(UserError, match=r"livecodebench: row 1 \(bad_1\)"):
        local("livecodebench", tmp_path / "test.jsonl")
    assert not (tmp_path / "executed").exists()


@pytest.fixture
def evaluated(recipe):
    """Return a function that writes a recipe with these benchmarks in eval.yaml."""

    def made(against=(), **benchmarks):
        folder = recipe(decontaminate={"against": list(against)})
        (folder / "eval.yaml").write_text(yaml.safe_dump({"base": "m", "benchmarks": benchmarks}))
        return folder

    return made


def test_questions_are_written_once_and_anew_when_the_recipe_or_the_copy_changes(command, evaluated, tmp_path):
    run, copy = tmp_path / "run", tmp_path / "aime.jsonl"
    copy.write_text((FIXTURES / "aime24/train.jsonl").read_text())
    choices = {"gpqa_diamond": {"path": str(FIXTURES / "gpqa")}}

    def said(**keys):
        folder = evaluated(["aime24"], aime24={"path": str(copy), "samples": 3}, gpqa_diamond=choices["gpqa_diamond"] | keys)
        done = command("eval.benchmarks", f"--recipe={folder}", f"--run={run}", **UNREACHABLE)
        assert done.returncode == 0, done.stderr
        return ["done already" in line for line in done.stdout.splitlines()]

    assert said() == [False, False]
    before = (run / "benchmarks/gpqa_diamond.jsonl").read_bytes()
    assert said() == [True, True]
    assert said(shuffle_seed=1) == [True, False]
    assert (run / "benchmarks/gpqa_diamond.jsonl").read_bytes() != before
    with copy.open("a") as file:
        file.write(json.dumps({"id": 902, "problem": "How many?", "answer": "7"}) + "\n")
    assert said(shuffle_seed=1) == [False, True]
    (run / "benchmarks/aime24.jsonl").unlink()
    assert said(shuffle_seed=1) == [False, True]
    entry = json.loads((run / "manifest.json").read_text())["benchmarks"]["aime24"]
    assert (entry["repo"], entry["revision"], entry["questions"]) == (None, None, 3)
    assert len(rows(run / "benchmarks/aime24.jsonl")) == 3


def test_another_number_of_questions_than_published_is_said(command, evaluated, tmp_path):
    folder = evaluated(math500={"path": str(FIXTURES / "math500")})
    done = command("eval.benchmarks", f"--recipe={folder}", f"--run={tmp_path / 'run'}")
    assert "2 questions, where 500 were published" in done.stdout


@pytest.mark.parametrize("environment", [UNREACHABLE, OFFLINE], ids=["unreachable", "offline"])
def test_a_hub_out_of_reach_is_one_line_that_says_what_helps(command, evaluated, tmp_path, environment):
    folder = evaluated(["aime24", "math500"], aime24={"path": str(FIXTURES / "aime24/train.jsonl")}, math500={})
    environment = environment | {"HF_HOME": str(tmp_path / "hf")}
    done = command("eval.benchmarks", f"--recipe={folder}", f"--run={tmp_path / 'run'}", **environment)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for words in ("benchmark math500", "HuggingFaceH4/MATH-500", "path", "eval.yaml", "decontaminate.against"):
        assert words in done.stderr
    assert [path.name for path in (tmp_path / "run/benchmarks").iterdir()] == ["aime24.jsonl"]


def test_a_benchmark_that_decontamination_does_not_need_stops_nothing(command, evaluated, tmp_path):
    folder = evaluated(["aime24"], math500={}, aime24={"path": str(FIXTURES / "aime24/train.jsonl")})
    environment = UNREACHABLE | {"HF_HOME": str(tmp_path / "hf")}
    done = command("eval.benchmarks", f"--recipe={folder}", f"--run={tmp_path / 'run'}", **environment)
    assert done.returncode == 0, done.stderr
    assert "not written: benchmark math500" in done.stdout
    assert (tmp_path / "run/benchmarks/aime24.jsonl").is_file()


def test_a_benchmark_of_against_that_no_eval_yaml_names_is_written_too(command, recipe, tmp_path):
    folder = recipe(decontaminate={"against": ["math500"]})
    environment = UNREACHABLE | {"HF_HOME": str(tmp_path / "hf")}
    done = command("eval.benchmarks", f"--recipe={folder}", f"--run={tmp_path / 'run'}", **environment)
    assert done.returncode == 1
    assert "benchmark math500" in done.stderr


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"math501": {}}, "math501: no such benchmark"),
        ({"livecodebench": {"release": "v9"}}, "release: v1, v2"),
        ({"math500": {"release": "v1"}}, "release: this benchmark has no releases"),
        ({"math500": {"path": "nowhere.jsonl"}}, "eval.yaml: benchmarks.math500.path: nowhere.jsonl: no such file"),
        ({"mine": {"problems": {"fiel": {}}}}, "fiel: no such source"),
        ({"math500": {"pth": "x"}}, "benchmarks.math500.pth: unknown key"),
    ],
)
def test_a_fault_of_the_yaml_is_told_before_anything_is_written(command, evaluated, tmp_path, keys, words):
    folder = evaluated(aime24={"path": str(FIXTURES / "aime24/train.jsonl")}, **keys)
    done = command("eval.benchmarks", f"--recipe={folder}", f"--run={tmp_path / 'run'}", **UNREACHABLE)
    assert done.returncode == 2
    assert words in done.stderr
    assert not (tmp_path / "run/benchmarks").exists()


def test_faults_of_several_benchmarks_are_told_at_once(command, evaluated, tmp_path):
    folder = evaluated(math501={}, math500={"release": "v1"})
    done = command("eval.benchmarks", f"--recipe={folder}", f"--run={tmp_path / 'run'}")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 2)


def cached(home, repo, file, source, revision):
    """Lay a file where huggingface_hub keeps what it has fetched, as the newest revision of a data set."""
    folder = home / "hub" / f"datasets--{repo.replace('/', '--')}"
    for path, text in (("refs/main", revision), (f"snapshots/{revision}/{file}", source.read_text())):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def test_a_revision_left_open_is_resolved_once_and_kept_in_the_manifest(command, evaluated, tmp_path):
    home, run = tmp_path / "hf", tmp_path / "run"
    first, second = "1" * 40, "2" * 40

    def entry(**keys):
        folder = evaluated(["math500"], math500=keys)
        done = command("eval.benchmarks", f"--recipe={folder}", f"--run={run}", HF_HOME=str(home), **OFFLINE)
        assert done.returncode == 0, done.stderr
        found = json.loads((run / "manifest.json").read_text())["benchmarks"]["math500"]
        return found["repo"], found["revision"], found["questions"]

    cached(home, "HuggingFaceH4/MATH-500", "test.jsonl", FIXTURES / "math500/test.jsonl", first)
    assert entry() == ("HuggingFaceH4/MATH-500", first, 2)
    cached(home, "HuggingFaceH4/MATH-500", "test.jsonl", FIXTURES / "aime25/test.jsonl", second)
    assert entry(columns={"answer": "answer"}) == ("HuggingFaceH4/MATH-500", first, 2)
    assert entry(revision=second) == ("HuggingFaceH4/MATH-500", second, 1)


def test_a_revision_that_is_pinned_to_what_was_read_leaves_the_questions_alone(command, evaluated, tmp_path):
    home, run, commit = tmp_path / "hf", tmp_path / "run", "1" * 40
    cached(home, "HuggingFaceH4/MATH-500", "test.jsonl", FIXTURES / "math500/test.jsonl", commit)

    def said(**keys):
        folder = evaluated(["math500"], math500={"repo": "HuggingFaceH4/MATH-500"} | keys)
        done = command("eval.benchmarks", f"--recipe={folder}", f"--run={run}", HF_HOME=str(home), **OFFLINE)
        return done.stdout + done.stderr

    assert "done already" not in said(revision=None)
    assert "done already" in said(revision=commit)
    assert "done already" in said(revision=None)
    assert "never fetched" in said(revision="2" * 40)


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

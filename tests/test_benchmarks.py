"""The questions of a recipe's benchmarks: written once, at one revision, and what the hub does not give is told."""

import json

import pytest
import yaml

from tests.benchmark_copies import FIXTURES
from tests.conftest import rows

UNREACHABLE = {"HF_ENDPOINT": "http://127.0.0.1:9"}  # nothing listens there
OFFLINE = {"HF_HUB_OFFLINE": "1"}


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
        ({"math500": {"dates": {"from": "2024-08-01"}}}, "dates: this benchmark tells no days"),
        ({"livecodebench": {"dates": {"from": "2024-08-01", "to": "2024-07-31"}}}, "from 2024-08-01 is after to 2024-07-31"),
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

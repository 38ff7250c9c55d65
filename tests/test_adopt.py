"""A dataset that others published, as our mixture: duplicates counted, nothing out of form let in, nothing verified."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from data_gen import train_env
from data_gen.sections import thought_solution
from tests.conftest import ROOT, rows

SMALL = ROOT / "runs/models/SmolLM2-135M-Instruct"
SYSTEM = "Think first, then solve."


def published(number: int, **keys: Any) -> dict[str, Any]:
    """Return a row as Sky-T1_data_17k.json has them."""
    turns = [
        {"from": "user", "value": f"Return your answer in a box. What is {number} + 1?"},
        {"from": "assistant", "value": thought_solution(f"I add 1 to {number}.", f"\\boxed{{{number + 1}}}")},
    ]
    return {"system": SYSTEM, "conversations": turns, **keys}


def said(number: int, user: str | None = None, assistant: str | None = None) -> dict[str, Any]:
    row = published(number)
    for turn, text in zip(row["conversations"], (user, assistant), strict=True):
        turn["value"] = turn["value"] if text is None else text
    return row


@pytest.fixture
def adopt(command, tmp_path):
    """Return a function that writes rows into a file, adopts it, and returns the finished process and the data folder."""

    def run(content: Iterator[dict[str, Any]] | list[dict[str, Any]], name: str = "theirs.jsonl", *options: str):
        path = tmp_path / name
        with path.open("w", encoding="utf-8") as file:
            if name.endswith(".json"):
                json.dump(list(content), file)
            else:
                file.writelines(json.dumps(row) + "\n" for row in content)
        run = tmp_path / "run"
        return command("data_gen.adopt", f"--run={run}", f"--path={path}", *options), run / "data"

    return run


def test_the_shape_of_the_published_17k_gives_15586_unique_rows(adopt):
    unique = 15_586
    again = [published(number) for number in range(unique - 815, unique)]
    done, data = adopt([*(published(number) for number in range(unique)), *again], "Sky-T1_data_17k.json")
    assert done.returncode == 0, done.stderr
    assert "16,401 rows, 15,586 unique, of 15,586 different questions and 15,586 different answers" in done.stdout
    line = json.loads((data / "funnel.json").read_text())[0]
    assert (line["in"], line["kept"], line["reasons"]) == (16_401, 15_586, {"duplicate": 815})
    mixture = rows(data / "05_mixture.jsonl")
    assert len({(row["user"], row["assistant"]) for row in mixture}) == len(mixture) == unique
    assert [row["id"] for row in mixture] == sorted(row["id"] for row in mixture)
    listed = rows(data / "05_mixture.errors.jsonl")
    assert listed[0]["id"] == "Sky-T1_data_17k-00015586"
    assert listed[0]["detail"] == f"both texts are those of Sky-T1_data_17k-{unique - 815:08}"


def test_a_question_with_another_answer_is_no_duplicate_and_is_told(adopt):
    other = thought_solution("Two.", "\\boxed{3}")
    done, data = adopt([published(2), said(2, assistant=other)])
    assert len(rows(data / "05_mixture.jsonl")) == 2
    assert "2 unique, of 1 different questions" in done.stdout


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (said(1, assistant="It is \\boxed{2}."), "form"),
        (said(1, assistant="<|begin_of_thought|>I add<|end_of_thought|>"), "form"),
        (said(1, assistant=thought_solution("a", "b").replace("<|end_of_thought|>", "")), "form"),
        (said(1, assistant=thought_solution("a", "b") + " and so on"), "form"),
        (said(1, assistant=thought_solution("", "\\boxed{2}")), "empty"),
        (said(1, assistant=thought_solution("I add.", " ")), "empty"),
        (said(1, user=" \n"), "empty"),
        (said(1, assistant=""), "empty"),
        (published(1, conversations=[]), "turns"),
        (published(1, conversations=None), "turns"),
        (published(1, conversations=[*published(1)["conversations"], {"from": "user", "value": "Why?"}]), "turns"),
        (published(1, conversations=published(1)["conversations"][::-1]), "turns"),
        (published(1, conversations=[{"from": "user", "value": None}, {"from": "assistant", "value": "x"}]), "turns"),
    ],
)
def test_a_row_that_is_out_of_form_is_dropped_counted_and_listed(adopt, bad, reason):
    done, data = adopt([published(0), bad, published(2)])
    assert done.returncode == 0, done.stderr
    assert [row["id"] for row in rows(data / "05_mixture.jsonl")] == ["theirs-00000000", "theirs-00000002"]
    listed = rows(data / "05_mixture.errors.jsonl")
    assert [(row["id"], row["error"]) for row in listed] == [("theirs-00000001", reason)]
    assert json.loads((data / "funnel.json").read_text())[0]["reasons"] == {reason: 1}


def test_white_space_around_the_tags_becomes_ours_and_is_counted(adopt):
    loose = "<|begin_of_thought|> I add. <|end_of_thought|>\n<|begin_of_solution|>\\boxed{2}<|end_of_solution|>\n"
    done, data = adopt([said(1, assistant=loose)])
    assert rows(data / "05_mixture.jsonl")[0]["assistant"] == thought_solution("I add.", "\\boxed{2}")
    assert "set to ours in 1" in done.stdout


def test_nothing_that_was_adopted_counts_as_verified(adopt):
    _, data = adopt([published(1, ok=True, tier="layered", pass_rate=1.0, reason="correct")])
    row = rows(data / "05_mixture.jsonl")[0]
    assert (row["ok"], row["tier"], row["pass_rate"], row["reason"]) == (None, None, None, "unchecked")


def test_what_a_published_row_says_of_itself_otherwise_than_in_a_text_is_exported_as_one(adopt, command, recipe):
    _, data = adopt([published(1, license=["mit", "cc0-1.0"], teacher={"name": "m"}), published(2, license="mit")])
    said_of = [(row["license"], row["teacher"]) for row in rows(data / "05_mixture.jsonl")]
    assert said_of == [('["mit", "cc0-1.0"]', '{"name": "m"}'), ("mit", None)]
    exported = command("data_gen.export", f"--recipe={recipe()}", f"--run={data.parent}")
    assert exported.returncode == 0, exported.stderr


@pytest.mark.parametrize(
    ("prompts", "kept"),
    [((SYSTEM, SYSTEM), SYSTEM), ((SYSTEM, "Another."), None), (("", ""), None), ((None, None), None)],
    ids=["one", "two", "empty", "none"],
)
def test_the_rows_own_system_prompt_is_kept_where_they_agree(adopt, prompts, kept):
    _, data = adopt([published(number, system=prompt) for number, prompt in enumerate(prompts)])
    file = data / "system_prompt.txt"
    assert (file.read_text() if file.is_file() else None) == kept


def test_an_adopted_run_is_exported_and_its_card_says_that_nothing_was_verified(adopt, command, recipe):
    done, data = adopt([published(1), published(2)], "theirs.jsonl", "--license=Apache-2.0")
    assert done.returncode == 0, done.stderr
    folder = recipe(student={"system_prompt": str(data / "system_prompt.txt")})
    exported = command("data_gen.export", f"--recipe={folder}", f"--run={data.parent}")
    assert exported.returncode == 0, exported.stderr
    dataset = rows(data.parent / "dataset/recipe.jsonl")
    assert dataset == [published(1), published(2)]
    card = (data.parent / "dataset/README.md").read_text()
    assert "not verified" in card
    assert "decided right" not in card.split("## Composition")[0].split("```")[0]
    assert "theirs.jsonl" in card


def test_what_export_wrote_is_adopted_again(adopt, command, recipe, tmp_path):
    _, data = adopt([published(1, teacher="QwQ", domain="math", license="MIT"), published(2)])
    assert command("data_gen.export", f"--recipe={recipe()}", f"--run={data.parent}").returncode == 0
    done = command("data_gen.adopt", f"--run={tmp_path / 'again'}", f"--path={data.parent / 'dataset'}")
    assert done.returncode == 0, done.stderr
    again = rows(tmp_path / "again/data/05_mixture.jsonl")
    assert [row["assistant"] for row in again] == [row["assistant"] for row in rows(data / "05_mixture.jsonl")]
    assert (again[0]["teacher"], again[0]["domain"], again[0]["license"]) == ("QwQ", "math", "MIT")


def test_the_same_command_again_says_that_it_is_done_and_a_changed_file_is_read_anew(adopt):
    adopt([published(1)])
    again, _ = adopt([published(1)])
    assert "done already" in again.stdout
    _, data = adopt([published(1), published(2)])
    assert len(rows(data / "05_mixture.jsonl")) == 2


def test_a_mixture_that_mix_made_is_not_overwritten(adopt, tmp_path):
    data = tmp_path / "run/data"
    data.mkdir(parents=True)
    (data / "05_mixture.jsonl").write_text("{}\n")
    made = {"settings": {"seed": 0, "mix": {"pick": "shortest"}}, "inputs": {}, "finished": True}
    (tmp_path / "run/manifest.json").write_text(json.dumps({"run": "run", "stages": {"mix": made}}))
    done, _ = adopt([published(1)])
    assert done.returncode == 2
    assert "RUN=new" in done.stderr
    assert (data / "05_mixture.jsonl").read_text() == "{}\n"


@pytest.mark.parametrize(
    ("options", "status", "fault"),
    [
        ([], 2, "one of --path and --repo is needed"),
        (["--path=x.jsonl", "--repo=o/n"], 2, "one of --path and --repo is needed"),
        (["--path=nowhere.jsonl"], 2, "--path=nowhere.jsonl: no such file or folder"),
        (["--repo=NovaSky-AI/Sky-T1_data_17k"], 1, "not run: NovaSky-AI/Sky-T1_data_17k: the hub cannot be reached"),
    ],
)
def test_rows_that_cannot_be_had_are_one_line(command, tmp_path, options, status, fault):
    unreachable = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path)}
    done = command("data_gen.adopt", f"--run={tmp_path / 'run'}", *options, **unreachable)
    assert done.returncode == status
    assert fault in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_file_without_one_row_in_form_is_a_failure(adopt):
    done, _ = adopt([said(1, assistant="no tags")])
    assert done.returncode == 1
    assert "kept nothing" in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(not train_env.PYTHON.is_file(), reason=".venv-train is not here")
@pytest.mark.skipif(not (SMALL / "config.json").is_file(), reason="the small model is not here")
def test_rows_over_the_cutoff_are_dropped_and_the_rest_loads_with_the_tokens_that_were_measured(adopt, command, recipe):
    folder = recipe(student={"config": "quickstart"})
    long = said(7, assistant=thought_solution("I add one. " * 400, "\\boxed{8}"))
    done, data = adopt([published(1), long, published(2)], "theirs.jsonl", f"--recipe={folder}")
    assert done.returncode == 0, done.stderr
    assert json.loads((data / "funnel.json").read_text())[0]["reasons"] == {"over_cutoff": 1}
    assert [row["error"] for row in rows(data / "05_mixture.errors.jsonl")] == ["over_cutoff"]
    exported = command("data_gen.export", f"--recipe={folder}", f"--run={data.parent}")
    assert exported.returncode == 0, exported.stderr
    loaded = json.loads((data.parent / "manifest.json").read_text())["stages"]["export"]["loaded"]
    assert loaded["tokens"] == sum(row["tokens"] for row in rows(data / "05_mixture.jsonl"))


@pytest.mark.parametrize("told", ["--repo=nowhere.jsonl", "--repo=a/b/c.jsonl", "--repo=", "--path="])
def test_what_is_neither_a_file_nor_a_repository_asks_no_hub(command, tmp_path, told):
    done = command("data_gen.adopt", f"--run={tmp_path / 'run'}", told)
    assert done.returncode == 2
    assert "owner/name" in done.stderr
    assert len(done.stderr.splitlines()) == 1

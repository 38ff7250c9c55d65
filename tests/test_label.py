"""Difficulty rated by a model: a failure is missing and not a number, and what is removed is listed with why."""

import json
import re
import subprocess
import sys
import time

import pytest
import yaml

from data_gen.difficulty import rating
from tests.conftest import ROOT, rows
from tests.endpoint import Endpoint, answer, status
from tests.stages import asked, run_stages, solve


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One step.\n<difficulty>1</difficulty>", 1.0),
        ("<difficulty> 10 </difficulty>", 10.0),
        ("<difficulty>7.5</difficulty>", 7.5),
        ("<difficulty>7/10</difficulty>", 7.0),
        ("first <difficulty>4</difficulty>, so <difficulty>4</difficulty>", 4.0),
        ("<difficulty>4</difficulty> or <difficulty>5</difficulty>", None),
        ("<difficulty>11</difficulty>", None),
        ("<difficulty>0</difficulty>", None),
        ("<difficulty>-3</difficulty>", None),
        ("<difficulty>NUMBER</difficulty>", None),
        ("<difficulty>4-5</difficulty>", None),
        ("The difficulty is 7.", None),
        ("7", None),
        ("", None),
    ],
)
def test_a_rating_is_one_number_of_the_scale_or_none(text, expected):
    assert rating(text) == expected


def rates(body):
    """Rate `What is N + 1?` as N // 2 + 1, and say no number for 5."""
    number = asked(body["messages"][-1]["content"])
    return answer("I cannot say." if number == 5 else f"Hm.\n<difficulty>{number // 2 + 1}</difficulty>")


def labelled(recipe, url, editor, **keys):
    label = {"model": "l", "endpoints": [{"base_url": editor, "concurrency": 4}], "retries": 1}
    sources = {"file": {"path": "problems.jsonl", "difficulty": {"min": 3, "max": 7}}}
    return recipe(url, sources=sources, label=label, **keys)


def test_only_problems_within_the_bounds_are_asked_and_the_others_are_listed(command, recipe, tmp_path):
    run = tmp_path / "run"
    with Endpoint(solve) as teacher, Endpoint(rates) as editor:
        folder = labelled(recipe, teacher.url, editor.url)
        run_stages(command, folder, run, ["collect", "label", "generate"])
        assert len(editor.requests) == 20
        assert "difficulty" in editor.requests[0]["messages"][0]["content"]
        run_stages(command, folder, run, ["label", "generate"])
        assert len(editor.requests) == 20
    asked_about = {int(re.findall(r"\d+", row["id"])[0]) for row in rows(run / "data/02_traces.jsonl")}
    assert asked_about == set(range(4, 14)) - {5}
    removed = {row["id"]: (row["reason"], row["detail"]) for row in rows(run / "data/01_labels.removed.jsonl")}
    assert removed["add-0003"] == ("difficulty", 2.0)
    assert removed["add-0005"] == ("unlabelled", None)
    assert len(removed) == 11
    line = next(line for line in json.loads((run / "data/funnel.json").read_text()) if line["stage"] == "label")
    assert line["reasons"] == {"difficulty": 10, "unlabelled": 1}


def test_a_published_difficulty_is_not_rated_and_counts(command, recipe, tmp_path):
    run = tmp_path / "run"
    with Endpoint(rates) as editor:
        folder = labelled(recipe, "http://127.0.0.1:9/v1", editor.url)
        problems = rows(folder / "problems.jsonl")
        for problem, difficulty in zip(problems, (1, 3, 7, 8), strict=False):
            problem["difficulty"] = difficulty
        (folder / "problems.jsonl").write_text("".join(json.dumps(row) + "\n" for row in problems))
        run_stages(command, folder, run, ["collect", "label"])
        assert len(editor.requests) == 16
    removed = [row["id"] for row in rows(run / "data/01_problems.removed.jsonl")]
    assert removed == ["add-0000", "add-0003"]


def test_without_a_rating_model_unknown_difficulty_is_outside_every_bound(command, recipe, tmp_path):
    folder = recipe(sources={"file": {"path": "problems.jsonl", "difficulty": {"min": 3}}})
    done = command("data_gen.collect", f"--recipe={folder}", f"--run={tmp_path / 'run'}")
    assert done.returncode == 1
    assert "unrated 20" in done.stdout


def test_a_transient_failure_is_asked_again_and_a_final_one_stays_unlabelled(command, recipe, tmp_path):
    broken = [True]

    def script(body):
        if broken[0] and "What is 7 +" in str(body):
            return status(500)
        return answer("cut", "length") if "What is 8 +" in str(body) else rates(body)

    run = tmp_path / "run"
    with Endpoint(script) as editor:
        folder = labelled(recipe, "http://127.0.0.1:9/v1", editor.url)
        run_stages(command, folder, run, ["collect"])
        first = command("data_gen.label", f"--recipe={folder}", f"--run={run}")
        assert first.returncode == 1
        broken[0] = False
        run_stages(command, folder, run, ["label"])
        assert len(editor.requests) == 19 + 2 + 1
    labels = {row["id"]: row["difficulty"] for row in rows(run / "data/01_labels.jsonl")}
    assert labels["add-0007"] == 4.0
    assert "add-0008" not in labels


def test_generate_does_not_run_before_the_labels_are_there(command, recipe, tmp_path):
    run = tmp_path / "run"
    folder = labelled(recipe, "http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1")
    run_stages(command, folder, run, ["collect"])
    done = command("data_gen.generate", f"--recipe={folder}", f"--run={run}")
    assert done.returncode == 1
    assert "run label first" in done.stderr


def test_a_killed_stage_and_an_edited_yaml_are_told_and_nothing_is_paid_twice(command, recipe, tmp_path):
    run = tmp_path / "run"
    with Endpoint(rates, delay=0.2) as editor:
        folder = labelled(recipe, "http://127.0.0.1:9/v1", editor.url)
        run_stages(command, folder, run, ["collect"])
        process = subprocess.Popen(
            [sys.executable, "-m", "data_gen.label", f"--recipe={folder}", f"--run={run}"],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )
        answers, deadline = run / "data/01_labels.answers.jsonl", time.monotonic() + 30
        while not (answers.is_file() and answers.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.kill()
        process.wait()
        asked = len(editor.requests)
        config = yaml.safe_load((folder / "data.yaml").read_text())
        config["label"]["temperature"] = 0.1
        (folder / "data.yaml").write_text(yaml.safe_dump(config))
        done = command("data_gen.label", f"--recipe={folder}", f"--run={run}")
        assert done.returncode == 2
        assert "label.temperature: 0.7 -> 0.1" in done.stderr
        assert len(editor.requests) == asked


def test_a_limit_takes_some_problems_of_every_source(command, recipe, tmp_path):
    """Ids sort source by source: the first ten would be of one."""
    run = tmp_path / "run"
    with Endpoint(solve) as teacher:
        folder = recipe(teacher.url, problems=200)
        lines = [row | {"id": f"{'ab'[n % 2]}-{n:03}"} for n, row in enumerate(rows(folder / "problems.jsonl"))]
        (folder / "problems.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        run_stages(command, folder, run, ["collect"])
        assert command("data_gen.generate", f"--recipe={folder}", f"--run={run}", "--limit=20").returncode == 0
    assert {row["id"][0] for row in rows(run / "data/02_traces.jsonl")} == {"a", "b"}

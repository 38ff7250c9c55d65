"""The stages of `make data` as a whole, as commands, against a scripted endpoint."""

import json
import shutil

from data_gen.config import PACKAGE
from data_gen.prompts import _template, wording
from data_gen.sections import split_sections
from tests.conftest import rows
from tests.endpoint import Endpoint
from tests.stages import STAGES, asked, run_stages, solve


def test_the_stages_make_a_dataset_of_right_answers_only(command, recipe, tmp_path):
    with Endpoint(solve) as endpoint:
        data = run_stages(command, recipe(endpoint.url), tmp_path / "run")
    assert len(rows(data / "02_traces.jsonl")) == 40
    mixture = rows(data / "05_mixture.jsonl")
    assert 5 <= len(mixture) <= 20
    dataset = rows(tmp_path / "run/dataset/recipe.jsonl")
    assert len(dataset) == len(mixture)
    for row, origin in zip(dataset, mixture, strict=True):
        question, reply = (turn["value"] for turn in row["conversations"])
        assert [turn["from"] for turn in row["conversations"]] == ["user", "assistant"]
        number = asked(question)
        sections = split_sections(reply)
        assert sections is not None
        assert sections[1] == f"The answer is \\boxed{{{number + 1}}}."
        assert origin["id"] == f"add-{number:04}"
        assert row["system"]
    info = json.loads((tmp_path / "run/dataset/dataset_info.json").read_text())
    assert info["recipe"]["file_name"] == "recipe.jsonl"
    assert "ranking" not in info["recipe"]
    funnel = json.loads((data / "funnel.json").read_text())
    assert [line["stage"] for line in funnel] == STAGES
    for line in funnel:
        assert line["in"] == line["kept"] + sum(line["reasons"].values()), line


def test_finished_stages_say_so_and_ask_nothing(command, recipe, tmp_path):
    with Endpoint(solve) as endpoint:
        folder = recipe(endpoint.url)
        run_stages(command, folder, tmp_path / "run", STAGES[:2])
        before = len(endpoint.requests)
        done = command("data_gen.generate", f"--recipe={folder}", f"--run={tmp_path / 'run'}")
        assert len(endpoint.requests) == before
    assert done.returncode == 0
    assert "done already" in done.stdout


def test_a_changed_yaml_is_refused_by_the_names_of_the_changed_keys(command, recipe, tmp_path):
    with Endpoint(solve) as endpoint:
        run_stages(command, recipe(endpoint.url), tmp_path / "run", STAGES[:2])
        folder = recipe(endpoint.url, teacher={"temperature": 0.1})
        before = (tmp_path / "run/data/02_traces.jsonl").read_bytes()
        done = command("data_gen.generate", f"--recipe={folder}", f"--run={tmp_path / 'run'}")
    assert done.returncode == 2
    assert "teacher.temperature: 0.7 -> 0.1" in done.stderr
    assert "RUN=new" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert (tmp_path / "run/data/02_traces.jsonl").read_bytes() == before


def test_an_edited_template_that_words_the_questions_is_refused_by_its_name(command, recipe, tmp_path):
    manifest = tmp_path / "run/manifest.json"
    with Endpoint(solve) as endpoint:
        run_stages(command, recipe(endpoint.url), tmp_path / "run", STAGES[:2])
        told = json.loads(manifest.read_text())
        told["stages"]["generate"]["settings"]["teacher"]["wording"]["question_math.txt"] = "of another"
        manifest.write_text(json.dumps(told))
        done = command("data_gen.generate", f"--recipe={recipe(endpoint.url)}", f"--run={tmp_path / 'run'}")
    assert done.returncode == 2
    assert "teacher.wording.question_math.txt: of another -> " in done.stderr


def test_a_run_of_before_the_wording_was_recorded_goes_on(command, recipe, tmp_path):
    manifest = tmp_path / "run/manifest.json"
    with Endpoint(solve) as endpoint:
        run_stages(command, recipe(endpoint.url), tmp_path / "run", STAGES[:2])
        told = json.loads(manifest.read_text())
        del told["stages"]["generate"]["settings"]["teacher"]["wording"]
        manifest.write_text(json.dumps(told))
        done = command("data_gen.generate", f"--recipe={recipe(endpoint.url)}", f"--run={tmp_path / 'run'}")
    assert (done.returncode, "done already" in done.stdout) == (0, True)


def test_the_wording_changes_with_the_text_of_one_template_only(monkeypatch, tmp_path):
    before = wording()
    shutil.copytree(PACKAGE / "templates", tmp_path / "templates")
    (tmp_path / "templates/question_math.txt").write_text("{question} In a box, please.")
    monkeypatch.setattr("data_gen.prompts.PACKAGE", tmp_path)
    monkeypatch.setattr("data_gen.prompts._template", _template.__wrapped__)
    after = wording()
    assert {name for name in before if after[name] != before[name]} == {"question_math.txt"}


def test_what_was_planned_stands_in_the_manifest_beside_what_was_used(command, recipe, tmp_path):
    expect = {"prompt_tokens": 50, "completion_tokens": 20}
    prices = {"input_per_mtok": 2.0, "output_per_mtok": 5.0}
    with Endpoint(solve) as endpoint:
        folder = recipe(endpoint.url, teacher={"expect": expect, "prices": prices})
        run_stages(command, folder, tmp_path / "run", STAGES[:2])
    stage = json.loads((tmp_path / "run/manifest.json").read_text())["stages"]["generate"]
    asked = len(rows(tmp_path / "run/data/02_traces.jsonl"))
    assert stage["planned"] == {
        "requests": asked,
        "prompt_tokens": 50 * asked,
        "completion_tokens": 20 * asked,
        "bound": False,
        "dollars": asked * (50 * 2.0 + 20 * 5.0) / 1e6,
    }
    assert stage["usage"]["completion_tokens"] > 0


def test_switching_verification_off_keeps_wrong_answers_and_the_card_says_so(command, recipe, tmp_path):
    with Endpoint(solve) as endpoint:
        data = run_stages(command, recipe(endpoint.url, verify={"enabled": False}), tmp_path / "run")
    assert len(rows(data / "05_mixture.jsonl")) == 20
    assert "not verified" in (tmp_path / "run/dataset/README.md").read_text()
    assert command("eval.report", f"--run={tmp_path / 'run'}").returncode == 0
    (line,) = json.loads((tmp_path / "run/report/summary.json").read_text())["verification"]
    right = sum(row["ok"] is True for row in rows(data / "04_verdicts.jsonl"))
    assert (line["n"], line["value"], line["rows"]) == (40, right / 40, 20)
    assert line["rows_not_right"] == sum(row["ok"] is not True for row in rows(data / "05_mixture.jsonl")) > 0


def test_quotas_are_drawn_by_seed_and_a_shortfall_is_told(command, recipe, tmp_path):
    with Endpoint(solve) as endpoint:
        folder = recipe(endpoint.url, mix={"quotas": {"math": 4, "code": 3}})
        run_stages(command, folder, tmp_path / "run", STAGES[:4])
        done = command("data_gen.mix", f"--recipe={folder}", f"--run={tmp_path / 'run'}")
    assert len(rows(tmp_path / "run/data/05_mixture.jsonl")) == 4
    assert "code: 0 rows, 3 short" in done.stdout


def test_problems_taken_out_take_their_traces_along(command, recipe, tmp_path):
    run = tmp_path / "run"
    with Endpoint(solve) as endpoint:
        folder = recipe(endpoint.url)
        run_stages(command, folder, run, STAGES[:2])
        kept = (folder / "problems.jsonl").read_text().splitlines(keepends=True)[:10]
        (folder / "problems.jsonl").write_text("".join(kept))
        run_stages(command, folder, run)
    funnel = {line["stage"]: line for line in json.loads((run / "data/funnel.json").read_text())}
    assert funnel["rewrite"]["reasons"] == {"no_problem": 20}
    assert len(rows(run / "data/02_traces.jsonl")) == 40


def test_a_finished_file_that_was_damaged_is_made_whole_and_no_whole_answer_is_paid_for_again(command, recipe, tmp_path):
    run = tmp_path / "run"
    with Endpoint(solve) as endpoint:
        folder = recipe(endpoint.url, problems=6)
        data = run_stages(command, folder, run)
        files = [data / f"{name}.jsonl" for name in ("01_problems", "02_traces", "03_rewritten", "05_mixture")]
        before = {path: rows(path) for path in files}
        for path in files:
            asked_before = len(endpoint.requests)
            lines = path.read_text().splitlines(keepends=True)
            path.write_text("".join([*lines[:2], '{"id": "torn', *lines[4:]]))  # two rows are gone, and a line is none
            run_stages(command, folder, run)
            assert len(endpoint.requests) - asked_before <= (3 if path.name.startswith("02") else 0)
            for other, expected in before.items():
                assert without(rows(other), "seconds") == without(expected, "seconds"), (path.name, other.name)


def test_a_verdict_that_was_edited_by_hand_is_not_believed(command, recipe, tmp_path):
    with Endpoint(solve) as endpoint:
        folder = recipe(endpoint.url)
        data = run_stages(command, folder, tmp_path / "run")
        mixed = (data / "05_mixture.jsonl").read_bytes()
        verdicts = data / "04_verdicts.jsonl"
        edited = verdicts.read_text().replace('"ok": false, "reason": "wrong"', '"ok": true, "reason": "correct"')
        assert edited != verdicts.read_text()
        verdicts.write_text(edited)
        run_stages(command, folder, tmp_path / "run")
    assert (data / "05_mixture.jsonl").read_bytes() == mixed


def without(rows, key):
    return [{name: value for name, value in row.items() if name != key} for row in rows]

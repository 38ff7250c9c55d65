"""Pinning a recipe: revisions go beside the repository that they are of, and change nothing but themselves."""

import json

import pytest
import yaml

from data_gen.layers import read_layers
from launch.pin import advice, main, pinned

TEXT = """\
sources:               # a comment that stays
  numina:
    repo: AI-MO/NuminaMath-CoT
    revision: null     # resolved
    labels:
      - {repo: some/labels, revision: null, column: level}
      - {repo: some/labels-2, revision: null, column: level}
  apps:
    repo: codeparrot/apps
    revision: abc
  taco:
    limit: 5
"""
REVISION = "1e" + "1" * 38


@pytest.fixture
def pin(tmp_path, capsys):
    """Return a function that pins a recipe of such files by a run that read such revisions, and what it prints."""

    def run(files, data=None, benchmarks=None, prompt=None):
        for name, text in ({"recipe/data.yaml": "x: 1\n"} | files).items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        read = {name: {"repo": repo, "revision": revision} for name, (repo, revision) in (benchmarks or {}).items()}
        manifest = {"stages": {"collect": {"revisions": data or {}}}, "benchmarks": read}
        (tmp_path / "run").mkdir(exist_ok=True)
        (tmp_path / "run/manifest.json").write_text(json.dumps(manifest | ({"system_prompt": prompt} if prompt else {})))
        main(str(tmp_path / "recipe"), str(tmp_path / "run"))
        return capsys.readouterr().out

    return run


def test_each_null_revision_gets_its_own_repositorys(pin, tmp_path):
    pin({"recipe/data.yaml": TEXT}, {"AI-MO/NuminaMath-CoT": "1" * 40, "some/labels": "2" * 40, "some/labels-2": "3" * 40})
    text = (tmp_path / "recipe/data.yaml").read_text()
    sources = yaml.safe_load(text)["sources"]
    assert sources["numina"]["revision"] == "1" * 40
    assert [row["revision"] for row in sources["numina"]["labels"]] == ["2" * 40, "3" * 40]
    assert sources["apps"]["revision"] == "abc"
    assert text.count("#") == TEXT.count("#")


def test_a_repository_that_is_not_named_and_one_pinned_already_are_left_alone(pin, tmp_path):
    told = pin({"recipe/data.yaml": TEXT}, {"BAAI/TACO": "4" * 40, "codeparrot/apps": "5" * 40})
    assert (tmp_path / "recipe/data.yaml").read_text() == TEXT
    assert "0 of 2 revisions stand in it" in told


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("gsm8k:\n  repo: a/b\ntaco:\n  revision: null\n", None),
        ("taco:\n  revision: null\ngsm8k:\n  repo: a/b\n", None),
        ("x: {repo: a/b, path: null}\n", None),
        ("# repo: a/b\nx: {repo: a/bc, revision: null}\n", None),
        ("x: {revision: null, repo: a/b}\n", 'x: {revision: "REV", repo: a/b}\n'),
        ("x: {revision: , repo: a/b}\n", 'x: {revision: "REV" , repo: a/b}\n'),
        ("repo: a/b\n# repo: old\nrevision: ~  # ü\n", 'repo: a/b\n# repo: old\nrevision: "REV"  # ü\n'),
        ("repo: 'a/b'\nrevision:\nlimit: 3\n", "repo: 'a/b'\nrevision: \"REV\"\nlimit: 3\n"),
        ("repo: a/b\nrevision: # later\n", 'repo: a/b\nrevision: "REV" # later\n'),
        ("x:\n" + "- {repo: a/b, revision: null}\n" * 2, "x:\n" + '- {repo: a/b, revision: "REV"}\n' * 2),
        ("a: &a {repo: a/b, revision: null}\nb: *a\n", 'a: &a {repo: a/b, revision: "REV"}\nb: *a\n'),
        ("prompt: {from_dataset: a/b, revision: null}\n", 'prompt: {from_dataset: a/b, revision: "REV"}\n'),
    ],
)
def test_a_revision_goes_into_the_mapping_that_names_its_repository_and_nowhere_else(pin, tmp_path, before, after):
    told = pin({"recipe/data.yaml": before}, {"a/b": REVISION})
    assert (tmp_path / "recipe/data.yaml").read_text(encoding="utf-8") == (after or before).replace("REV", REVISION)
    assert f"{1 if after else 0} of 1 revisions stand in it" in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x: 1\n", 'a/b: not named there: add  repo: a/b  and  revision: "REV"'),
        ("x:\n  repo: a/b\n", 'a/b: named under x without a revision: add there  revision: "REV"'),
        ("x: {repo: a/b, revision: abc}\n", "a/b: pinned there to abc already; the run read REV"),
    ],
)
def test_what_is_left_for_the_user_to_write_is_told(tmp_path, text, told):
    (tmp_path / "data.yaml").write_text(text)
    assert advice(read_layers(tmp_path / "data.yaml"), "a/b", "REV") == told


def test_the_revisions_of_benchmarks_and_of_a_system_prompt_go_into_eval_yaml(pin, tmp_path):
    text = (
        "system_prompt: {from_dataset: a/prompts, revision: null}\nbenchmarks: {math500: {repo: a/math, revision: null}}\n"
    )
    prompt = {"repo": "a/prompts", "revision": "2" * 40, "text": "Think.", "rows": 3}
    pin({"recipe/eval.yaml": text}, benchmarks={"math500": ("a/math", "1" * 40)}, prompt=prompt)
    said = yaml.safe_load((tmp_path / "recipe/eval.yaml").read_text())
    assert (said["system_prompt"]["revision"], said["benchmarks"]["math500"]["revision"]) == ("2" * 40, "1" * 40)


PARENT = "sources: {x: {repo: a/b, revision: null, limit: 3}, y: {repo: a/c, revision: null}}\n"


@pytest.mark.parametrize(
    ("child", "parent_says", "child_says"),
    [
        ("extends: ../parent\n", REVISION, None),
        ("extends: ../parent\nsources: {x: {limit: 5}}\n", REVISION, None),
        ("extends: ../parent\nsources: {x: {revision: null}}\n", None, REVISION),
        ("extends: ../parent\nsources: {x: {revision: abc}}\n", None, "abc"),
        ("extends: ../parent\nsources: {x: null}\n", None, None),
    ],
)
def test_a_revision_goes_into_the_file_in_which_it_stands_that_is_read(pin, tmp_path, child, parent_says, child_says):
    pin({"recipe/data.yaml": child, "parent/data.yaml": PARENT}, {"a/b": REVISION})
    below = yaml.safe_load((tmp_path / "parent/data.yaml").read_text())["sources"]
    above = yaml.safe_load((tmp_path / "recipe/data.yaml").read_text()).get("sources") or {}
    assert (below["x"]["revision"], (above.get("x") or {}).get("revision")) == (parent_says, child_says)
    assert below["y"]["revision"] is None


def test_what_was_written_into_another_recipe_is_told(pin, tmp_path):
    told = pin({"recipe/data.yaml": "extends: ../parent\n", "parent/data.yaml": PARENT}, {"a/b": REVISION})
    assert f"{tmp_path / 'parent/data.yaml'}: written" in told
    assert f"1 of 1 revisions stand in it and in {tmp_path / 'parent/data.yaml'}, which it extends" in told


def test_a_text_that_says_nothing_of_the_place_is_left_as_it_is():
    assert pinned("x: {repo: a/b, revision: null}\n", {("y",): REVISION}) == "x: {repo: a/b, revision: null}\n"


def test_a_run_that_read_nothing_from_a_hub_is_told(command, recipe, tmp_path):
    done = command("launch.pin", f"--recipe={recipe()}", f"--run={tmp_path / 'run'}")
    assert done.returncode == 1
    assert "no revisions" in done.stderr

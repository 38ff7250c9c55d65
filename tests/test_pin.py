"""The revisions that a run resolved, copied into the YAML, change nothing but themselves."""

import yaml

from launch.pin import pinned

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


def test_each_null_revision_gets_its_own_repositorys():
    revisions = {"AI-MO/NuminaMath-CoT": "1" * 40, "some/labels": "2" * 40, "some/labels-2": "3" * 40}
    text, left = pinned(TEXT, revisions)
    sources = yaml.safe_load(text)["sources"]
    assert sources["numina"]["revision"] == "1" * 40
    assert [row["revision"] for row in sources["numina"]["labels"]] == ["2" * 40, "3" * 40]
    assert sources["apps"]["revision"] == "abc"
    assert left == []
    assert text.count("#") == TEXT.count("#")


def test_a_repository_that_is_not_named_and_one_pinned_already_are_left_alone():
    text, left = pinned(TEXT, {"BAAI/TACO": "4" * 40, "codeparrot/apps": "5" * 40})
    assert text == TEXT
    assert left == ["BAAI/TACO", "codeparrot/apps"]


def test_a_run_that_read_nothing_from_a_hub_is_told(command, recipe, tmp_path):
    done = command("launch.pin", f"--recipe={recipe()}", f"--run={tmp_path / 'run'}")
    assert done.returncode == 1
    assert "no revisions" in done.stderr

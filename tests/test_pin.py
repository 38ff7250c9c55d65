"""The revisions that a run resolved, copied into the YAML, change nothing but themselves."""

import pytest
import yaml

from launch.pin import advice, pinned

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


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("gsm8k:\n  repo: a/b\ntaco:\n  revision: null\n", None),
        ("taco:\n  revision: null\ngsm8k:\n  repo: a/b\n", None),
        ("x: {repo: a/b, path: null}\n", None),
        ("# repo: a/b\nx: {repo: a/bc, revision: null}\n", None),
        ("{revision: null, repo: a/b}\n", '{revision: "REV", repo: a/b}\n'),
        ("{revision: , repo: a/b}\n", '{revision: "REV" , repo: a/b}\n'),
        ("repo: a/b\n# repo: old\nrevision: ~  # ü\n", 'repo: a/b\n# repo: old\nrevision: "REV"  # ü\n'),
        ("repo: 'a/b'\nrevision:\nlimit: 3\n", "repo: 'a/b'\nrevision: \"REV\"\nlimit: 3\n"),
        ("repo: a/b\nrevision: # later\n", 'repo: a/b\nrevision: "REV" # later\n'),
        ("- {repo: a/b, revision: null}\n" * 2, '- {repo: a/b, revision: "REV"}\n' * 2),
        ("a: &a {repo: a/b, revision: null}\nb: *a\n", 'a: &a {repo: a/b, revision: "REV"}\nb: *a\n'),
    ],
)
def test_a_revision_goes_into_the_mapping_that_names_its_repository_and_nowhere_else(before, after):
    revision = "1e" + "1" * 38
    text, left = pinned(before, {"a/b": revision})
    assert text == (after or before).replace("REV", revision)
    assert left == ([] if after else ["a/b"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x: 1\n", 'a/b: not named there: add  repo: a/b  and  revision: "REV"'),
        ("x:\n  repo: a/b\n", 'a/b: named in line 2 without a revision: add there  revision: "REV"'),
        ("{repo: a/b, revision: abc}\n", "a/b: pinned there to abc already; the run read REV"),
    ],
)
def test_what_is_left_for_the_user_to_write_is_told(text, told):
    assert advice(text, "a/b", "REV") == told


def test_a_run_that_read_nothing_from_a_hub_is_told(command, recipe, tmp_path):
    done = command("launch.pin", f"--recipe={recipe()}", f"--run={tmp_path / 'run'}")
    assert done.returncode == 1
    assert "no revisions" in done.stderr

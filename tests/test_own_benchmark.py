"""A benchmark of the recipe's own: what cannot be scored is not run, and what is left out is told."""

import pytest

from data_gen.cli import UserError
from data_gen.journal import write_rows
from eval.run import main
from tests.conftest import rows
from tests.endpoint import Endpoint, answer
from tests.evaluated import even_seeds_are_right, mine, scored


def test_a_problem_without_a_verifier_shows_nothing(tmp_path):
    recipe = mine(tmp_path, 1)
    problems = tmp_path / "recipe/problems.jsonl"
    unchecked = [row | {"verifier": "none", "gold": {}} for row in rows(problems)[:2]]
    write_rows(problems, [*unchecked, *rows(problems)[2:]])
    with Endpoint(lambda body: answer("I like sums.", "length" if "What is 0" in str(body) else "stop")) as endpoint:
        main(recipe, str(tmp_path / "run"), "m", endpoint.url)
    found = scored(tmp_path / "run", "m", "mine")
    assert found["results"][0]["value"] == 0.0
    assert found["reasons"] == {"no_answer": 4, "truncated": 1, "undecided": 1}


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        (lambda row: None, "benchmark mine: mine: problems holds no question"),
        (lambda row: row | {"id": "one"}, "two questions have the id one"),
        (lambda row: row | {"gold": {"answer": " "}}, "gold.answer is missing or empty"),
    ],
)
def test_a_benchmark_of_ones_own_that_cannot_be_scored_is_not_run(tmp_path, capsys, kept, told):
    recipe = mine(tmp_path, 1)
    problems = tmp_path / "recipe/problems.jsonl"
    write_rows(problems, [changed for row in rows(problems) if (changed := kept(row)) is not None])
    with Endpoint(even_seeds_are_right) as endpoint:
        with pytest.raises(UserError, match="not run: mine"):
            main(recipe, str(tmp_path / "run"), "m", endpoint.url)
        assert endpoint.requests == []
    assert told in capsys.readouterr().out


def test_a_question_that_comes_twice_is_asked_once_and_told(tmp_path, capsys):
    recipe = mine(tmp_path, 1)
    problems = tmp_path / "recipe/problems.jsonl"
    write_rows(problems, [*rows(problems), *(row | {"id": f"again-{row['id']}"} for row in rows(problems)[:2])])
    with Endpoint(even_seeds_are_right) as endpoint:
        main(recipe, str(tmp_path / "run"), "m", endpoint.url)
        assert len(endpoint.requests) == 6
    assert "benchmark mine: left out: duplicate 2" in capsys.readouterr().out

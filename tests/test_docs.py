"""The pages: whatever they link to, tell to type or name as proof is there, and what the project has is named in them.

What a page tells to type is what stands in fences without a language or of bash, in indented blocks and in back quotes.
Whether its commands print what it shows is held elsewhere: test_worked_examples.py, and the tests of those commands.
"""

import ast
import functools
import importlib
import importlib.util
import inspect
import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from data_gen.prompts import question, student_system
from data_gen.recipe import load_recipe
from data_gen.records import Problem, graded_hash
from data_gen.rewriters.rules import by_rules
from data_gen.sections import thought_solution
from data_gen.sources import SOURCES
from data_gen.verifiers import math_answer
from eval.benchmarks import BENCHMARKS
from launch import plan
from tests.conftest import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("recipes/**/README.md")])
OTHERS = {"pytest", "lm_eval", "nltk", "pre_commit"}  # modules of other projects that .venv holds
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z]+):.*##", MAKEFILE, re.MULTILINE))
VARIABLES = set(re.findall(r"\$\(([A-Z_]+)\)", MAKEFILE))

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def parts(text: str) -> tuple[str, list[str]]:
    """Return the prose of a page, headings included, and its lines of code to type."""
    prose: list[str] = []
    code: list[str] = []
    fence, blank = None, True
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            fence = line.lstrip()[3:] if fence is None else None
        elif fence in ("", "bash") or (fence is None and line.startswith("    ") and (blank or line[4:5] != " ")):
            code.append(line.strip())
        elif fence is not None:
            continue
        else:
            code += re.findall(r"`([^`]+)`", line)
            prose.append(line)
        blank = not line.strip()
    return "\n".join(prose), [line.partition(" #")[0] for line in code if not line.startswith("#")]


def anchors(page: Path) -> set[str]:
    """Return the fragments that GitHub makes of a page's headings."""
    prose, _ = parts(text_of(page))
    titles = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def links(page: Path) -> list[str]:
    prose, _ = parts(text_of(page))
    return re.findall(r"\]\((?!https?:|mailto:)([^)\s]+)\)", re.sub(r"`[^`]*`", "", prose))


def commands(page: Path) -> list[str]:
    """Return the commands that a page tells to type, those of one line apart."""
    return [command for line in parts(text_of(page))[1] for command in re.split(r"&&|\|\|?|;", line)]


def python_commands(page: Path) -> list[tuple[str, set[str]]]:
    """Return each `python -m module` of a page with the names of its options."""
    called = [re.search(r"python3?(?:\.\d+)? -m ([\w.]+)(.*)", command) for command in commands(page)]
    return [(found[1], set(re.findall(r"(?:^|[\s\[])--([a-z][\w-]*)", found[2]))) for found in called if found]


def make_commands(page: Path) -> list[list[str]]:
    """Return the words behind each `make` of a page."""
    called = [re.search(r"(?:^|\s)make( .*)", command) for command in commands(page)]
    return [shlex.split(found[1]) for found in called if found]


@functools.cache
def known_tests() -> set[str]:
    """Return the name of every test and of every file of tests."""
    files = list((ROOT / "tests").glob("test_*.py"))
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    functions = {node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return {name for name in functions if name.startswith("test_")} | {file.stem for file in files}


# --- what a page points at --------------------------------------------------------------------------------------------


def test_the_pages_are_found():
    assert len(PAGES) >= 24
    assert sum(len(links(page)) for page in PAGES) >= 100
    assert sum(len(python_commands(page)) for page in PAGES) >= 60
    assert sum(len(make_commands(page)) for page in PAGES) >= 120


@each_page
def test_every_link_leads_to_a_file_and_a_heading(page):
    for link in links(page):
        path, _, fragment = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not fragment or fragment in anchors(target), link


@each_page
def test_every_python_command_has_the_options_that_it_is_given(page):
    for module, options in python_commands(page):
        if module.split(".")[0] in OTHERS:
            assert importlib.util.find_spec(module.split(".")[0]), module
            continue
        found = importlib.import_module(module)
        if not hasattr(found, "main"):
            found = importlib.import_module(f"{module}.__main__")
        assert options <= {*inspect.signature(found.main).parameters, "help"}, module


@each_page
def test_every_make_command_has_targets_recipes_and_configs_that_are_there(page):
    for words in make_commands(page):
        targets = [word for word in words if "=" not in word and not word.startswith(("-", "..."))]
        assert set(targets) <= TARGETS, words
        given = dict(word.split("=", 1) for word in words if "=" in word)
        assert set(given) <= VARIABLES, words
        for file in [f"recipes/{recipe}/data.yaml" for recipe in [given.get("RECIPE")] if recipe] + [
            f"llamafactory_configs/{config}.yaml" for config in [given.get("CONFIG")] if config
        ]:
            written_there = f"``` {file}" in text_of(page) or f"```yaml {file}" in text_of(page)
            assert written_there or (ROOT / file).is_file(), words


@each_page
def test_every_test_that_a_page_names_is_there(page):
    named = set(re.findall(r"\btest_[a-z0-9_]+", "\n".join(parts(text_of(page))[1])))
    assert named - known_tests() == set()


@pytest.mark.parametrize(("page", "least"), [("reliability.md", 43), ("sandbox.md", 11)])
def test_every_promise_names_the_test_that_shows_it(page, least):
    tables = re.findall(r"(?m)^\| promise .*\n\|[-| ]+\|\n((?:\|.*\n)+)", text_of(ROOT / "docs" / page))
    rows = [row for table in tables for row in table.splitlines()]
    assert len(rows) >= least
    for row in rows:
        assert set(re.findall(r"`(test_\w+)`", row)) & known_tests(), row


# --- what the project has is named ------------------------------------------------------------------------------------


def written() -> str:
    return "\n".join(text_of(page) for page in PAGES if page.parent.name in ("docs", ROOT.name))


THINGS = {
    "recipe": [str(path.parent.relative_to(ROOT / "recipes")) for path in ROOT.glob("recipes/**/data.yaml")],
    "training config": [path.stem for path in ROOT.glob("llamafactory_configs/*.yaml")],
    "DeepSpeed file": [path.stem for path in ROOT.glob("ds_configs/*.json")],
    "source": list(SOURCES),
    "benchmark": list(BENCHMARKS),
    "target": [f"make {name}" for name in sorted(TARGETS - {"help"})],
}


@pytest.mark.parametrize(
    ("kind", "least"),
    [("recipe", 11), ("training config", 12), ("DeepSpeed file", 3), ("source", 8), ("benchmark", 11), ("target", 18)],
)
def test_the_pages_name_every(kind, least):
    assert len(THINGS[kind]) >= least
    text = written()
    missing = [name for name in THINGS[kind] if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)]
    assert not missing


# --- what a page repeats ----------------------------------------------------------------------------------------------


def test_the_plans_on_the_page_of_costs_are_what_the_plan_prints(capsys):
    shown = re.findall(
        r"```bash\n\S+ -m launch\.plan --recipe=(\S+)(?: --tokens_per_gpu_s=(\d+))?\n```\n\n```text\n(.*?)```",
        text_of(ROOT / "docs/costs.md"),
        re.DOTALL,
    )
    assert [recipe for recipe, *_ in shown] == ["recipes/sky_t1_preview", "recipes/sky_t1_plus", "recipes/quickstart"]
    for recipe, rate, output in shown:
        plan.main(recipe, float(rate) if rate else None)
        assert output == capsys.readouterr().out


def test_the_problem_that_is_walked_through_the_recipe_goes_the_way_that_the_page_shows():
    blocks = re.findall(r"```json\n(.*?)```", text_of(ROOT / "docs/recipe.md"), re.DOTALL)
    (row,), _, traces, (rewritten,), verdicts, (picked,), (trained,) = [objects(block) for block in blocks]
    problem, recipe = Problem(**row), load_recipe("recipes/quickstart")
    sections = {trace["sample"]: by_rules(trace["text"], None) for trace in traces}
    assert sections[rewritten["sample"]] == (rewritten["thought"], rewritten["solution"])
    for verdict in verdicts:
        graded = {"solution": sections[verdict["sample"]][1], "model": recipe.teacher.model}
        found = math_answer.grade(graded["solution"], problem.gold)
        assert [verdict[key] for key in ("ok", "reason", "extracted", "tier")] == [
            found.ok, found.reason, found.extracted, found.tier
        ]  # fmt: skip
        assert verdict["graded"] == graded_hash(graded, problem, recipe.verify.math)
    assert picked["pass_rate"] == sum(verdict["ok"] for verdict in verdicts) / len(verdicts)
    assert trained["system"] == student_system(recipe)
    asked, answered = (turn["value"] for turn in trained["conversations"])
    assert (asked, answered) == (question(problem), thought_solution(*sections[picked["sample"]]))


def test_every_departure_from_the_original_is_in_the_table_of_the_recipe_page():
    files = ("recipes/sky_t1_preview/data.yaml", "llamafactory_configs/sky_t1_preview.yaml")
    keys = [key for file in files for key in re.findall(r"(?m)^ *(\w+):.*# differs", text_of(ROOT / file))]
    table = text_of(ROOT / "docs/recipe.md").partition("## What differs")[2].partition("\n## ")[0]
    assert len(keys) == 8
    assert {key for key in keys if f"`{key}`" not in table} == set()


def objects(text: str) -> list[Any]:
    """Return the JSON objects that stand one after the other."""
    found, place = [], 0
    while place < len(text.rstrip()):
        value, place = json.JSONDecoder().raw_decode(text, place)
        found.append(value)
        place += len(text[place:]) - len(text[place:].lstrip())
    return found


def test_the_table_of_injected_faults_has_its_place():
    text = text_of(ROOT / "docs/reliability.md")
    begin, end = "<!-- faults table: made by bench/faults.py -->", "<!-- end of faults table -->"
    assert text.count(begin) == text.count(end) == 1
    assert text.index(begin) < text.index(end)


def test_the_citation_is_of_this_version_and_names_the_work_that_is_reproduced():
    cited = yaml.safe_load(text_of(ROOT / "CITATION.cff"))
    project = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]
    assert {"cff-version", "message", "title", "authors"} <= cited.keys()
    assert (cited["version"], cited["license"]) == (project["version"], project["license"])
    assert [work["url"] for work in cited["references"]] == ["https://novasky-ai.github.io/posts/sky-t1"]


def test_the_licence_is_whole():
    text = text_of(ROOT / "LICENSE")
    assert all(f"\n   {number}. " in text for number in range(1, 10))
    assert text.rstrip().endswith("limitations under the License.")

"""The pages "your ..." of docs/: a reader who types what they show gets what they show.

Each page is followed by page_reader.py in a folder like a clone. What a page calls the endpoint of a model is the scripted
one here, which answers as the page says that it does.
"""

import contextlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.batch_endpoint import BatchEndpoint
from tests.conftest import ROOT, fenced, rows
from tests.endpoint import Endpoint, Reply, Served, answer
from tests.page_reader import ADDRESS, Reader, clone, text
from tests.pages import Command, mistakes, steps, unprinted
from tests.tiny_model import needs_training

LIGHT = ("your_teacher", "your_benchmark")  # pages that ask for .venv alone

pytestmark = [*needs_training, pytest.mark.timeout(1200)]


def problems_teacher(body: dict[str, Any]) -> Reply:
    """Answer the problems of your_problems.md: right but for one median, by the seed on the wire."""
    median = "sorted(xs)[len(xs) // 2]" if body["seed"] % 3 else "xs[0]"
    said = {
        "diagonal": "By Pythagoras it is the root of 9 + 25.\n\nIt is \\boxed{\\sqrt{34}}.",
        "neither 2 nor 3": "100 - 50 - 33 + 16.\n\nIt is \\boxed{33}.",
        "copper": "Metals conduct by electrons.\n\nIt is \\boxed{B}.",
        "their sum": fenced("input()\nprint(sum(map(int, input().split())))"),
        "median": fenced(f"def median(xs):\n    return {median}"),
        "clamp": fenced("def clamp(x, low, high):\n    return max(low, min(x, high))"),
    }
    return answer(next(text for word, text in said.items() if word in body["messages"][-1]["content"]))


def teachers(body: dict[str, Any]) -> Reply:
    """Answer the problems of your_teacher.md as the model that is asked does."""
    said = "5050" if "100 positive" in body["messages"][-1]["content"] else "42"
    if body["model"] == "my-reasoner":
        return answer(f"The answer is \\boxed{{{said}}}.", reasoning="Add the first and the last.")
    return answer(f"There is a rule for this.\n\nThe answer is \\boxed{{{said}}}.")


def examinees(body: dict[str, Any]) -> Reply:
    """Answer the exams of your_benchmark.md: my-model knows all but AIME's second, another-model half of each."""
    asked = body["messages"][-1]["content"]
    known = {"digits": "7", "42/56": "\\frac34", "7 to the power": "401", "plants": "C", "divisors": "12"}
    square = fenced("print(int(input()) ** 2)")
    said = next((f"It is \\boxed{{{value}}}." for word, value in known.items() if word in asked), square)
    lost = body["model"] == "another-model" and ("42/56" in asked or "square" in asked)
    return answer("I am not sure." if lost else said)


def hosted(address: str) -> Served:
    """Return the endpoint of an address of your_teacher.md, one of which has batches."""
    return BatchEndpoint(teachers) if "openai" in address else Endpoint(teachers)


# What answers at an address that a page names.
PAGES: dict[str, Callable[[str], Served]] = {
    "your_problems": lambda address: Endpoint(problems_teacher),
    "your_teacher": hosted,
    "your_benchmark": lambda address: Endpoint(examinees),
    "your_base_model": lambda address: Endpoint(teachers),
}


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Reader]]:
    """Return a function that gives the reader of a page, who has done all that it shows."""
    readers: dict[str, Reader] = {}
    with contextlib.ExitStack() as servers:

        def reader(page: str) -> Reader:
            if page not in readers:
                addresses = {place[0]: PAGES[page](place[0]) for place in ADDRESS.finditer(text(page))}
                readers[page] = Reader(page, clone(tmp_path_factory.mktemp(page), page in LIGHT), addresses)
                for server in addresses.values():
                    servers.enter_context(server)
                readers[page].follow()
            return readers[page]

        yield reader


COMMANDS = [
    pytest.param(page, number, id=f"{page}-{number}")
    for page in PAGES
    for number in range(sum(isinstance(step, Command) for step in steps(text(page))))
]
MISTAKES = [pytest.param(page, made, id=f"{page}-{made.wrong}") for page in PAGES for made in mistakes(text(page))]


@pytest.mark.parametrize(("page", "number"), COMMANDS)
def test_a_command_of_a_page_prints_what_the_page_shows(followed, page, number):
    command, status, printed = followed(page).done[number]
    assert (status, unprinted(command.shown, printed)) == (command.status, []), printed


@pytest.mark.parametrize(("page", "made"), MISTAKES)
def test_a_mistake_is_answered_by_the_line_that_the_page_shows(followed, page, made):
    status, printed = followed(page).mistake(made)
    assert status != 0
    assert unprinted([made.shown], printed) == [], printed


# --- what a page claims beside what is printed --------------------------------------------------------------------------


def asked(reader: Reader, address: str) -> list[dict[str, Any]]:
    """Return the bodies of what an address of a page was asked."""
    endpoint = reader.served[address]
    assert isinstance(endpoint, Endpoint)
    return endpoint.requests


def test_a_trial_of_two_problems_is_not_paid_for_again_nor_a_problem_whose_answer_is_there(followed):
    reader = followed("your_problems")
    questions = Counter(body["messages"][-1]["content"][:14] for body in asked(reader, "http://127.0.0.1:8000/v1"))
    both = {"A rectangle ha": 2, "What carries t": 2}  # their answers are there in the second recipe
    rest = {"The first line": 4, "Return the med": 4, "clamp(x, low, ": 4, "How many of th": 2}
    assert questions == both | rest


def test_the_rows_of_the_problems_page_hold_a_right_answer_of_every_problem_that_was_kept(followed):
    said = [
        row["conversations"][1]["value"]
        for row in rows(followed("your_problems").clone / "runs/my_problems/dataset/my_problems.jsonl")
    ]
    assert len(said) == 5
    assert not any("xs[0]" in text for text in said)


def test_a_key_goes_to_the_address_that_names_it_and_into_no_file(followed):
    reader = followed("your_teacher")
    hosted, own = (reader.served[address] for address in ("https://llm.example.com/v1", "http://10.0.0.7:8000/v1"))
    batches = reader.served["https://api.openai.com/v1"]
    assert isinstance(hosted, Endpoint)
    assert isinstance(own, Endpoint)
    assert isinstance(batches, BatchEndpoint)
    assert set(hosted.keys) == {"Bearer sk-in-this-shell-only"}
    assert set(own.keys) <= {""}
    assert batches.keys == {"Bearer sk-another"}
    files = [path for path in (reader.clone / "runs").glob("my_*/**/*") if path.is_file()]
    assert len(files) > 50
    keys = b"sk-in-this-shell-only", b"sk-another"
    assert not [path for path in files if any(key in path.read_bytes() for key in keys)]


def test_a_small_teacher_is_shown_the_examples_of_the_page(followed):
    told = [body["messages"] for body in asked(followed("your_teacher"), "https://llm.example.com/v1")]
    shown = [messages for messages in told if len(messages) > 2]
    assert len(shown) == 8
    assert {messages[2]["content"] for messages in shown} == {"47 - 29 = 18.\n\nThe answer is \\boxed{18}."}


def test_a_batch_holds_every_request_once_and_is_collected(followed):
    batches = followed("your_teacher").served["https://api.openai.com/v1"]
    assert isinstance(batches, BatchEndpoint)
    assert sorted(batches.submitted.values()) == [1, 1, 1, 1]


def test_every_template_of_the_page_is_the_one_that_llama_factory_gives_the_base():
    table = re.findall(r"^\| ([\w.-]+/[\w.-]+) \| `(\w+)` \|$", text("your_base_model"), re.MULTILINE)
    assert len(table) >= 6
    (known,) = (ROOT / ".venv-train/lib").glob("python3*/site-packages/llamafactory/extras/constants.py")
    groups = known.read_text(encoding="utf-8").split("register_model_group(")
    for base, template in table:
        (group,) = [group for group in groups if f'DownloadSource.DEFAULT: "{base}"' in group]
        assert f'template="{template}"' in group, base


def test_the_merged_model_of_the_page_is_whole(followed):
    model = followed("your_base_model").clone / "runs/my_base/model"
    assert (model / "mine/adapter_config.json").is_file()
    assert (model / "mine-merged/model.safetensors").stat().st_size > 2e8


def test_every_sample_of_the_exam_is_asked_once_and_grading_anew_asks_nobody(followed):
    reader = followed("your_benchmark")
    bodies = asked(reader, "http://127.0.0.1:8000/v1")
    assert Counter(body["model"] for body in bodies) == {"my-model": 4 * 4 + 2 * 2, "another-model": 4 * 4 + 2 * 2}
    evaluation = reader.done[1][0].text.splitlines()[0]
    assert reader.run(evaluation)[0] == 0
    assert len(bodies) == 40
    assert {row["model"] for row in rows(reader.clone / "runs/my_benchmark/eval/my-model/exam/samples.jsonl")} == {
        "my-model"
    }


def test_a_page_is_short_and_its_reader_is_told_what_goes_wrong():
    for page in PAGES:
        assert 60 <= len(text(page).splitlines()) <= 140, page
        assert len(mistakes(text(page))) >= 4, page
        assert all(step.shown for step in steps(text(page)) if isinstance(step, Command)), page

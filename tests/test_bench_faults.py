"""bench/faults.py: its comparison can fail, its proxy remembers and breaks answers as told, its table stays a table."""

import asyncio
import json
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import Any

import pytest

from bench import faults, faults_table
from bench.faults_compare import differences, kept, lost
from bench.faults_corruption import DAMAGES
from bench.faults_preload import Preload, Shared
from bench.faults_proxy import BREAKS, Break, Proxy, request_key
from bench.faults_table import Line
from data_gen.chat import ask_all
from data_gen.cli import ConfigError
from data_gen.config import Endpoint as Asked
from data_gen.records import Trace
from data_gen.responses import ChatRequest, Sampling
from data_gen.run_folder import Run
from tests.endpoint import Endpoint, answer

KEYS = [("a", 0), ("a", 1), ("b", 0), ("c", 0)]
LOSSES = {"losses": [[1, 2.5], [2, 2.25]], "steps": 2}
SCORES = {"results": [{"value": 0.5}], "n": 2, "n_samples": 1, "no_answer": 0.0, "truncated": 0.0, "undecided": 0.0}


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def whole_run(folder):
    """Write the files of a run, with seconds that differ from run to run."""
    run = Run(folder)
    for number, path in enumerate((run.traces, run.rewritten, run.verdicts)):
        rows = [{"id": one, "sample": sample, "text": f"{one}{sample}", "seconds": time.monotonic()} for one, sample in KEYS]
        write(path, [row | {"number": number} for row in rows])
    for path in (
        run.problems,
        run.removed_problems,
        run.mixture,
        run.dataset / "x.jsonl",
        run.dataset / "dataset_info.json",
    ):
        write(path, [{"id": "a"}, {"id": "b"}])
    write(run.model("quickstart") / "train.json", [LOSSES])
    (run.model("quickstart") / "model.safetensors").write_bytes(b"weights")
    place = run.eval("trained", "heldout")
    for name in ("samples.jsonl", "verdicts.jsonl"):
        write(place / name, [{"id": one, "sample": sample, "ok": True, "request": folder.name} for one, sample in KEYS])
    write(place / "scores.json", [SCORES | {"harness": {}, "date": folder.name}])
    summary = {key: [{"value": 0.5, "date": folder.name}] for key in ("results", "funnel", "verification", "comparison")}
    write(run.report / "summary.json", [summary])
    (run.report / "index.html").write_text("page")
    return run


def edit(path, change):
    path.write_text(change(path.read_text()))


def last_row_first(text):
    lines = text.splitlines(keepends=True)
    return "".join([lines[-1], *lines[:-1]])


def trained(run):
    return run.model("quickstart") / "train.json"


def weights(run):
    return run.model("quickstart") / "model.safetensors"


def verdicts(run):
    return run.eval("trained", "heldout") / "verdicts.jsonl"


def scores(run):
    return run.eval("trained", "heldout") / "scores.json"


EDITS = {
    "a row is missing": (lambda run: run.traces, lambda text: text.partition("\n")[2], "1 row missing (a, sample 0)"),
    "a row too many": (lambda run: run.traces, lambda text: text + '{"id": "z", "sample": 0}\n', "1 row too many (z"),
    "a row twice": (lambda run: run.traces, lambda text: text + text.splitlines(keepends=True)[-1], "1 rows twice"),
    "not sorted": (lambda run: run.verdicts, last_row_first, "04_verdicts: not sorted"),
    "another text": (lambda run: run.rewritten, lambda text: text.replace("b0", "b9"), "1 rows of other content"),
    "another problem": (lambda run: run.problems, lambda text: text.replace("b", "c"), "01_problems.jsonl: other bytes"),
    "the mixture's bytes": (lambda run: run.mixture, lambda text: text + "\n", "05_mixture.jsonl: other bytes"),
    "the dataset's bytes": (lambda run: run.dataset / "x.jsonl", lambda text: text[:-1], "x.jsonl: other bytes"),
    "a loss": (trained, lambda text: text.replace("2.25", "2.26"), "losses"),
    "a weight": (weights, lambda text: "weighty", "other weights"),
    "a verdict": (verdicts, lambda text: text.replace("true", "null", 1), "other content"),
    "a score": (scores, lambda text: text.replace("0.5", "0.6"), "other results"),
    "the funnel": (lambda run: run.report / "summary.json", lambda text: text.replace("0.5", "0.6"), "other results"),
}


def test_two_runs_that_differ_in_seconds_and_dates_alone_are_the_same(tmp_path):
    assert differences(whole_run(tmp_path / "one"), whole_run(tmp_path / "two"), "report") == []


@pytest.mark.parametrize("name", EDITS)
def test_every_difference_is_found(tmp_path, name):
    run, other = whole_run(tmp_path / "one"), whole_run(tmp_path / "two")
    place, change, expected = EDITS[name]
    edit(place(run), change)
    assert any(expected in found for found in differences(run, other, "report"))


@pytest.mark.parametrize("stage", ["collect", "generate", "rewrite", "verify", "mix", "export", "train", "eval", "report"])
def test_a_file_that_is_missing_is_a_difference(tmp_path, stage):
    run, other = whole_run(tmp_path / "one"), whole_run(tmp_path / "two")
    for folder in ("data", "dataset", "model", "eval", "report"):
        shutil.rmtree(run.folder / folder)
    assert differences(run, other, stage, since=stage)


def test_an_answer_that_is_gone_or_changed_is_lost_and_a_torn_one_was_never_there(tmp_path):
    path = tmp_path / "02_traces.jsonl"
    rows = [{"id": "a", "sample": sample, "text": str(sample), "seconds": 1.0} for sample in range(4)]
    write(path, rows)
    with path.open("a") as file:
        file.write('{"id": "a", "sample": 4')
    before = kept(path)
    assert list(before) == [("a", sample) for sample in range(4)]
    write(path, [rows[0] | {"seconds": 2.0}, rows[1] | {"text": "other"}, rows[2]])
    assert lost(before, path) == 2


@pytest.mark.parametrize("name", DAMAGES)
def test_every_damage_changes_the_file(name):
    content = b"".join(json.dumps({"id": str(number)}).encode() + b"\n" for number in range(9))
    damage, _ = DAMAGES[name]
    assert damage(content) != content


# --- the proxy


def asking(seed=1, model="runs/x/m"):
    messages = [{"role": "user", "content": "What is 1 + 1?"}]
    return ChatRequest("q", 0, messages, seed, Sampling(model, 0.7, 1.0, 16))


def ask(url, *requests, timeout_s=5.0, retries=0):
    """Ask through the project's own client and return what it makes of the answers."""
    outcomes: list[Any] = []
    endpoint = Asked(base_url=url, concurrency=2)
    asyncio.run(ask_all(requests, [endpoint], timeout_s, retries, outcomes.append))
    return outcomes


@pytest.fixture
def proxied(tmp_path):
    """A scripted model behind the proxy: every answer of it is another."""
    with Endpoint(lambda body: answer(f"answer {time.monotonic_ns()}")) as model:
        with Proxy(tmp_path / "answers.jsonl", lambda name: (model.url, "served")) as proxy:
            yield model, proxy


def test_the_same_request_gets_the_same_answer_at_every_door_and_is_asked_once(proxied):
    model, proxy = proxied
    texts = {ask(proxy.open(name).url, asking())[0].text for name in ("one", "two")}
    assert len(texts) == 1
    assert [body["model"] for body in model.requests] == ["served"]


def test_answers_are_known_in_a_later_call(proxied, tmp_path):
    _, proxy = proxied
    first = ask(proxy.open("one").url, asking())[0].text

    def nobody(model):
        raise AssertionError("the model is asked again")

    with Proxy(tmp_path / "answers.jsonl", nobody) as later:
        assert ask(later.open("two").url, asking())[0].text == first


def test_what_decides_an_answer_makes_another_request_and_the_weights_folder_does_not():
    body = asking().body
    assert request_key(body) == request_key(body | {"model": "runs/y/m"})
    others: list[dict[str, Any]] = [{"model": "runs/x/n"}, {"seed": 2}, {"temperature": 0.1}, {"messages": []}]
    for other in others:
        assert request_key(body | other) != request_key(body)


MEANINGS = {
    "status": ("500", False),
    "html": ("not_json", False),
    "cut_json": ("not_json", False),
    "reset": ("connection", False),
    "hang": ("timeout", False),
    "slow": ("timeout", False),
    "no_choices": ("malformed", True),
    "no_content": ("empty", True),
    "length": ("length", True),
}


@pytest.mark.parametrize("how", BREAKS)
def test_every_break_reaches_the_client_as_what_it_is(proxied, how):
    _, proxy = proxied
    door = proxy.open("door")
    door.script = lambda call: Break(how, seconds=1.5)
    (outcome,) = ask(door.url, asking(), timeout_s=0.7)
    if how == "wrong_type":  # the right answer all the same
        assert isinstance(outcome, Trace)
    else:
        assert (outcome.error, outcome.final) == MEANINGS[how]
    assert door.broken[how] == 1


def test_a_script_sees_which_call_it_is_and_a_door_counts_what_came_twice(proxied):
    _, proxy = proxied
    door = proxy.open("door")
    seen = []

    def script(call):
        seen.append((call.number, call.attempt))
        return Break("status") if call.attempt == 1 else None

    door.script = script
    (outcome,) = ask(door.url, asking(), retries=1)
    assert isinstance(outcome, Trace)
    assert seen == [(1, 1), (2, 2)]
    assert door.again == 1


def test_a_restarting_server_refuses_connections_and_comes_back_on_its_port(proxied):
    _, proxy = proxied
    door = proxy.open("door")
    url = door.url
    door.restart(0.5)
    time.sleep(0.2)
    with pytest.raises(urllib.error.URLError, match="refused"):
        urllib.request.urlopen(f"{url}/chat/completions", timeout=2)
    time.sleep(0.8)
    assert isinstance(ask(url, asking())[0], Trace)


# --- the library before a command

WRITES = "import os, sys\nfor n in range(9):\n    open(os.path.join(sys.argv[1], str(n)), 'w').write('x')"


@pytest.fixture(scope="module")
def preload(tmp_path_factory):
    built = Preload.build(tmp_path_factory.mktemp("preload"))
    if built is None:
        pytest.skip("no C compiler")
    return built


def test_a_command_dies_just_before_the_change_that_was_asked_for(preload, tmp_path):
    place = tmp_path / "run"
    place.mkdir()
    with Shared(tmp_path / "shared", place) as shared:
        shared.set("die_at", 4)
        done = subprocess.run([sys.executable, "-c", WRITES, place], env=preload.environment(shared))
    assert done.returncode == -9
    assert sum(path.stat().st_size for path in place.iterdir()) == 3


def test_the_wall_clock_is_shifted_and_the_monotonic_one_is_not(preload, tmp_path):
    tell = "import datetime, time\nprint(time.time(), time.monotonic(), datetime.datetime.now().timestamp())"
    with Shared(tmp_path / "shared", tmp_path) as shared:
        shared.set("clock_s", -86_400)
        done = subprocess.run([sys.executable, "-c", tell], env=preload.environment(shared), capture_output=True, text=True)
    wall, monotonic, date = map(float, done.stdout.split())
    assert wall == pytest.approx(time.time() - 86_400, abs=60)
    assert date == pytest.approx(wall, abs=60)
    assert monotonic == pytest.approx(time.monotonic(), abs=60)


# --- the table


def line(name="500", saw=("a | b\nc",), broken=()):
    return Line(name, "endpoint", "HTTP 500", list(saw), ["nothing", ""], ["exit 0"], list(broken), 2.0)


def test_what_a_command_said_cannot_break_the_table():
    rows = faults_table.table([line(saw=["a | b", "c\nd", "`e`"])]).splitlines()
    assert rows[-1] == "| HTTP 500 | `a \\| b`<br>`c d`<br>`'e'` | nothing | exit 0 |"
    assert {row.replace("\\|", "").count("|") for row in rows[2:]} == {5}


def test_a_broken_promise_is_in_its_row_and_in_the_head():
    told = faults_table.section([line(), line(name="503", broken=["1 answer is gone"])], "9 problems")
    assert "2 faults, 1 not as promised (503)" in told
    assert "**not as promised: 1 answer is gone** exit 0" in told


def test_what_was_not_run_is_named():
    assert "Not run: 429, html." in faults_table.section([line()], "9 problems", ["429", "html"])
    assert "Not run" not in faults_table.section([line()], "9 problems")


def test_the_section_is_replaced_and_the_rest_of_the_page_stays():
    page = f"# Reliability\n\nbefore\n\n{faults_table.BEGIN}old\n{faults_table.END}\nafter\n"
    once = faults_table.put(page, "new\n")
    assert once == page.replace("old", "new")
    assert faults_table.put(once, "new\n") == once


@pytest.mark.parametrize("page", ["", "# Reliability\n\nother words\n"])
def test_a_page_without_the_section_gets_it(page):
    made = faults_table.put(page, "new\n")
    assert f"{faults_table.BEGIN}new\n{faults_table.END}" in made
    assert made.startswith(page.strip() or "# Reliability")


def test_faults_are_chosen_by_name_and_by_how_names_begin():
    assert [fault.name for fault in faults.choose("429")] == ["429"]
    assert len(faults.choose("kill-train")) == 5
    with pytest.raises(ConfigError, match="no such fault"):
        faults.choose("429,nothing")


def test_every_fault_has_a_name_of_its_own():
    names = [fault.name for fault in faults.FAULTS]
    assert len(names) == len(set(names)) > 100

"""Faults of an endpoint under generate: what a server, a gateway or a load balancer answers instead of an answer.

`passing` ones hit every few requests once and go away by themselves: the first command is to end well. `lasting` ones stay
until somebody mends the endpoint or the key: the first command says so and exits with 1, the second goes on. `final` ones
are answers that would be the same another time: they are counted, are never trained on, and are asked again by
--retry_final alone.
"""

from collections.abc import Callable
from typing import Any

from bench.faults_compare import kept
from bench.faults_flow import Fault, check_words, compare, go_on, journals
from bench.faults_proxy import Break, Call, Script
from bench.faults_site import Trial
from data_gen.run_folder import errors_of

RIGHT, WRONG = "key-that-is-right-0001", "key-that-is-wrong-0002"


def every(count: int, broken: Break) -> Script:
    """Return a script that breaks every `count`-th request, at its first coming only."""
    return lambda call: broken if call.attempt == 1 and call.number % count == 0 else None


def passing(script: Script, **teacher: Any) -> Callable[[Trial], None]:
    """A fault that the first command gets over by itself."""

    def run(trial: Trial) -> None:
        trial.begin("generate", **teacher)
        trial.door.script = script
        first = trial.stage("generate")
        trial.tell(first)
        check_words(trial, first)
        trial.promise(first.status == 0, f"the first command: exit {first.status}")
        trial.promise(trial.door.broken.total() > 0, "nothing was broken: the benchmark is wrong")
        go_on(trial, "generate")

    return run


def lasting(script: Script, says: str) -> Callable[[Trial], None]:
    """A fault that stays until it is mended: exit 1, with a line that holds `says`."""

    def run(trial: Trial) -> None:
        trial.begin("generate", retries=1)
        trial.door.script = script
        first = trial.stage("generate")
        trial.tell(first, 2)
        check_words(trial, first)
        trial.promise(first.status == 1, f"the first command: exit {first.status}")
        trial.promise(says in " ".join(first.lines[-2:]), f"no word of {says!r}")
        trial.door.script = lambda call: None
        go_on(trial, "generate")

    return run


def final(broken: Break, error: str) -> Callable[[Trial], None]:
    """An answer that would be the same another time, to every 16th request whenever it is asked."""
    hit: set[str] = set()

    def script(call: Call) -> Break | None:
        if call.attempt == 1 and call.number % 16 == 0:
            hit.add(call.request)
        return broken if call.request in hit else None

    def run(trial: Trial) -> None:
        trial.begin("generate", retries=1)
        trial.door.script = script
        first = trial.stage("generate")
        trial.tell(first)
        check_words(trial, first)
        trial.promise(first.status == 0, f"the first command: exit {first.status}")
        failed = kept(errors_of(trial.run.traces))
        trial.promise(len(failed) == len(hit) > 0, f"{len(failed)} failures for {len(hit)} broken answers")
        trial.promise({row["error"] for row in failed.values()} == {error}, f"other errors than {error}")
        trial.promise(not failed.keys() & kept(trial.run.traces).keys(), "a broken answer is among the traces")
        asked = trial.door.asked.total()
        again = trial.stage("generate")
        trial.promise(again.status == 0, f"the same command again: exit {again.status}")
        trial.promise(trial.door.asked.total() == asked, "a final failure was asked again")
        trial.went.append(f"exit {again.status}, asked for 0; the endpoint mended and --retry_final")
        trial.door.script = lambda call: None
        held = journals(trial)
        retried = trial.retry_final()
        trial.promise(retried.status == 0, f"--retry_final: exit {retried.status}")
        trial.went.append(f"exit {retried.status}, asked for {trial.door.asked.total() - asked}")
        for ran in trial.after("generate", "mix"):
            trial.promise(ran.status == 0, f"a stage after it: exit {ran.status}")
        compare(trial, "mix", held)

    return run


def restarted(trial: Trial) -> None:
    """The server closes its port after 30 requests and opens it 4 s later."""
    trial.begin("generate")

    def script(call: Call) -> None:
        if call.number == 30:
            trial.door.restart(4.0)

    trial.door.script = script
    first = trial.stage("generate")
    trial.tell(first)
    check_words(trial, first)
    trial.promise(first.status == 0, f"the first command: exit {first.status}")
    go_on(trial, "generate")


def refused_key(after: int) -> Callable[[Trial], None]:
    """The key is wrong, from the request after `after` on; the second command has the right one. No file repeats a key."""

    def run(trial: Trial) -> None:
        trial.begin("generate", endpoint={"api_key_env": "FAULTS_TEACHER_KEY"})
        right = {"now": WRONG if after else RIGHT}

        def script(call: Call) -> Break | None:
            if call.number > after:
                right["now"] = RIGHT
            return None if call.key == f"Bearer {right['now']}" else Break("status", 401)

        trial.door.script = script
        trial.extra["FAULTS_TEACHER_KEY"] = WRONG
        first = trial.stage("generate")
        trial.tell(first)
        check_words(trial, first)
        trial.promise(first.status == 1, f"the first command: exit {first.status}")
        trial.promise("FAULTS_TEACHER_KEY" in first.lines[-1], "no word of which key")
        trial.extra["FAULTS_TEACHER_KEY"] = RIGHT
        go_on(trial, "generate")
        held = [path for path in trial.folder.rglob("*") if path.is_file() and _holds_a_key(path.read_bytes())]
        trial.promise(not held, f"a key stands in {', '.join(path.name for path in held)}")

    return run


def _holds_a_key(content: bytes) -> bool:
    return RIGHT.encode() in content or WRONG.encode() in content


def no_key(trial: Trial) -> None:
    """The variable that holds the key is not set."""
    trial.begin("generate", endpoint={"api_key_env": "FAULTS_TEACHER_KEY"})
    first = trial.stage("generate")
    trial.tell(first)
    check_words(trial, first)
    trial.promise(first.status == 1 and "FAULTS_TEACHER_KEY" in first.lines[-1], f"exit {first.status}, no word of the key")
    trial.promise(trial.door.asked.total() == 0, "asked without a key")
    trial.extra["FAULTS_TEACHER_KEY"] = RIGHT
    go_on(trial, "generate")


KIND = "endpoint"
ONCE = [  # name, what is answered, how, to every how manieth request at its first coming, keys of the teacher
    ("429", "HTTP 429 with Retry-After: 1", Break("status", 429, {"Retry-After": "1"}), 16, {}),
    ("429-bare", "HTTP 429 without Retry-After", Break("status", 429), 5, {}),
    ("500", "HTTP 500", Break("status", 500), 5, {}),
    ("503", "HTTP 503", Break("status", 503), 5, {}),
    ("reset", "a connection reset in the middle of the body", Break("reset"), 5, {}),
    ("cut-json", "JSON cut off, with status 200", Break("cut_json"), 5, {}),
    ("html", "an HTML page with status 200", Break("html"), 5, {}),
    ("wrong-type", "the right JSON as text/plain", Break("wrong_type"), 5, {}),
    ("no-choices", "an answer without choices", Break("no_choices"), 5, {}),
    ("no-content", "an empty content", Break("no_content"), 5, {}),
    ("hang", "no byte for longer than timeout_s: 3", Break("hang", seconds=6), 16, {"timeout_s": 3}),
    ("slow-bytes", "bytes that trickle for longer than timeout_s: 3", Break("slow", seconds=6), 16, {"timeout_s": 3}),
]
ALWAYS = [  # name, what is answered to every 16th request whenever it comes, how, the error that is noted
    ("length", "finish_reason length", Break("length"), "length"),
    ("empty", "an empty content", Break("no_content"), "empty"),
    ("malformed", "an answer without choices", Break("no_choices"), "malformed"),
]


def down(call: Call) -> Break | None:
    """Break everything after 40 requests."""
    return Break("status", 503) if call.number > 40 else None


def wrong_address(call: Call) -> Break:
    """Break everything."""
    return Break("html")


FAULTS = [
    *[
        Fault(name, KIND, f"{what}, once, to every {count}th request", passing(every(count, broken), **teacher))
        for name, what, broken, count, teacher in ONCE
    ],
    Fault("restart", KIND, "the server restarts: connections are refused for 4 s", restarted),
    Fault("down", KIND, "HTTP 503 to everything after 40 answers", lasting(down, "503")),
    Fault("wrong-url", KIND, "an HTML page to everything: a wrong base_url", lasting(wrong_address, "JSON")),
    Fault("401", KIND, "HTTP 401: the key is wrong", refused_key(0)),
    Fault("401-later", KIND, "HTTP 401 after 40 answers: the key was withdrawn", refused_key(40)),
    Fault("no-key", KIND, "the environment has no key", no_key),
    *[
        Fault(name, KIND, f"{what}, always, to every 16th request", final(broken, error))
        for name, what, broken, error in ALWAYS
    ],
]

"""How long `data_gen.generate` takes to go on with a large run that was killed near its end, and how much memory.

    python -m bench.client --resume=1000000 --row_bytes=2000

Writes a run folder under runs/bench/: a recipe, so many problems, and a 02_traces.jsonl that holds a trace of each but
the last few thousand, in an order in which answers may have come: near to that of the problems. Then runs the command
against an endpoint that answers at once, and prints when its first request came there, when it ended, and its peak
memory. The folder is removed.

What was just written is still in the page cache of a machine that has the memory; a cold disk adds the time to read it.
"""

import json
import random
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

from bench.instant_endpoint import instant_endpoint
from bench.watched import watched
from data_gen.cli import UserError
from data_gen.generate import teacher_requests
from data_gen.recipe import Recipe, load_recipe
from data_gen.run_folder import Run

MISSING = 4_000
IN_FLIGHT = 512  # in which order rows came into the journal before it was killed: shuffled among so many
RECIPE = """
sources: {{file: {{path: {problems}}}}}
teacher:
  model: instant
  endpoints: [{{base_url: "{url}", concurrency: {in_flight}}}]
  max_tokens: 4096
"""


def print_resume(rows: int, row_bytes: int) -> None:
    """Write the run, go on with it, print what it took. Raises UserError where generate fails."""
    missing = min(MISSING, rows // 10)
    made_in = Path("runs/bench")
    made_in.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=made_in, prefix="resume-") as temporary, instant_endpoint() as endpoint:
        recipe, run = Path(temporary) / "recipe", Run(Path(temporary) / "run")
        recipe.mkdir()
        run.data.mkdir(parents=True)
        text = RECIPE.format(problems=run.problems.resolve(), url=endpoint.url, in_flight=IN_FLIGHT)
        (recipe / "data.yaml").write_text(text, encoding="utf-8")
        started = time.monotonic()
        write_problems(run.problems, rows)
        write_traces(run, load_recipe(str(recipe)), rows - missing, row_bytes)
        sizes = [path.stat().st_size / 1e9 for path in (run.problems, run.traces)]
        print(f"{rows:,} problems ({sizes[0]:.2f} GB) and {rows - missing:,} traces ({sizes[1]:.2f} GB), ", end="")
        print(f"written in {time.monotonic() - started:.0f} s; {missing:,} requests are missing", flush=True)
        words = [sys.executable, "-m", "data_gen.generate", f"--recipe={recipe}", f"--run={run.folder}"]
        log = Path(temporary) / "log"
        went = watched(words, log)
        if went.status:
            raise UserError(f"data_gen.generate failed:\n{log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
        counts = endpoint.stats()
        written = sum(1 for _ in run.traces.open("rb"))
        if (counts["served"], written) != (missing, rows):
            raise UserError(f"{counts['served']:,} requests for {missing:,} missing; {written:,} traces of {rows:,}")
        first, last = counts["first"] - went.started, counts["last"] - went.started
        print(f"first request after {first:.1f} s, last answer after {last:.1f} s, end after {went.seconds:.1f} s; ", end="")
        print(f"{went.peak_mib:,.0f} MiB at its peak")


def write_problems(path: Path, rows: int) -> None:
    """Write so many problems of one kind."""
    problem = {
        "source": "file",
        "domain": "math",
        "question": "",
        "verifier": "math_answer",
        "gold": {"answer": "5"},
        "difficulty": None,
        "license": "CC0-1.0",
        "meta": {},
    }
    with path.open("w", encoding="utf-8") as file:
        for number in range(rows):
            problem["question"] = f"A box holds {number} red and {number % 97} blue marbles. How many does it hold in all?"
            file.write(json.dumps({"id": f"file-{number:09}"} | problem) + "\n")


def write_traces(run: Run, config: Recipe, rows: int, row_bytes: int) -> None:
    """Write the traces of the first `rows` requests as a killed run leaves them, each row about `row_bytes` long."""
    row = {
        "id": "ID",
        "sample": 0,
        "text": "TEXT",
        "reasoning": None,
        "finish_reason": "stop",
        "model": config.teacher.model,
        "usage": {"prompt_tokens": 40, "completion_tokens": row_bytes // 4},
        "request": "HASH",
        "seconds": 1.234,
    }
    line = json.dumps(row) + "\n"
    text = "So we add them: \\frac{1}{2} more, that is 5. " * (row_bytes // 40)
    spent = len(line) + len("file-000000000") + 16 - len("IDTEXTHASH")
    text = json.dumps(text[: max(1, row_bytes - spent - row_bytes // 45)])[1:-1]
    before, _, rest = line.partition("ID")
    between, _, after = rest.replace("TEXT", text).partition("HASH")
    shuffled = random.Random(0)
    with run.traces.open("w", encoding="utf-8") as file:
        waiting = teacher_requests(config, run)
        while rows:
            some = [(one.id, one.hash) for one in islice(waiting, min(rows, IN_FLIGHT))]
            rows -= len(some)
            shuffled.shuffle(some)
            file.writelines(f"{before}{one}{between}{hashed}{after}" for one, hashed in some)

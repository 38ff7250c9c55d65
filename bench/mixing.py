"""Time and memory of mix and export on synthetic rows, at several sizes: time grows linearly, memory hardly.

    python -m bench.mixing [--rows=250000,500000,1000000] [--row_bytes=2000] [--config=quickstart]

Writes a run folder under runs/bench/ with so many problems, rewritten traces and right verdicts, runs the two commands, and
prints seconds and peak memory of each (of the largest process of its family), and the size of the dataset. With --config the
rows are measured and loaded back by LLaMA-Factory with that training YAML's tokenizer, which is most of the time.
"""

import json
import sys
import tempfile
from pathlib import Path

from bench.resume import write_problems
from bench.watched import watched
from data_gen.cli import UserError, command
from data_gen.journal import write_text
from data_gen.records import Problem, graded_hash, read_records
from data_gen.run_folder import Run

RECIPE = """
sources: {{file: {{path: {problems}}}}}
student: {{config: {config}}}
teacher: {{model: m}}
mix: {{quotas: {{math: {quota}}}}}
"""
DROPPED = 10  # every tenth answer is wrong


def main(rows: str = "250000,500000,1000000", row_bytes: int = 2000, config: str = "none") -> None:
    """Print seconds and peak memory of mix and export for each number of rows, comma-separated."""
    print("| rows | 03_rewritten | mix | | export | | dataset |")
    print("|---|---|---|---|---|---|---|")
    for count in (int(text) for text in rows.split(",")):
        with tempfile.TemporaryDirectory(dir=_made_in(), prefix="mixing-") as temporary:
            recipe, run = Path(temporary) / "recipe", Run(Path(temporary) / "run")
            recipe.mkdir()
            run.data.mkdir(parents=True)
            text = RECIPE.format(problems=run.problems.resolve(), config=config, quota=count // 2)
            (recipe / "data.yaml").write_text(text, encoding="utf-8")
            write_problems(run.problems, count)
            write_traces(run, row_bytes)
            cells = [f"{count:,}", f"{run.rewritten.stat().st_size / 1e9:.2f} GB"]
            for stage in ("mix", "export"):
                log = Path(temporary) / f"{stage}.log"
                words = [sys.executable, "-m", f"data_gen.{stage}", f"--recipe={recipe}", f"--run={run.folder}"]
                went = watched(words, log)
                if went.status:
                    raise UserError(f"{stage} failed:\n{log.read_text('utf-8', 'replace')[-2000:]}")
                cells += [f"{went.seconds:.1f} s", f"{went.peak_mib:,.0f} MiB"]
            cells.append(f"{sum(path.stat().st_size for path in run.dataset.rglob('*') if path.is_file()) / 1e9:.2f} GB")
            print(f"| {' | '.join(cells)} |", flush=True)


def _made_in() -> Path:
    folder = Path("runs/bench")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_traces(run: Run, row_bytes: int) -> None:
    """Write a rewritten trace and a verdict for every problem."""
    step = "So we add them: \\frac{1}{2} more, that is 5. "
    thought = (step * (row_bytes // len(step) + 1))[:row_bytes]
    with run.rewritten.open("w", encoding="utf-8") as traces, run.verdicts.open("w", encoding="utf-8") as verdicts:
        for number, problem in enumerate(read_records(run.problems, Problem)):
            trace = {"id": problem.id, "sample": 0, "text": "", "model": "m", "thought": thought, "rewriter": "rules"}
            trace |= {"solution": f"It holds {number} marbles: \\boxed{{{number}}}"}
            traces.write(json.dumps(trace) + "\n")
            right = bool(number % DROPPED)
            verdict = {"id": problem.id, "sample": 0, "ok": right, "reason": "correct" if right else "wrong"}
            verdict |= {"verifier_version": "bench", "graded": graded_hash(trace, problem, "layered")}
            verdicts.write(json.dumps(verdict) + "\n")
    write_text(run.manifest, json.dumps({"run": run.name, "stages": {}}))


if __name__ == "__main__":
    command(main)

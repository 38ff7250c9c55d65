"""A run as files, small enough that every number of its report can be counted by hand, and how to read the report.

    run = written_run(tmp_path / "run")
    told(run)["report.md"]         the three files of the report, written and read
    cells(section(text, "Loss"), "c")      a line of a table

Its numbers were measured by nobody.
"""

import json
from pathlib import Path
from typing import Any

from data_gen.run_folder import Run
from eval import report

PROBLEMS = 20  # two answers each; numina: even ones, math, of difficulty 1 to 4; apps: odd ones, code, of none


def lines(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write rows as JSON Lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def problem(number: int) -> dict[str, Any]:
    source, domain = ("numina", "math") if number % 2 == 0 else ("apps", "code")
    known = {"difficulty": float(number // 2 % 4 + 1), "meta": {"difficulty_scale": "level"}} if domain == "math" else {}
    return {"id": f"p-{number:02}", "source": source, "domain": domain, "question": "q", "gold": {}, **known}


def verdict(number: int, sample: int, ok: bool | None, tier: str | None) -> dict[str, Any]:
    reason = "correct" if ok else "undecided" if ok is None else "wrong"
    return {"id": f"p-{number:02}", "sample": sample, "ok": ok, "reason": reason, "tier": tier, "sandbox": "landlock"}


def written_run(folder: Path, solved: int = 6) -> Run:
    """Write a run whose trained model is right on the first `solved` of 10 problems, and its base on the first 3."""
    run = Run(folder)
    lines(run.problems, [problem(n) for n in range(PROBLEMS)])
    both = [(n, sample) for n in range(PROBLEMS) for sample in (0, 1)]
    usage = [{"prompt_tokens": 10, "completion_tokens": 100 + n} for n, _ in both]
    lines(
        run.traces,
        [{"id": f"p-{n:02}", "sample": s, "text": "t", "usage": u} for (n, s), u in zip(both, usage, strict=True)],
    )
    # As written: every first sample is right. As rewritten: all of math, no code; of problem 0 both were dropped.
    lines(run.verdicts_before, [verdict(n, s, s == 0, "number") for n, s in both])
    after = []
    for n, sample in both[2:]:
        math, undecided = n % 2 == 0, n == 1
        after.append(verdict(n, sample, None if undecided else math, "number" if math else None))
    lines(run.verdicts, after)
    row = {"source": "numina", "domain": "math", "tier": "number", "license": "MIT", "ok": True, "sample": 0}
    row |= {"teacher": "owner/teacher", "rewriter": "r"}
    lines(run.mixture, [row | {"id": f"p-{n:02}", "tokens": 200 + n} for n in range(2, PROBLEMS, 2)])
    run.dataset.mkdir()
    (run.dataset / "mine.jsonl").write_text("")
    funnel = [
        {"stage": "collect", "in": 30, "kept": PROBLEMS, "unit": "problems", "reasons": {"duplicate": 10}},
        {"stage": "generate", "in": 43, "kept": 40, "unit": "traces", "reasons": {"length": 3}},
        {"stage": "mix", "in": 38, "kept": 9, "unit": "rows", "reasons": {"wrong": 28, "over_cutoff": 1}},
    ]
    funnel[0]["by_source"] = {"numina": {"in": 20, "kept": 10, "reasons": {"duplicate": 10}}}
    run.funnel.write_text(json.dumps(funnel))
    training = {"model_name_or_path": "owner/base", "finetuning_type": "lora", "num_train_epochs": 2.0}
    training["learning_rate"] = 1e-5
    stages: dict[str, Any] = {name: {"settings": {}, "finished": True, "seconds": 30.0} for name in ORDER}
    stages["collect"]["revisions"] = {"AI-MO/NuminaMath-CoT": "9d8d210c"}
    stages["generate"] |= {"usage": {"prompt_tokens": 400, "completion_tokens": 4380, "seconds": 20.0}, "dollars": 1.25}
    stages["generate"]["settings"] = {"teacher": {"model": "owner/teacher", "max_tokens": 500, "samples": 2}}
    stages["mix"]["settings"] = {"mix": {"pick": "shortest"}, "training": {"cutoff_len": 1024}}
    stages["train c"] = {"settings": {"config": "c", "training": training}, "finished": True, "seconds": 200.0}
    trained: dict[str, Any] = {"rows": 9, "tokens": 1000, "epochs": 2.0, "steps": 4, "tokens_per_second": 11.0}
    trained |= {
        "planned": {"seconds": 100.0, "tokens": 2000.0, "dollars": None},
        "spent": {"seconds": 180.0, "dollars": None},
    }
    trained |= {"losses": [[1, 2.0], [2, 1.5], [3, 1.0], [4, 0.5]], "conditions": {"gpu": "H100", "gpus": 8, "nodes": 2}}
    run.model("c").mkdir(parents=True)
    (run.model("c") / "train.json").write_text(json.dumps(trained))
    for model, right in (("base", 3), ("trained", solved)):
        evaluated(run, stages, model, right)
    environment = {"commit": "0123456789ab", "python": "3.11.7", "packages": {"openai": "3.54.0"}, "cpus": 2}
    manifest = {"run": run.name, "stages": stages, "environment": environment, "benchmarks": {"mine": {"questions": 10}}}
    run.manifest.write_text(json.dumps(manifest))
    return run


ORDER = ("collect", "generate", "rewrite", "verify", "mix", "export")


def evaluated(run: Run, stages: dict[str, Any], model: str, right: int, benchmark: str = "mine") -> None:
    """Write verdicts and scores of a model on 10 problems, and the stage that made them."""
    lines(run.eval(model, benchmark) / "verdicts.jsonl", [{"id": f"q{n}", "sample": 0, "ok": n < right} for n in range(10)])
    result = {"metric": "accuracy", "value": right / 10, "ci95": [0.1, 0.9]}
    shares = {"n": 10, "n_samples": 1, "no_answer": 0.0, "truncated": 0.2, "undecided": 0.0, "date": "2026-01-03"}
    scores = {"model": model, "benchmark": benchmark, "weights": f"owner/{model}", "results": [result], **shares}
    (run.eval(model, benchmark) / "scores.json").write_text(json.dumps(scores))
    settings = {"weights": f"owner/{model}", "origin": None, "samples": 1, "sampling": {"max_tokens": 50}}
    used = {"prompt_tokens": 70, "completion_tokens": 90, "seconds": 3.0}
    stages[f"eval {model} {benchmark}"] = {"settings": settings, "finished": True, "seconds": 5.0, "usage": used}


def edited(run: Run, **stages: Any) -> None:
    """Change stages in the manifest; None takes one out."""
    manifest = json.loads(run.manifest.read_text())
    for name, change in stages.items():
        if change is None:
            del manifest["stages"][name]
        else:
            manifest["stages"][name] |= change
    run.manifest.write_text(json.dumps(manifest))


def told(run: Run) -> dict[str, str]:
    """Return the text of the three files of a run's report."""
    report.main(run=str(run.folder))
    return {name: (run.report / name).read_text() for name in ("index.html", "report.md", "summary.json")}


def section(markdown: str, heading: str) -> str:
    """Return a section of report.md."""
    found = markdown.partition(f"\n## {heading}\n")[2]
    assert found, heading
    return found.partition("\n## ")[0]


def cells(markdown: str, first: str) -> list[str]:
    """Return the cells of the first line of a table that begins with `first`."""
    line = next(line for line in markdown.splitlines() if line.startswith(f"| {first} "))
    return [cell.strip() for cell in line.split("|")[1:-1]]

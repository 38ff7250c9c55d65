"""rescore: the responses that a run keeps, graded anew by the verifiers as they are now. Nobody is asked anything.

    python -m eval.rescore --run=runs/quickstart [--model=base,trained] [--benchmarks=heldout]        (make score)

    score     base on heldout: accuracy 42.6% -> 43.0%, accuracy_last_number 42.6% (as before); 1 wrong -> right of 263

Writes verdicts.jsonl and scores.json anew, and the verifier's version into the manifest, so that `make eval` takes the new
scores for its own. How the model was asked stands in the manifest; a run whose answers are not all there is passed over.
Of the regression set the answers in chat (ifeval, mgsm) are graded anew; a likelihood is a number, and stays what it is.
"""

from collections import Counter
from pathlib import Path
from typing import Any

from data_gen.cli import ConfigError, Unfinished, UserError, command
from data_gen.journal import Journal
from data_gen.manifest import edit_manifest, read_manifest
from data_gen.records import key, read_rows
from data_gen.responses import Sampling
from data_gen.run_folder import Run
from eval.asking import Protocol
from eval.measure import Job, measure, questions_of
from eval.names import listed
from eval.regression_chat import in_chat
from eval.regression_score import score
from eval.regression_sets import SETS as REGRESSION
from eval.regression_sets import ready
from eval.score import read_scores


def main(run: str, model: str | None = None, benchmarks: str | None = None, allow_weak_sandbox: bool = False) -> None:
    """Grade what is kept of the models and benchmarks named, or of all that the run has, and print old and new values."""
    folder = Run(Path(run))
    jobs = _jobs(folder, allow_weak_sandbox)
    there = ", ".join(f"{job.model} on {job.benchmark}" for job in jobs) or "none; `make eval` first"
    models = _among("model", model, [job.model for job in jobs], there)
    named = _among("benchmarks", benchmarks, [job.benchmark for job in jobs], there)
    wanted = [job for job in jobs if job.model in models and job.benchmark in named]
    if not wanted:
        raise ConfigError(f"{folder.folder}: nothing of those names was evaluated; there are: {there}")
    faults = []
    for job in wanted:
        try:
            print(f"score     {rescore(job, folder)}")
        except UserError as error:  # the others are graded
            faults.append(f"{job.model} on {job.benchmark}: not graded: {error}")
    if faults:
        raise UserError("\n".join(faults))


def rescore(job: Job, run: Run) -> str:
    """Grade one model's responses to one benchmark and return the line that compares the scores before and after. Raises
    Unfinished where a response is missing; `make eval` then asks for it."""
    folder = run.eval(job.model, job.benchmark)
    scored, verdicts = folder / "scores.json", folder / "verdicts.jsonl"
    values = {row["metric"]: row["value"] for row in read_scores(scored)["results"]} if scored.is_file() else {}
    with Journal(verdicts, tag="graded") as journal:  # a grading that was killed may have torn a line
        old = {one: row["ok"] for one in journal if "ok" in (row := journal.read(one))}
    try:
        result = _graded(job, run)
    except Unfinished:
        with edit_manifest(run) as manifest:
            manifest["stages"][job.stage]["finished"] = False
        raise
    with edit_manifest(run) as manifest:
        manifest["stages"][job.stage]["settings"]["verifier_version"] = result["verifier_version"]
    changed = Counter((old[key(row)], row["ok"]) for row in read_rows(verdicts) if old.get(key(row), row["ok"]) != row["ok"])
    compared = ", ".join(_compared(row["metric"], values.get(row["metric"]), row["value"]) for row in result["results"])
    samples = result["counts"]["samples"]
    return f"{job.model} on {job.benchmark}: {compared}; {_changed(changed)} of {samples:,}"


def _graded(job: Job, run: Run) -> dict[str, Any]:
    """Write the scores of the responses that are there, and return what scores.json holds."""
    if job.benchmark in REGRESSION:
        ready(job.benchmark)
        return score(job, run, *in_chat(job, run, ask=None))
    return measure(job, run, ask=None, anew=True)


def _compared(metric: str, old: float | None, new: float) -> str:
    if old is None:
        return f"{metric} {new:.1%} (new)"
    return f"{metric} {new:.1%} (as before)" if old == new else f"{metric} {old:.1%} -> {new:.1%}"


def _changed(changed: "Counter[tuple[bool | None, bool | None]]") -> str:
    """Return what became of verdicts that are other than before: "2 wrong -> right"."""
    names = {True: "right", False: "wrong", None: "undecided"}
    return ", ".join(f"{count:,} {names[a]} -> {names[b]}" for (a, b), count in changed.most_common()) or "no change"


def _among(option: str, text: str | None, held: list[str], there: str) -> list[str]:
    """Return the names that an option lists, or all that are held. Raises ConfigError for one that is not."""
    names = held if text is None else [name.replace("/", "--") for name in listed(option, text)]  # as their folders
    if unknown := [name for name in names if name not in held]:
        raise ConfigError(f"--{option}: {', '.join(unknown)}: nothing of that name was evaluated; there are: {there}")
    return names


def _jobs(run: Run, allow_weak_sandbox: bool) -> list[Job]:
    """Return what the run has evaluated, as its manifest tells how. Raises UserError where there is no run."""
    if not run.manifest.is_file():
        raise UserError(f"{run.folder}: no run there (no manifest.json)")
    jobs = []
    for name, record in read_manifest(run)["stages"].items():
        if not name.startswith("eval "):
            continue
        model, _, benchmark = name.removeprefix("eval ").rpartition(" ")  # the folder of a model may have spaces
        if benchmark in REGRESSION and not REGRESSION[benchmark].chat:
            print(f"score     {model} on {benchmark}: passed over, likelihoods are not graded")
            continue
        if not record["finished"] or not (benchmark in REGRESSION or questions_of(run, benchmark).is_file()):
            print(f"score     {model} on {benchmark}: passed over, not finished (`make eval` goes on)")
            continue
        settings: dict[str, Any] = record["settings"]
        sampling = Sampling(settings["weights"], **settings["sampling"])
        protocol = Protocol(sampling, settings["seed"], settings["system_prompt"], settings["shots"])
        jobs.append(Job(model, benchmark, protocol, settings["samples"], record["limit"], allow_weak_sandbox))
    return jobs


if __name__ == "__main__":
    command(main)

"""What an evaluation that was begun may go on with, though its settings are not those of before.

go_on(run, job, settings, VERSION)      -> None; the stage that is opened next goes on, or refuses in one line what differs

`samples` may be raised: the answers there are stay, as with a larger limit. What has no score yet is graded by the verifiers
of today; a score of older ones is refused, for `make score` renews it and asks nobody. A folder of weights is known by a
hash of their content: where none was kept, or the folder is on another machine, there is nothing to compare.
"""

from typing import Any

from data_gen.cli import ConfigError
from data_gen.manifest import changed_keys, edit_manifest
from data_gen.run_folder import Run
from eval.measure import Job


def go_on(run: Run, job: Job, settings: dict[str, Any], version: str) -> None:
    """Let a stage go on where only that is different. Raises ConfigError where a score is an older verifier's."""
    with edit_manifest(run) as manifest:
        before = manifest["stages"].get(job.stage)
        if before is None:
            return
        told, graded_by = before["settings"], before["settings"].get("verifier_version")
        was, now = told.get("origin"), settings["origin"]
        if was is None and isinstance(now, str):
            told["origin"] = now  # evaluated before the content of a folder was recorded
        if now is None and isinstance(was, str):
            settings["origin"] = was  # served elsewhere: the folder is not on this machine
        if not before["finished"]:
            told["verifier_version"] = graded_by = version
        more = {"samples": job.samples} if told.get("samples", 0) < job.samples else {}
        if changed_keys(told | more | {"verifier_version": version}, settings):
            return  # other edits too: the stage tells which
        if graded_by != version:
            raise ConfigError(
                f"{job.model} on {job.benchmark} was scored by {graded_by}, not by {version} as now: `make score` grades "
                "the kept responses anew and asks nobody"
            )
        if more:
            told["samples"] = job.samples
            before["finished"] = False

"""The section Where and with what: commit, versions, processors, sandbox, revisions, hashes of inputs."""

from typing import Any

from eval.reporting.blocks import Fold, Part, Table, Text
from eval.reporting.wording import UNKNOWN, told

Summary = dict[str, Any]


def environment(summary: Summary) -> list[Part]:
    """Return where the numbers were made, and out of what."""
    provenance = summary["provenance"]
    parts: list[Part] = [environment_table(summary["environment"], provenance)]
    revisions = revision_table(provenance)
    parts.append(revisions if revisions.rows else Text("Nothing was read from a hub, so no revision was resolved."))
    hashes = hash_table(provenance)
    return [*parts, Fold("Hashes of inputs", [hashes])] if hashes.rows else parts


def environment_table(environment: dict[str, Any], provenance: dict[str, Any]) -> Table:
    """Return where the numbers were made."""
    gpus, nodes = provenance["gpus"], provenance["nodes"]
    each = f"{gpus} x {provenance['gpu']}" if gpus else "none" if gpus == 0 else UNKNOWN
    machines = f"{each} on each of {nodes} machines" if gpus and nodes and nodes > 1 else each
    commit = str(environment.get("commit") or UNKNOWN)
    if commit.endswith("-dirty"):
        commit += " (there were changes that no commit holds)"
    packages = ", ".join(f"{name} {version}" for name, version in (environment.get("packages") or {}).items())
    sandbox = "; ".join(f"{name}: {told(levels)} programs" for name, levels in provenance["sandbox"].items())
    facts = [
        ["commit", commit],
        ["first and last stage", f"{provenance['first'] or UNKNOWN} to {provenance['last'] or UNKNOWN}"],
        ["Python", str(environment.get("python") or UNKNOWN)],
        ["packages", packages or UNKNOWN],
        ["CPU cores", f"{environment.get('cpus') or UNKNOWN} ({environment.get('machine') or UNKNOWN})"],
        ["GPUs of the training", machines],
        ["sandbox", sandbox or "no program of a model was run"],
        ["verifiers", provenance["verifier"] or UNKNOWN],
    ]
    return Table("As the manifest has them, of the stage that began last", ["what", "as recorded"], facts)


def revision_table(provenance: dict[str, Any]) -> Table:
    """Return the revisions at which repositories were read."""
    lines = [[repo, revision or UNKNOWN] for repo, revision in provenance["revisions"].items()]
    return Table("Revisions that were read", ["repository", "revision"], lines)


def hash_table(provenance: dict[str, Any]) -> Table:
    """Return the hashes of what each stage read."""
    lines = [
        [stage, name, digest or UNKNOWN] for stage, inputs in provenance["inputs"].items() for name, digest in inputs.items()
    ]
    return Table("Hashes of what each stage read", ["stage", "file", "sha256"], lines)

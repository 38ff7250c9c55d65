"""The tables of what a run took, where it was made, and what was not run."""

from typing import Any

from eval.reporting.blocks import Table
from eval.reporting.wording import UNKNOWN, count, duration, money, told

Rows = list[dict[str, Any]]
COSTS_NOTE = (
    "Planned is what was worked out before anything was spent: `at most` is requests x max_tokens, which no answer can "
    "pass; `about` is the published mean of a benchmark. Unknown: nobody planned it, or the YAML has no price. Time of a "
    "training is that of LLaMA-Factory's own process; of other stages, of the whole command, all its runs together. Stages "
    "without a plan cost nothing but time."
)


def cost_table(costs: Rows, totals: dict[str, Any]) -> Table:
    """Return seconds, tokens and dollars of each stage, planned and spent, and what all took."""
    header = [
        "stage",
        "time planned",
        "time spent",
        "tokens planned",
        "tokens spent",
        "read",
        "tokens/s",
        "$ planned",
        "$ spent",
    ]
    lines = []
    for row in costs:
        tokens = row.get("trained_tokens") or row["completion_tokens"]
        asked = tokens["spent"] is not None or tokens["planned"] is not None
        free = not asked and row["dollars"]["spent"] is None and not row["stage"].startswith("train ")
        lines.append(
            [
                row["stage"],
                "" if free else duration(row["seconds"]["planned"]),
                duration(row["seconds"]["spent"]),
                _planned(tokens["planned"], row) if asked else "",
                count(tokens["spent"]) if asked else "",
                count(row["prompt_tokens"]["spent"]) if row["prompt_tokens"]["spent"] is not None else "",
                count(row["tokens_per_second"]) if row["tokens_per_second"] else "",
                "" if free else money(row["dollars"]["planned"]),
                "" if free else money(row["dollars"]["spent"]),
            ]
        )
    sums = ["all", "", duration(totals["seconds"]), "", count(totals["completion_tokens"]), count(totals["prompt_tokens"])]
    lines.append([*sums, "", "", money(totals["dollars"])])
    caption = "Planned against spent; tokens are those that were written, or trained on; `read` are those of prompts"
    return Table(caption, header, lines if costs else [], COSTS_NOTE if costs else "")


def _planned(tokens: float | None, row: dict[str, Any]) -> str:
    if tokens is None:
        return UNKNOWN
    if row["stage"].startswith("train "):
        return count(tokens)
    return f"{'at most' if row['bound'] else 'about'} {tokens:,.0f}"


def how_planned(costs: Rows) -> Table:
    """Return what the plans were made of."""
    lines = [[row["stage"], row["says"]] for row in costs if row["says"]]
    return Table("What the plans are made of", ["stage", "plan"], lines)


def loss_table(losses: dict[str, dict[str, Any]]) -> Table:
    """Return each training with its first and last loss."""
    header = ["config", "rows", "tokens an epoch", "epochs", "steps", "first loss", "last loss"]
    lines = []
    for config, one in losses.items():
        none = "not a number" if one["not_finite"] else UNKNOWN
        ends = [none if one[name] is None else f"{one[name]:.4f}" for name in ("first", "last")]
        epochs = UNKNOWN if one["epochs"] is None else f"{one['epochs']:g}"
        lines.append([config, count(one["rows"]), count(one["tokens"]), epochs, count(one["steps"]), *ends])
    return Table("Trainings", header, lines)


def loss_steps(losses: dict[str, dict[str, Any]], most: int = 24) -> Table:
    """Return the loss at some steps of each training, evenly spread."""
    lines = []
    for config, one in losses.items():
        every = max(1, -(-len(one["losses"]) // most))
        lines += [[config, f"{step:,.0f}", f"{loss:.4f}"] for step, loss in one["losses"][::every]]
    return Table(f"Loss at up to {most} steps", ["config", "step", "loss"], lines)


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


def not_run_table(not_run: Rows) -> Table:
    """Return what was not run, why, and what would run it."""
    lines = [[row["what"], row["kind"], row["why"], f"`{row['then']}`" if row["then"] else ""] for row in not_run]
    return Table("What this report cannot tell", ["what", "kind", "why", "what runs it"], lines)

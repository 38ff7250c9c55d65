"""The dataset's card, README.md in the hub's format: what is in it, how it was made, what was removed, and from where.

    card("sky_t1_preview", read_manifest(run), read_funnel(run), counts, "sky_t1_preview")
    -> "---\\nlicense: apache-2.0\\nsize_categories: 10K<n<100K\\n...---\\n\\n# sky_t1_preview\\n\\n16,000 reasoning ..."

Everything is read from the run's manifest, which is what made the rows, never from a YAML that may have been edited since.
What a run does not know (a language, a licence, lengths nobody measured) is not claimed. The front matter is that of
https://github.com/huggingface/hub-docs/blob/main/datasetcard.md, written by huggingface_hub without a network.
"""

import re
import string
from collections import Counter
from collections.abc import Iterable
from typing import Any

from data_gen.composition import ACCEPTED, UNKNOWN, Composition
from data_gen.config import PACKAGE

# Of the identifiers in https://huggingface.co/docs/hub/repositories-licenses, those that questions come under.
HUB_LICENSES = ("apache-2.0", "mit", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "bsd-3-clause", "gpl-3.0")
SIZES = {1_000: "n<1K", 10_000: "1K<n<10K", 100_000: "10K<n<100K", 1_000_000: "100K<n<1M", 10_000_000: "1M<n<10M"}
REMOVED = ("duplicate", "near_duplicate", "contaminated", "difficulty", "self_test")

Json = dict[str, Any]


def card(name: str, manifest: Json, funnel: list[Json], counts: Composition, recipe: str) -> str:
    """Return the card of a dataset that a run with this manifest and these funnel lines exported; `recipe` is the recipe's
    path below recipes/."""
    settings = {stage: record["settings"] for stage, record in manifest["stages"].items()}
    template = string.Template((PACKAGE / "templates/dataset_card.md").read_text(encoding="utf-8"))
    text = template.substitute(
        front_matter=front_matter(name, counts),
        name=name,
        claim=_claim(settings, counts),
        composition=_composition(counts),
        lengths=_lengths(counts),
        making=_making(manifest, settings, counts),
        removed=_removed(settings, funnel),
        funnel=_funnel([line for line in funnel if line["stage"] != "export"]),
        prompts="\n\n".join(folded(title, text) for title, text in _prompts(settings)),
        licenses=table(("licence of the question", "rows"), _most(counts.licenses)),
        provenance=_provenance(manifest, recipe),
    )
    return re.sub(r"\n{3,}", "\n\n", text)


def front_matter(name: str, counts: Composition) -> str:
    """Return the YAML that the hub reads."""
    from huggingface_hub import DatasetCardData  # 0.1 s, so only where it is used

    own = {license: license.lower() if license.lower() in HUB_LICENSES else "other" for license in counts.licenses}
    known = sorted({UNKNOWN if license == UNKNOWN else own[license] for license in own})
    mixed = len(known) > 1 and not set(known) <= set(HUB_LICENSES)
    return DatasetCardData(
        pretty_name=name,
        license="other" if mixed else known[0] if len(known) == 1 else known,
        license_name="as-listed-in-the-card" if mixed or known == ["other"] else None,
        task_categories=["text-generation"],
        tags=["reasoning", "distillation", "synthetic", "sharegpt", "llama-factory"],
        size_categories=next((size for below, size in SIZES.items() if counts.rows < below), "10M<n<100M"),
        configs=[{"config_name": "default", "data_files": [{"split": "train", "path": "data/train-*.parquet"}]}],
    ).to_yaml()


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a Markdown table; whole numbers get thousands separators."""
    lines = [list(head), *([f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _claim(settings: Json, counts: Composition) -> str:
    if "adopt" in settings.get("mix", {}):
        origin = settings["mix"]["adopt"]
        return (
            f"{counts.rows:,} reasoning traces out of {origin['name']}, as they were published there. **Answers were not "
            f"verified here**, nor were they checked for contamination."
        )
    verifies = settings.get("mix", {}).get("verify", {}).get("enabled", True)
    made = counts.rows - counts.accepted
    checked = (
        f"Each of {made:,} answers was decided right by a verifier; undecided ones were dropped."
        if verifies
        else f"**Answers were not verified**: the recipe switches that off; {counts.unverified:,} were not found right."
    )
    taken = (
        f" {counts.accepted:,} rows came with their answers and are taken at their authors' word." if counts.accepted else ""
    )
    return f"{counts.rows:,} reasoning traces as ShareGPT rows: a thought and a solution each. {checked}{taken}"


def _composition(counts: Composition) -> str:
    rows = ((source, domain, tier, count) for (source, domain, tier), count in sorted(counts.kinds.items()))
    text = table(("source", "domain", "decided by", "rows"), rows)
    if counts.accepted:
        text += f"\n\n`{ACCEPTED}`: {counts.accepted:,} rows that nothing here checks, accepted where they were published."
    return text


def _lengths(counts: Composition) -> str:
    lengths = counts.lengths()
    if lengths is None:
        return "Lengths in tokens: not measured."
    text = (
        f"Tokens of a whole row, by the student's own template: mean {lengths['mean']:,}, median {lengths['p50']:,}, "
        f"95 % within {lengths['p95']:,}, longest {lengths['max']:,}; {counts.tokens:,} in all."
    )
    return f"{text}\n\n{table(('tokens, up to', 'rows'), ((int(top), n) for top, n in lengths['histogram'].items()))}"


def _making(manifest: Json, settings: Json, counts: Composition) -> str:
    if "adopt" in settings.get("mix", {}):
        return f"By others: {settings['mix']['adopt']['name']} was published with them.\n\n" + table(
            ("answers by, as published", "rows"), _most(counts.teachers)
        )
    rows = []
    for stage, key, what in (
        ("label", "label", "rates difficulty"),
        ("generate", "teacher", "answers"),
        ("rewrite", "chat", ""),
    ):
        model = settings.get(stage, {}).get(key)
        if model:
            sampling = ", ".join(f"{name} {model[name]}" for name in ("temperature", "top_p", "max_tokens", "samples"))
            rows.append((what or "rewrites into thought and solution", f"`{model['model']}`", sampling))
    text = table(("", "model", "sampling"), rows) if rows else "No model was asked."
    text += "\n\n" + table(("answers by", "rows"), _most(counts.teachers))
    text += "\n\n" + table(("put into thought and solution by", "rows"), _most(counts.rewriters))
    verify, mix = settings.get("verify", {}), settings.get("mix", {})
    if verify:
        on = "on" if verify["verify"]["enabled"] else "**off**"
        sandbox = ", ".join(manifest["stages"]["verify"].get("sandbox") or {}) or "no programs were run"
        text += (
            f"\n\nVerification {on} (math: {verify['verify']['math']}; verifier {verify['verifier_version']}; sandbox: "
            f"{sandbox})."
        )
    if "mix" in mix:
        chosen = mix["mix"]
        text += (
            f"\nOf each question {chosen['per_question']} answer at most, the {chosen['pick']}; quotas: "
            f"{_told(chosen['quotas'] or {}) or 'none'}; seed {mix['seed']}."
        )
    return text


def _removed(settings: Json, funnel: list[Json]) -> str:
    collect = settings.get("collect")
    if collect is None:
        return "**Not decontaminated.** Nothing was removed but what the table says."
    against = collect["decontaminate"]
    found: Counter[str] = Counter()
    for line in funnel:
        found.update({reason: count for reason, count in line["reasons"].items() if reason in REMOVED})
    checked = (
        f"Questions of {', '.join(against['against'])} were removed: those that share a run of {against['ngram']} words "
        f"with one, or whose runs of three words are as like as {against['near']} (Jaccard)."
        if against["against"]
        else "**Not decontaminated**: the recipe names no benchmark."
    )
    dedup = collect["dedup"]
    near = (
        f"near duplicates from a similarity of {dedup['minhash']} (MinHash)" if dedup["minhash"] else "not near duplicates"
    )
    return (
        f"{checked} Duplicates: {'equal questions' if dedup['exact'] else 'not equal questions'}, {near}.\n"
        f"Removed: {_told(found) or 'none'}."
    )


def _funnel(lines: list[Json]) -> str:
    head = ("stage", "in", "kept", "", "dropped")
    text = table(head, ((r["stage"], r["in"], r["kept"], r["unit"], _told(r["reasons"])) for r in lines))
    sources = [
        (line["stage"], source, found["in"], found["kept"], _told(found["reasons"]))
        for line in lines
        for source, found in line.get("by_source", {}).items()
    ]
    return f"{text}\n\n{table(('stage', 'source', 'in', 'kept', 'dropped'), sources)}" if sources else text


def _prompts(settings: Json) -> list[tuple[str, str]]:
    """Return (title, text) of every prompt that made the rows."""
    found = [("System prompt of every row", settings["export"]["student"]["system_prompt"])]
    for stage, key, who in (
        ("label", "label", "Rater"),
        ("generate", "teacher", "Teacher"),
        ("rewrite", "chat", "Rewriter"),
    ):
        model = settings.get(stage, {}).get(key) or {}
        found += [
            (f"{who}: {what}", model[part])
            for part, what in (("system_prompt", "system prompt"), ("few_shot", "examples"))
            if model.get(part)
        ]
    return found


def folded(title: str, text: str) -> str:
    """Return a text word for word, folded away, in a fence longer than any in it."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"<details><summary>{title}</summary>\n\n{fence}text\n{text}\n{fence}\n\n</details>"


def _provenance(manifest: Json, recipe: str) -> str:
    stages, made = manifest["stages"], manifest.get("environment", {})
    origins = {repo: at for stage in ("collect", "mix") for repo, at in stages.get(stage, {}).get("revisions", {}).items()}
    compared = manifest.get("benchmarks", {}).values()
    origins |= {entry["repo"]: entry["revision"] for entry in compared if entry.get("repo")}
    packages = ", ".join(f"{package} {version}" for package, version in made.get("packages", {}).items())
    dates = [record["date"] for record in stages.values() if "date" in record]
    facts = [
        ("run", manifest["run"]),
        ("first and last stage", f"{min(dates)} to {max(dates)}" if dates else UNKNOWN),
        ("commit", made.get("commit") or UNKNOWN),
        ("Python", made.get("python") or UNKNOWN),
        ("packages", packages or UNKNOWN),
    ]
    facts += [(f"`{repo}`", f"revision `{revision}`") for repo, revision in origins.items()]
    facts += [(f"`{file}`", f"sha256 `{digest}`") for file, digest in _inputs(stages).items()]
    return f"{table(('', ''), facts)}\n\n```bash\n{_commands(stages, manifest['run'], recipe)}\n```"


def _inputs(stages: Json) -> dict[str, str]:
    """Return the hashes of the files that a user brought, and of the mixture."""
    first = "collect" if "collect" in stages else "mix"
    return {file: digest for stage in (first, "export") for file, digest in stages[stage].get("inputs", {}).items()}


def _commands(stages: Json, run: str, recipe: str) -> str:
    """Return the commands that made the dataset, with the recipe's YAML as `manifest.json` repeats it."""
    adopted = stages.get("mix", {}).get("settings", {}).get("adopt")
    if adopted is None:
        return f"make data RECIPE={recipe} RUN={run}"
    origin = (
        f"--repo={adopted['name']} --revision={adopted['revision']}" if adopted["revision"] else f"--path={adopted['name']}"
    )
    return (
        f"python -m data_gen.adopt --run=runs/{run} {origin}\n"
        f"python -m data_gen.export --run=runs/{run} --recipe=recipes/{recipe}"
    )


def _most(counter: "Counter[str]") -> list[tuple[str, int]]:
    return sorted(counter.items(), key=lambda item: (-item[1], item[0]))


def _told(counts: "dict[str, int] | Counter[str]") -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())

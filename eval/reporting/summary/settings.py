"""What was set otherwise in several runs: their manifests' settings by dotted key, those that are the same left out.

    changed([("a", manifest), ("b", other)])
    -> [{"key": "mix.pick", "values": {"a": "shortest", "b": "longest"}},
        {"key": "train.learning_rate", "values": {"a": "5e-05", "b": "1e-05"}}]

Of export nothing is told that mix does not tell. All evaluations of a run are taken together. A prompt is told by its length
and its hash. Where a run has none of a stage's settings, one line says that the stage was not run.
"""

import hashlib
import json
from typing import Any

from data_gen.manifest import flat
from data_gen.stage import ORDER
from eval.compare import WHO
from eval.reporting.reading.records import Manifest

NOT_SET, NOT_RUN = "not set", "not run"
SHORT = 40


def changed(manifests: list[tuple[str, Manifest]]) -> list[dict[str, Any]]:
    """Return a row for every key whose value is not the same in all runs."""
    settings = {name: settings_of(manifest) for name, manifest in manifests}
    rows = []
    for stage in dict.fromkeys(stage for one in settings.values() for stage in one):
        lacking = [name for name, one in settings.items() if stage not in one]
        if lacking:
            values = {name: NOT_RUN if name in lacking else "run" for name in settings}
            rows.append({"key": stage, "values": values})
            continue
        for key in dict.fromkeys(key for one in settings.values() for key in one[stage]):
            values = {name: _shown(one[stage].get(key, NOT_SET)) for name, one in settings.items()}
            if len(set(values.values())) > 1:
                rows.append({"key": f"{stage}.{key}", "values": values})
    return rows


def settings_of(manifest: Manifest) -> dict[str, dict[str, Any]]:
    """Return the settings of a run by stage and dotted key: the data stages, its trainings, its evaluations as one."""
    stages = manifest.stages
    found = {name: flat(stages[name].settings) for name in ORDER if name in stages and name != "export"}
    trainings = {name: stage for name, stage in stages.items() if name.startswith("train ")}
    for name, stage in trainings.items():
        keys = flat(stage.part("training")) | flat({"deepspeed": stage.settings.get("deepspeed")})
        found["train" if len(trainings) == 1 else name] = keys | {"config": stage.settings.get("config")}
    asked: dict[str, set[str]] = {}
    for name, stage in stages.items():
        if name.startswith("eval "):
            for key, value in flat({key: value for key, value in stage.settings.items() if key not in WHO}).items():
                asked.setdefault(key, set()).add(_shown(value))
    if asked:
        found["eval"] = {key: " | ".join(sorted(values)) for key, values in asked.items()}
    return found


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) <= SHORT or " | " in text:
        return " ".join(text.split())
    return f"{len(text):,} characters, sha256 {hashlib.sha256(text.encode()).hexdigest()[:8]}"

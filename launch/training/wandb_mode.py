"""wandb_mode: `report_to: wandb` without a key logs to this disk instead of stopping, and without the package is refused.

    environment({"report_to": "wandb"}, os.environ, Path("runs/x/logs"))
    -> {"WANDB_MODE": "offline", "WANDB_DIR": "runs/x/logs"}

    train     wandb: no WANDB_API_KEY, so offline: `wandb sync runs/x/logs/wandb/offline-run-*` uploads it later

The key comes from the environment alone; a `wandb login` on this machine is not asked for. WANDB_MODE and WANDB_DIR that
are set already stay as they are.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data_gen import train_env
from data_gen.cli import ConfigError


def is_asked(options: dict[str, Any]) -> bool:
    """Return whether the options report to wandb."""
    told = options.get("report_to") or []
    return "wandb" in (told.split(",") if isinstance(told, str) else told)


def environment(options: dict[str, Any], given: Mapping[str, str], logs: Path) -> dict[str, str]:
    """Return what LLaMA-Factory's environment needs beside `given`, and say so. Raises ConfigError without the package."""
    if not is_asked(options):
        return {}
    if not train_env.has_package("wandb"):
        raise ConfigError(
            "report_to: wandb, and .venv-train has no wandb: .venv-train/bin/pip install -r requirements/train-gpu.txt, "
            'or ARGS="report_to=none"'
        )
    wanted = {"WANDB_DIR": str(logs)} if "WANDB_DIR" not in given else {}
    if not given.get("WANDB_API_KEY") and "WANDB_MODE" not in given:
        wanted["WANDB_MODE"] = "offline"
        where = given.get("WANDB_DIR", logs)
        print(f"train     wandb: no WANDB_API_KEY, so offline: `wandb sync {where}/wandb/offline-run-*` uploads it later")
    return wanted

"""serve: a recipe's teacher, or any model, behind an OpenAI-compatible endpoint, until Ctrl-C.

python -m launch.serve --recipe=recipes/quickstart [--model=FOLDER_OR_NAME] [--port=8000] [--print_command]

One machine: its GPUs are shared out by `teacher.serve` in data.yaml. Several machines: `launch.serving`, `launch.ray_serve`.
"""

import shlex
import time
from pathlib import Path

from data_gen.cli import command
from data_gen.local_server import command_line, has_gpu, serve
from data_gen.recipe import load_recipe


def main(
    recipe: str, model: str | None = None, port: int = 8000, log: str = "runs/serve.log", print_command: bool = False
) -> None:
    """Serve the recipe's teacher, or `model`, with vLLM on 127.0.0.1:`port`; or only print the command that would."""
    teacher = load_recipe(recipe).teacher
    flags = teacher.serve if model in (None, teacher.model) else {}
    if print_command:
        print(shlex.join(command_line(model or teacher.model, port, flags, has_gpu())))
        return
    with serve(model or teacher.model, flags, Path(log), port) as base_url:
        print(f"base_url: {base_url}   model: {model or teacher.model}   (Ctrl-C stops it)", flush=True)
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    command(main)

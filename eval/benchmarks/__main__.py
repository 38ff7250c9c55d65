"""Write the questions of a recipe's benchmarks where decontamination and evaluation read them.

    python -m eval.benchmarks --recipe=recipes/quickstart --run=runs/quickstart

Writes runs/<run>/benchmarks/<name>.jsonl, Problem records. data_gen reads these files and never imports eval.
"""

from pathlib import Path

from data_gen.cli import command
from data_gen.journal import write_rows
from data_gen.recipe import find_recipe
from data_gen.run_folder import Run
from eval.benchmarks import problems_of
from eval.config import load_eval


def main(recipe: str, run: str) -> None:
    """Write the questions of every benchmark that the recipe's eval.yaml names."""
    folder = find_recipe(recipe)
    if not (folder / "eval.yaml").is_file():
        print(f"benchmarks: none, {folder} has no eval.yaml")
        return
    for name, benchmark in load_eval(folder).benchmarks.items():
        problems = problems_of(name, benchmark, folder)
        write_rows(Run(Path(run)).benchmarks / f"{name}.jsonl", [problem.row() for problem in problems])
        print(f"benchmark {name}: {len(problems)} questions")


if __name__ == "__main__":
    command(main)

"""Write the questions of a recipe's benchmarks where decontamination and evaluation read them.

    python -m eval.benchmarks --recipe=recipes/sky_t1_preview --run=runs/x

Writes runs/<run>/benchmarks/<name>.jsonl, Problem records, for every benchmark of eval.yaml and for every published one
that data.yaml's `decontaminate.against` names. data_gen reads these files and never imports eval. One that cannot be had
stops nothing but itself: the others are written, and the exit status is 1 where decontamination needs it, else 0.
"""

from pathlib import Path

from data_gen.cli import ConfigError, UserError, command
from data_gen.recipe import find_recipe, load_recipe
from data_gen.run_folder import Run
from eval.benchmarks import BENCHMARKS, check
from eval.benchmarks.write import write
from eval.config import Benchmark, load_eval


def main(recipe: str, run: str) -> None:
    """Write the questions of the recipe's benchmarks."""
    folder = find_recipe(recipe)
    against = load_recipe(recipe).decontaminate.against
    wanted = load_eval(folder).benchmarks if (folder / "eval.yaml").is_file() else {}
    wanted |= {name: Benchmark() for name in against if name in BENCHMARKS and name not in wanted}
    if not wanted:
        print(f"benchmarks: none, {folder} has no eval.yaml")
        return
    check(wanted, folder)
    missing: dict[str, str] = {}
    for name, benchmark in wanted.items():
        try:
            write(Run(Path(run)), name, benchmark, folder)
        except ConfigError:
            raise
        except UserError as error:
            missing[name] = str(error)
            print(f"not written: {error}" + ("" if name in against else "; evaluation needs it, decontamination does not"))
    blocking = [name for name in missing if name in against]
    if blocking:
        raise UserError(
            f"{missing[blocking[0]]} (benchmarks.{blocking[0]}.path in eval.yaml), or take {', '.join(blocking)} out of "
            f"decontaminate.against in data.yaml"
        )


if __name__ == "__main__":
    command(main)

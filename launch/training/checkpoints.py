"""checkpoints: which checkpoints of a killed training are whole, and what becomes of the others.

    faults_of(Path("runs/x/model/x/checkpoint-80"))   -> ["optimizer.pt is cut off"], [] where training can go on from it
    clear_torn(Path("runs/x/model/x"))                -> 40, the step to go on from
    train     checkpoint-80 is torn (optimizer.pt is cut off): set aside as torn-checkpoint-80
    train     resumes from step 40

The Trainer writes into `checkpoint-N` itself, not into a folder that it renames: weights, optimizer, scheduler, random
states, and `trainer_state.json` last (transformers 5.6, `Trainer._save_checkpoint`). LLaMA-Factory resumes from the
highest N, whole or not. A kill while an old checkpoint is removed leaves any part of it; a machine that loses its power
may keep the last file and lose the one before. So every file is looked at: JSON is parsed, a safetensors file is as long as
its header says, a file of torch has the directory that a zip archive ends with.
Not covered: bytes that changed in a file of the right length; FSDP, whose checkpoints are known by `trainer_state.json`
alone; without DeepSpeed, the random states of the last processes of several.
"""

import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

CHECKPOINT = re.compile(r"checkpoint-(\d+)")
OF_A_PROCESS = re.compile(r"(.*(?:rng_state|zero_pp_rank)_)(\d+)(.*)")
SEEDS = ("rng_state_", ".pth")
ONE_MORE = "all steps are done, inside an epoch: going on from it would train one more"
WEIGHTS = ("model.safetensors", "adapter_model.safetensors")


def checkpoints(output: Path) -> dict[int, Path]:
    """Return the checkpoints of a training by their step, the last first, whole or not."""
    found = {int(m[1]): path for path in output.glob("checkpoint-*") if (m := CHECKPOINT.fullmatch(path.name))}
    return {step: found[step] for step in sorted(found, reverse=True) if found[step].is_dir()}


def room_taken(output: Path) -> int:
    """Return the bytes of a training's checkpoints and model: room that going on with it does not need once more."""
    parts = [*checkpoints(output).values(), *output.glob("*.safetensors")]
    files = [file for part in parts for file in ([part] if part.is_file() else part.rglob("*"))]
    return sum(file.stat().st_size for file in files if file.is_file())


def clear_torn(output: Path) -> int:
    """Set aside what a kill tore apart; with no whole checkpoint left, empty the folder for a new beginning.

    Return the step that training resumes from, 0 at the beginning.
    """
    faults = {step: faults_of(path) for step, path in checkpoints(output).items()}
    whole = [step for step in faults if not faults[step]]
    if len(whole) > 1 and _gains_a_step(output / f"checkpoint-{whole[0]}"):
        faults[whole[0]] = [ONE_MORE]
        whole = whole[1:]
    # The first process may end its part, and remove the checkpoint before, while another has not written its random states:
    # without them a training goes on, with other noise (`Trainer._load_rng_state`), and not from the beginning.
    nearly = [step for step in faults if all(fault.startswith("rng_state") for fault in faults[step])]
    first = next(iter(whole or nearly), 0)
    torn = [step for step in faults if step > first]
    if torn:
        for path in output.glob("torn-checkpoint-*"):  # of an earlier kill; each is as large as the model and its optimizer
            shutil.rmtree(path)
    for step in torn:
        path = output / f"checkpoint-{step}"
        what = "is whole" if faults[step] == [ONE_MORE] else "is torn"
        print(f"train     {path.name} {what} ({faults[step][0]}): set aside as torn-{path.name}")
        path.rename(output / f"torn-{path.name}")
    for step in [step for step in faults if step < first and faults[step]]:
        path = output / f"checkpoint-{step}"
        print(f"train     {path.name} is incomplete ({faults[step][0]}) and older than checkpoint-{first}: removed")
        shutil.rmtree(path)
    if first and not whole:
        print(f"train     checkpoint-{first}: {faults[first][0]}, and none is whole: goes on with other random numbers")
        for path in (output / f"checkpoint-{first}").glob("rng_state*.pth"):
            path.unlink()
    if first:
        print(f"train     resumes from step {first}")
    elif output.exists():
        _empty(output)  # LLaMA-Factory refuses a folder with weights and no checkpoint
    return first


def _gains_a_step(checkpoint: Path) -> bool:
    """Return whether going on from a checkpoint trains a step too many: the Trainer looks only after a step whether all
    are done (seen with transformers 5.6: of 4 steps in the middle of the first epoch, a fifth), but for an epoch's end."""
    state = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    done, steps, epoch = (state.get(key) for key in ("global_step", "max_steps", "epoch"))
    return bool(steps and done and done >= steps and epoch and abs(epoch - round(epoch)) > 1e-6)


def _empty(output: Path) -> None:
    for path in output.iterdir():
        if path.is_dir() and not path.name.startswith("torn-"):
            shutil.rmtree(path)
        elif not path.is_dir():
            path.unlink()


def faults_of(checkpoint: Path) -> list[str]:
    """Return what is cut off in a checkpoint, or missing from it; nothing where training can go on from it."""
    files = {str(path.relative_to(checkpoint)): path for path in sorted(checkpoint.rglob("*")) if path.is_file()}
    cut = [f"{name} is cut off" for name, path in files.items() if not is_whole(path)]
    return cut + [f"{name} is missing" for name in _needed(checkpoint, set(files)) if name not in files]


def _needed(checkpoint: Path, names: set[str]) -> Iterator[str]:
    """Yield the files without which a training would not go on, or would go on differently; `names` are those there."""
    yield "trainer_state.json"
    if any("_fsdp" in name for name in names):
        return
    if "latest" in names or any(name.startswith("global_step") for name in names):
        yield "latest"
        tag = (checkpoint / "latest").read_text(encoding="utf-8") if "latest" in names else ""
        yield from _of_deepspeed(tag, [name for name in names if name.startswith(f"{tag}/")])
    else:
        yield from _weights(checkpoint, names)
        yield from ("optimizer.pt", "scheduler.pt")
    yield from _of_each_process(names)


def _of_deepspeed(tag: str, states: list[str]) -> Iterator[str]:
    """Yield files that ZeRO writes; without ZeRO the file of the model holds the optimizer too."""
    of_the_model = [name for name in states if name.endswith("model_states.pt")]
    if not of_the_model:
        yield f"{tag}/mp_rank_00_model_states.pt"
    if any("zero_pp_rank" in name for name in of_the_model) and len(of_the_model) == len(states):
        yield f"{tag}/zero_pp_rank_0_mp_rank_00_optim_states.pt"


def _weights(checkpoint: Path, names: set[str]) -> Iterator[str]:
    indices = [name for name in names if name.endswith(".safetensors.index.json")]
    for name in indices:
        if is_whole(checkpoint / name):
            yield from set(json.loads((checkpoint / name).read_text(encoding="utf-8"))["weight_map"].values())
    if not indices:
        yield next((name for name in WEIGHTS if name in names), WEIGHTS[0])


def _of_each_process(names: set[str]) -> Iterator[str]:
    """Yield, for each kind of file that every process writes its own of, the names of all of them.

    One process writes rng_state.pth, each of several rng_state_N.pth (`Trainer._save_rng_state`) after it waited for the
    others in DeepSpeed; the first does not wait for the others to write theirs.
    """
    found = [match.groups() for name in names if (match := OF_A_PROCESS.fullmatch(name))]
    kinds = {(before, after) for before, _, after in found}
    processes = max((int(number) + 1 for _, number, _ in found), default=1)
    if processes == 1 and not kinds & {SEEDS}:
        yield "rng_state.pth"
    else:
        kinds.add(SEEDS)
        processes = max(processes, 2)
    for before, after in sorted(kinds):
        yield from (f"{before}{number}{after}" for number in range(processes))


def is_whole(path: Path) -> bool:
    """Return whether a file ends where its own format says, as far as that is known without reading all of it."""
    if path.suffix == ".json":
        return _is_json(path)
    if path.suffix in (".pt", ".pth", ".bin"):
        return zipfile.is_zipfile(path)
    return path.suffix != ".safetensors" or _is_safetensors(path)


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return True


def _is_safetensors(path: Path) -> bool:
    """Compare the length with the header: 8 bytes of its own length, JSON, then data up to the largest offset
    (https://github.com/huggingface/safetensors, README, Format)."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 + length:
            return False
        try:
            header = json.loads(file.read(length))
        except ValueError:
            return False
    ends = [tensor["data_offsets"][1] for name, tensor in header.items() if name != "__metadata__"]
    return bool(size == 8 + length + max(ends, default=0))

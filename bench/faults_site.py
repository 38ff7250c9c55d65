"""Where the faults happen: an undisturbed run of the quickstart, its state before each stage, and a user's commands.

    with Site(Path("somewhere"), limit=24, steps=4) as site:
        site.prepare()                                   # once: the undisturbed run, a copy of it before each stage
        trial = site.trial("kill-generate-1")            # a folder and a port of its own
        trial.begin("generate")                          # the run as it was before that stage
        ran = trial.stage("generate")                    # python -m data_gen.generate --recipe=... --run=...
        ran.status, ran.lines                            -> 0, ["generate  in 96   kept 96 traces"]

The recipe is recipes/quickstart by `extends`, with the proxy as its endpoint, fewer problems (--limit) and a few steps.
"""

import json
import os
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml

from bench.faults_commands import BAR, ROOT, Ran, Running, start
from bench.faults_compare import STAGES
from bench.faults_preload import Preload, Shared
from bench.faults_proxy import Door, Proxy
from data_gen.cli import UserError
from data_gen.local_server import serve
from data_gen.run_folder import Run

PYTHON = ROOT / ".venv/bin/python"
CONFIG = "quickstart"
WEIGHTS = ("*.safetensors", "checkpoint-*", "*.bin")  # 4 GB of a training: not copied from state to state
ENVIRONMENTS = (".venv", ".venv-train", ".venv-serve")


class Site:
    """The folder of a whole benchmark: recipe, undisturbed run, states, answers, trials."""

    def __init__(self, folder: Path, limit: int, questions: int, steps: int) -> None:
        self.folder, self.limit, self.questions, self.steps = folder, limit, questions, steps
        self.reference = Run(folder / "undisturbed/run")
        self._stack = ExitStack()
        self._servers: dict[str, tuple[str, str]] = {}
        self._serving = threading.Lock()
        self.proxy = Proxy(folder / "answers.jsonl", self._upstream)

    def __enter__(self) -> "Site":
        self.folder.mkdir(parents=True, exist_ok=True)
        self._stack.enter_context(self.proxy)
        self.preload = Preload.build(self.folder / "logs")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def _upstream(self, model: str) -> tuple[str, str]:
        """Return where a model is served and its name there; started at first need, stopped with the site."""
        with self._serving:
            if model not in self._servers:
                known = {CONFIG: self.reference.model(CONFIG)}
                weights = str(known.get(model, Path("runs/models") / model))
                log = self.folder / f"logs/server.{model}.log"
                self._servers[model] = self._stack.enter_context(serve(weights, {}, log)), weights
            return self._servers[model]

    def trial(self, name: str) -> "Trial":
        """Return a trial with an empty folder and a port of its own."""
        folder = self.folder / "trials" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return Trial(self, name, folder, self.proxy.open(name))

    def state(self, before: str) -> Path:
        """Return the copy of the undisturbed run before a stage."""
        return self.folder / "states" / before

    @property
    def changes(self) -> dict[str, int]:
        """How often each stage of the undisturbed run changed a file."""
        counted: dict[str, int] = json.loads((self.folder / "states/changes.json").read_text(encoding="utf-8"))
        return counted

    def prepare(self) -> None:
        """Make the undisturbed run, unless an earlier call did. The first call starts the servers that answer it."""
        done = self.folder / "states/whole"
        if done.is_dir():
            return
        shutil.rmtree(self.folder / "states", ignore_errors=True)
        shutil.rmtree(self.reference.folder.parent, ignore_errors=True)
        undisturbed = Trial(self, "undisturbed", self.reference.folder.parent, self.proxy.open("undisturbed"))
        undisturbed.run.folder.mkdir(parents=True)
        undisturbed.write_recipe()

        undisturbed.must(undisturbed.python("eval.benchmarks"))
        changes = {}
        for stage in STAGES:
            copy_run(self.reference.folder, self.state(stage))
            with undisturbed.preloaded() as shared:
                ran = undisturbed.must(undisturbed.stage(stage))
                changes[stage] = shared.get("changes")
            print(f"undisturbed {stage}: {undisturbed.shortened(ran.lines[-1])} ({ran.seconds:.0f} s)", flush=True)
        (self.folder / "states/changes.json").write_text(json.dumps(changes), encoding="utf-8")
        copy_run(self.reference.folder, done)


def copy_run(run: Path, to: Path) -> None:
    """Copy a run without the weights of its model."""
    shutil.copytree(run, to, ignore=shutil.ignore_patterns(*WEIGHTS))


@dataclass
class Trial:
    """One fault in a run folder of its own, and what was promised and not kept."""

    site: Site
    name: str
    folder: Path
    door: Door
    broken: list[str] = field(default_factory=list)
    saw: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    went: list[str] = field(default_factory=list)
    extra: dict[str, str] = field(default_factory=dict)  # of every command's environment
    teacher: dict[str, Any] = field(default_factory=dict)  # keys of the recipe's teacher
    keys: dict[str, Any] = field(default_factory=dict)  # other keys of data.yaml
    _commands: int = 0

    @property
    def run(self) -> Run:
        return Run(self.folder / "run")

    @property
    def recipe(self) -> Path:
        return self.folder / "quickstart"

    def begin(self, before: str, **teacher: Any) -> None:
        """Put the run as it was before a stage, with a recipe whose teacher has these keys."""
        self.teacher |= teacher
        self.write_recipe()
        copy_run(self.site.state(before), self.run.folder)

    def write_recipe(self) -> None:
        """Write the recipe: the quickstart's, with this trial's port as its endpoint."""
        self.recipe.mkdir(exist_ok=True)
        parent = os.path.relpath(ROOT / "recipes/quickstart", self.recipe)
        endpoint = {"base_url": self.door.url, "concurrency": 8} | self.teacher.get("endpoint", {})
        teacher = {key: value for key, value in self.teacher.items() if key != "endpoint"}
        data = {"extends": parent, "teacher": {"endpoints": [endpoint], **teacher}, **self.keys}
        (self.recipe / "data.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
        told = {"extends": parent, "concurrency": 8}
        (self.recipe / "eval.yaml").write_text(yaml.safe_dump(told), encoding="utf-8")

    def must(self, ran: Ran) -> Ran:
        """Return a command's end. Raises UserError where it did not go well: then the benchmark itself is broken."""
        if ran.status != 0:
            raise UserError(f"{self.name}: exit {ran.status}: {' / '.join(ran.lines[-5:])}")
        return ran

    def promise(self, kept: bool, what: str) -> None:
        """Note a promise that was not kept."""
        if not kept:
            self.broken.append(what)

    @contextmanager
    def preloaded(self) -> Iterator[Shared]:
        """Put the library of faults_preload.c before every command inside."""
        if self.site.preload is None:
            raise UserError("no C compiler: `apt install build-essential`")
        before = dict(self.extra)
        with Shared(self.folder / "shared", self.run.folder) as shared:
            self.extra |= self.site.preload.environment(shared)
            try:
                yield shared
            finally:
                self.extra = before

    # --- commands

    def words(self, stage: str) -> list[str]:
        """Return the command of a stage."""
        where = [f"--recipe={self.recipe}", f"--run={self.run.folder}"]
        limit = [f"--limit={self.site.limit}"] if stage in ("collect", "generate") else []
        if stage == "train":
            return ["launch.train", *where, f"--args={self.training}"]
        if stage == "eval":
            return ["eval.run", *where, f"--base_url={self.door.url}", f"--limit={self.site.questions}"]
        if stage == "report":
            return ["eval.report", where[1]]
        return [f"data_gen.{stage}", *where, *limit]

    @property
    def training(self) -> str:
        """The options that make a training short: a checkpoint in its middle and one at its end."""
        steps = self.site.steps
        return f"max_steps={steps} save_steps={max(1, steps // 2)} per_device_train_batch_size=2 plot_loss=false"

    def environment(self) -> dict[str, str]:
        """Return what commands get beside our own environment: one thread each, so that losses are equal to the bit."""
        return {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1", "TRANSFORMERS_VERBOSITY": "error"} | self.extra

    def begin_stage(self, stage: str) -> Running:
        """Start the command of a stage."""
        return self.begin_words([str(PYTHON), "-m", *self.words(stage)])

    def begin_words(self, words: list[str], cwd: Path = ROOT) -> Running:
        """Start a command."""
        self._commands += 1
        return start(words, self.folder / f"said/{self._commands}.txt", self.environment(), cwd)

    def stage(self, stage: str) -> Ran:
        """Run the command of a stage to its end."""
        return self.begin_stage(stage).end()

    def python(self, module: str) -> Ran:
        """Run a command of the project that takes recipe and run."""
        words = [str(PYTHON), "-m", module, f"--recipe={self.recipe}", f"--run={self.run.folder}"]
        return self.begin_words(words).end()

    def retry_final(self) -> Ran:
        """Have generate ask anew what failed for good."""
        return self.begin_words([str(PYTHON), "-m", *self.words("generate"), "--retry_final"]).end()

    def make_words(self, target: str) -> list[str]:
        """Return the words of `make target` on this trial's recipe and run, which lie outside the repository."""
        recipe = os.path.relpath(self.recipe, ROOT / "recipes")
        run = os.path.relpath(self.run.folder, ROOT / "runs")
        # The environments are taken as they are: make would remove one whose requirements were edited, under other commands.
        kept = [word for name in ENVIRONMENTS for word in ("-o", f"{name}/made")]
        words = ["make", *kept, target, f"RECIPE={recipe}", f"RUN={run}", f"LIMIT={self.site.limit}"]
        return [*words, f"ARGS={self.training}"] if target == "train" else words

    def make(self, target: str) -> Ran:
        """Run `make target` to its end."""
        return self.begin_words(self.make_words(target)).end()

    def after(self, stage: str, until: str = "export") -> list[Ran]:
        """Run the stages after one, until one fails."""
        ended = []
        for one in STAGES[STAGES.index(stage) + 1 : STAGES.index(until) + 1]:
            ended.append(self.stage(one))
            if ended[-1].status != 0:
                break
        return ended

    # --- what is told

    def record_of_training(self) -> dict[str, Any] | None:
        """Return train.json, or None where there is none."""
        path = self.run.model(CONFIG) / "train.json"
        record: dict[str, Any] | None = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
        return record

    def tell(self, ran: Ran, lines: int = 1) -> None:
        """Keep the last lines of a command as what the user saw."""
        words = [line for line in ran.lines if not BAR.search(line)]
        nothing = "(nothing: it was killed)" if ran.status < 0 else "(nothing)"
        self.saw += [self.shortened(line) for line in words[-lines:]] or [nothing]

    def tell_of(self, ran: Ran, word: str) -> None:
        """Keep the lines that hold a word as what the user saw, or the last line where none does."""
        lines = [line for line in ran.lines if word in line]
        self.saw += [self.shortened(line) for line in lines or ran.lines[-1:]]

    def notices(self, ran: Ran, word: str) -> list[str]:
        """Return the lines that speak of a word and do not only say that all is done."""
        return [self.shortened(line) for line in ran.lines if word in line and "done already" not in line]

    def shortened(self, line: str) -> str:
        """Return a line without the paths and ports of this machine."""
        line = re.sub(r"runs/(\.\./)+\S*?/run\b", "RUN", line)
        line = re.sub(r"recipes/(\.\./)+\S*?/quickstart\b", "RECIPE", line)
        for path, name in (
            (os.path.relpath(self.run.folder, ROOT), "RUN"),
            (str(self.run.folder), "RUN"),
            (os.path.relpath(self.recipe, ROOT), "RECIPE"),
            (str(self.recipe), "RECIPE"),
            (str(self.folder), "…"),
            (f"{ROOT}/", ""),
        ):
            line = line.replace(path, name)
        line = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", line)
        line = " ".join(line.split())
        return line if len(line) <= 240 else f"{line[:236]} …"

    def close(self, keep: bool) -> None:
        """Close the port and remove the folder."""
        self.site.proxy.shut(self.door)
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)

"""A recipe: the folder of a data.yaml, read and checked as a whole.

    recipe = load_recipe("recipes/quickstart")
    recipe.teacher.temperature          -> 0.7
    recipe.name, recipe.folder          -> "quickstart", Path("recipes/quickstart")

All faults of the file, of its sources and of the templates that it names are reported together. A template is looked up
beside the recipe, beside those that it extends (`layers.py`), and then in `data_gen/`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import PrivateAttr

from data_gen.cli import ConfigError
from data_gen.config import PACKAGE, DataConfig
from data_gen.layers import read_layers
from data_gen.records import Problem
from data_gen.sources import SOURCES
from data_gen.sources.source import Difficulty, SourceConfig
from data_gen.yaml_schema import parse


class Recipe(DataConfig):
    """data.yaml with its folder, its sources parsed."""

    _folder: Path = PrivateAttr()
    _sources: dict[str, SourceConfig] = PrivateAttr()

    @property
    def folder(self) -> Path:
        return self._folder

    @property
    def name(self) -> str:
        return self._folder.resolve().name

    @property
    def place(self) -> str:
        """The recipe's path below recipes/, as RECIPE= takes it; of one that lies elsewhere its name."""
        folder, recipes = self._folder.resolve(), (PACKAGE.parent / "recipes").resolve()
        return folder.relative_to(recipes).as_posix() if folder.is_relative_to(recipes) else self.name

    @property
    def source_configs(self) -> dict[str, SourceConfig]:
        return self._sources

    @property
    def training_config(self) -> str:
        """The name of the training YAML whose tokenizer, template and cutoff the rows are measured with."""
        return self.student.config or self.name

    def bounds(self, problem: Problem) -> Difficulty:
        """Return the difficulty that the recipe wants of a problem; a `file` may hold problems of other sources' names."""
        config = self._sources.get(problem.source) or self._sources.get("file")
        return config.bounds(problem) if config else Difficulty()

    def all_bounds(self) -> dict[str, Any]:
        """Return the bounds of every source, of its subsets too: what they decide is made anew when they are edited."""
        return {name: source.model_dump(include={"difficulty", "subsets"}) for name, source in self._sources.items()}

    def template(self, path: str) -> str:
        """Return the text of a template file. Raises ConfigError where there is none, or it is not UTF-8."""
        file = find_template(path, self._folder)
        try:
            return file.read_text(encoding="utf-8").strip()
        except UnicodeDecodeError as error:
            raise ConfigError(f"{file}: not UTF-8 ({error}): save it as UTF-8") from error


def find_template(path: str, recipe: Path) -> Path:
    """Return a template file: beside the recipe, else in `data_gen/`. Raises ConfigError."""
    for candidate in (recipe / path, PACKAGE / path):
        if candidate.is_file():
            return candidate
    raise ConfigError(f"{recipe}/data.yaml: {path}: no such template, neither beside the recipe nor in data_gen/")


def find_recipe(recipe: str) -> Path:
    """Return the recipe's folder; a bare name means recipes/<name>. Raises ConfigError that lists those there are."""
    for folder in (Path(recipe), Path("recipes") / recipe):
        if (folder / "data.yaml").is_file():
            return folder
    known = sorted(str(path.parent) for path in Path("recipes").glob("**/data.yaml"))
    raise ConfigError(f"{recipe}: no recipe there (no data.yaml); there are: {', '.join(known) or 'none'}")


def load_recipe(recipe: str) -> Recipe:
    """Read and check `<recipe>/data.yaml`. Raises ConfigError with a line for every fault, of sources and files too."""
    folder = find_recipe(recipe)
    layers = read_layers(folder / "data.yaml")
    faults: list[str] = []
    config: Recipe | None = None
    try:
        config = layers.parse(Recipe)
        sources = config.sources
    except ConfigError as error:
        faults += str(error).splitlines()
        sources = _sources_of(layers.content)
    parsed: dict[str, SourceConfig] = {}
    for name, keys in sources.items():

        def where(place: Sequence[Any] = (), name: str = name) -> str:
            return f"{layers.where(('sources', name, *place))}: sources.{name}"

        if name not in SOURCES:
            faults.append(f"{where()}: no such source; there are: {', '.join(SOURCES)}")
            continue
        try:
            parsed[name] = parse(keys or {}, SOURCES[name].config, where)
        except ConfigError as error:
            faults += str(error).splitlines()
    if config is not None:
        for template in _templates(config):
            try:
                find_template(template, folder)
            except ConfigError as error:
                faults.append(str(error))
    if faults or config is None:
        raise ConfigError("\n".join(faults))
    config._folder, config._sources = folder, parsed
    return config


def _sources_of(content: dict[str, Any]) -> dict[str, Any]:
    """Return what stands under `sources` in a file with other faults, so that those of the sources are told too."""
    sources = content.get("sources")
    return {str(k): v for k, v in sources.items() if isinstance(v, dict)} if isinstance(sources, dict) else {}


def _templates(config: DataConfig) -> list[str]:
    chats = [chat for chat in (config.teacher, config.rewriter.chat, config.label) if chat is not None]
    named = [config.student.system_prompt] + [path for c in chats for path in (c.system_prompt, c.few_shot)]
    return [path for path in named if path is not None]

"""Names that an option lists, joined by commas: each once, none missing, none unknown.

listed("model", "base, trained")                     -> ["base", "trained"]
listed("model", "base,")                             -> ConfigError: --model=base,: a name is missing beside a comma
chosen("benchmarks", "aime42", ["aime24"], "...")    -> ConfigError: --benchmarks: aime42: not in ..., which has aime24
"""

from collections.abc import Collection

from data_gen.cli import ConfigError


def listed(option: str, text: str) -> list[str]:
    """Return the names in an option's value. Raises ConfigError in one line where one is missing or comes twice."""
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise ConfigError(f"--{option}={text}: a name is missing" + (" beside a comma" if "," in text else ""))
    if twice := list(dict.fromkeys(name for name in names if names.count(name) > 1)):
        raise ConfigError(f"--{option}={text}: {', '.join(twice)} is named twice")
    return names


def chosen(option: str, text: str | None, there: Collection[str], where: str) -> list[str]:
    """Return the names in an option's value, or all that are there without one. Raises ConfigError for an unknown name."""
    if text is None:
        return list(there)
    names = listed(option, text)
    if unknown := [name for name in names if name not in there]:
        raise ConfigError(f"--{option}: {', '.join(unknown)}: not in {where}, which has {', '.join(there) or 'none'}")
    return names

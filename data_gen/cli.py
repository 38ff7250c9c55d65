"""How every command is started: strict options over `fire`, one line for a user's mistake, one exit status each.

    def main(recipe: str, run: str, limit: int | None = None) -> None: ...
    if __name__ == "__main__":
        command(main)

    $ python -m data_gen.collect --recipie=recipes/x
    data_gen.collect: no option --recipie (did you mean --recipe?); see --help        exit status 2

`fire` alone would run `main` with defaults before it rejects a misspelt option, read `1,10` as a tuple and `007` as 7,
and ignore annotations. So options are checked and converted here, by the annotations of `main`, before fire calls it.
Exit status: 0 the work is whole; 1 something transient remains or went wrong; 2 a bad option or YAML.
"""

import difflib
import errno
import inspect
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import fire

from data_gen.command_help import kinds, usage


class UserError(Exception):
    """A mistake or a state of the world that the user can mend: shown as its message, without a traceback."""

    status = 1


class ConfigError(UserError):
    """A bad option or YAML. The message may hold several lines, one a fault."""

    status = 2


class Unfinished(UserError):
    """The stage ran, what it paid for is kept, and the same command goes on with the rest."""


def command(main: Callable[..., None]) -> NoReturn:
    """Run `main` on the process's arguments and exit with its status. A SystemExit inside passes through."""
    name = _name(main)
    try:
        if any(argument in ("-h", "--help") for argument in sys.argv[1:]):
            print(usage(main, name))
            sys.exit(0)
        options = parse(main, sys.argv[1:])
        # fire's own parsing is switched off (identity): the values are converted already.
        fire.Fire(_call(main, options), command=[], name=name)
    except UserError as error:
        lines = str(error).splitlines()
        print("\n".join(f"{name}: {line}" for line in lines), file=sys.stderr)
        sys.exit(error.status)
    except OSError as error:
        if error.errno not in _MENDABLE:
            raise
        where = f" ({error.filename})" if error.filename else ""
        print(f"{name}: {_MENDABLE[error.errno]}{where}; then run the same command again", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print(f"\n{name}: interrupted; what is on disk is kept and the same command goes on from there", file=sys.stderr)
        sys.exit(130)
    sys.exit(0)


_MENDABLE = {
    errno.ENOSPC: "the disk is full: free some space; all complete rows are kept",
    errno.EDQUOT: "the disk quota is used up: free some space; all complete rows are kept",
    errno.EFBIG: "a file may grow no larger: raise the limit (`ulimit -f unlimited`); all complete rows are kept",
    errno.EMFILE: "too many open files: raise the limit with `ulimit -n 65536` or lower `concurrency` in the YAML",
    errno.EACCES: "no permission: check who owns the file or folder",
    errno.ENOTDIR: "a folder is expected there, and a file is in the way: use another --run",
    errno.EEXIST: "a folder is expected there, and a file is in the way: use another --run",
    errno.EISDIR: "a file is expected there, and a folder is in the way: name another file",
    errno.EROFS: "the file system is read-only: use another --run",
}


def _name(main: Callable[..., None]) -> str:
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return spec.name.removesuffix(".__main__") if spec else main.__module__


def _call(main: Callable[..., None], options: dict[str, Any]) -> Callable[[], None]:
    def call() -> None:
        main(**options)

    return call


def parse(main: Callable[..., None], arguments: list[str]) -> dict[str, Any]:
    """Turn `--name=value` and `--name value` into keyword arguments of `main`.

    Raises ConfigError with one line for every unknown, unreadable, repeated or missing option.
    """
    parameters = inspect.signature(main, eval_str=True).parameters
    options: dict[str, Any] = {}
    faults: list[str] = []
    waiting = list(arguments)
    while waiting:
        argument = waiting.pop(0)
        if not argument.startswith("--"):
            faults.append(f"unexpected {argument!r}: options are --name=value; see --help")
            continue
        name, equals, text = argument[2:].partition("=")
        name = name.replace("-", "_")
        if name not in parameters:
            close = difflib.get_close_matches(name, parameters, n=1)
            hint = f" (did you mean --{close[0]}?)" if close else ""
            faults.append(f"no option --{name}{hint}; see --help")
            continue
        wanted = kinds(parameters[name].annotation)
        if not equals:
            if bool in wanted and (not waiting or waiting[0].startswith("--")):
                text = "true"
            elif waiting and not waiting[0].startswith("--"):
                text = waiting.pop(0)
            else:
                faults.append(f"--{name} needs a value: --{name}=…")
                continue
        if not text and parameters[name].default is inspect.Parameter.empty:
            faults.append(f"--{name}= is empty: is a variable of the shell not set?")
            continue
        if name in options:
            faults.append(f"--{name} is given twice")
            continue
        try:
            options[name] = _convert(text, wanted)
        except ValueError:
            faults.append(f"--{name}={text}: {' or '.join(k.__name__ for k in wanted)} is expected")
            continue
        if name in ("limit", "workers") and options[name] < 1:
            faults.append(f"--{name}={text}: a number above 0 is expected")
    missing = [n for n, p in parameters.items() if p.default is p.empty and n not in options]
    if not faults:
        faults += [f"--{name}=… is needed; see --help" for name in missing]
    if faults:
        raise ConfigError("\n".join(faults))
    return options


def _convert(text: str, kinds: list[type]) -> Any:
    if bool in kinds:
        if text.lower() in ("true", "1", "yes"):
            return True
        if text.lower() in ("false", "0", "no", ""):
            return False
        raise ValueError(text)
    for kind in (int, float):
        if kind in kinds:
            return kind(text)
    return text

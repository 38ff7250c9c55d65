"""Where the models of an evaluation are served: an endpoint that the user gave, or a vLLM of ours, one model at a time.

with Servers(config, run, base_url=None, api_key_env=None) as servers:
    servers.endpoint("runs/x/model/x")     -> Endpoint(base_url="http://127.0.0.1:41007/v1", ...); started at first need
"""

import contextlib
from types import TracebackType

from data_gen.config import LOCAL, Endpoint
from data_gen.local_server import serve
from data_gen.run_folder import Run
from data_gen.yaml_schema import parse
from eval.config import EvalConfig


class Servers:
    """Endpoints of models: one that the user gave, or a vLLM of ours, started when first needed, one at a time."""

    def __init__(self, config: EvalConfig, run: Run, base_url: str | None, api_key_env: str | None) -> None:
        self._config, self._run = config, run
        self._serving: str | None = None
        given = {"base_url": base_url or LOCAL, "api_key_env": api_key_env, "concurrency": config.concurrency}
        self._endpoint = parse(given, Endpoint, "options")
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> "Servers":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def endpoint(self, weights: str) -> Endpoint:
        """Return where `weights` are served."""
        if self._endpoint.base_url != LOCAL:
            return self._endpoint
        if self._serving != weights:
            self._stack.close()
            log = self._run.folder / "logs" / "eval.log"
            self._url = self._stack.enter_context(serve(weights, self._config.serve, log))
            self._serving = weights
        return self._endpoint.model_copy(update={"base_url": self._url})

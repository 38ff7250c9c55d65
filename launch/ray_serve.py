"""ray_serve: Ray Serve LLM's YAML for a recipe's teacher: vLLM engines on a Ray cluster behind one address.

    python -m launch.ray_serve --recipe=sky_t1_preview --replicas=8 --accelerator=H100 > serve.yaml
    serve deploy serve.yaml                       # on the head of the cluster; `launch.serving` has the `ray start` lines

applications:
- name: teacher
  import_path: ray.serve.llm:build_openai_app
  args:
    llm_configs:
    - model_loading_config: {model_id: Qwen/QwQ-32B-Preview, model_source: Qwen/QwQ-32B-Preview}
      engine_kwargs: {tensor_parallel_size: 8, max_model_len: 32768}
      deployment_config: {num_replicas: 8}
      ...

A replica is one engine on `tensor_parallel_size` GPUs. Ray Serve restarts one that dies, which bare vLLM does not. The
keys are those of Ray 2.60's own schema, documented in
https://github.com/ray-project/ray/blob/master/doc/source/serve/llm/user-guides/configuration.md.

Not covered: autoscaling. Ray Serve LLM's default target of requests a replica is so high that nothing would ever be added
(ray/llm/_internal/serve/core/server/builder.py), and a data job is a fixed amount of work: a fixed number of replicas, shut
down at the end, costs the same GPU-hours. Checked against Ray's schema in the tests; docs/scaling.md says what was run.
"""

from typing import Any

import yaml

from data_gen.cli import ConfigError, command
from data_gen.config import ChatModel
from data_gen.recipe import load_recipe
from launch.serving import flags_of

# Seconds for which an idle connection is kept, as for our own vLLM: none is closed just as a request is sent on it.
KEEP_ALIVE_S = 600


def engine_kwargs(teacher: ChatModel) -> dict[str, Any]:
    """Return the recipe's flags as vLLM's engine arguments; replicas stand for data parallel, Ray Serve for the server."""
    kwargs: dict[str, Any] = {}
    for flag, value in flags_of(teacher).items():
        if flag.startswith("data-parallel-") or flag in ("host", "port"):
            continue
        if flag.startswith("no-") and value is True:
            kwargs[flag.removeprefix("no-").replace("-", "_")] = False
        elif value is not None:
            kwargs[flag.replace("-", "_")] = value
    return kwargs


def serve_config(teacher: ChatModel, replicas: int, accelerator: str, port: int) -> dict[str, Any]:
    """Return the config of `serve deploy`."""
    llm = {
        # The id is the `model` of our requests.
        "model_loading_config": {"model_id": teacher.model, "model_source": teacher.model},
        "accelerator_type": accelerator,
        "engine_kwargs": engine_kwargs(teacher),
        "deployment_config": {"num_replicas": replicas},
    }
    application = {
        "name": "teacher",
        "route_prefix": "/",
        "import_path": "ray.serve.llm:build_openai_app",
        "args": {"llm_configs": [llm]},
    }
    return {
        "http_options": {"host": "0.0.0.0", "port": port, "keep_alive_timeout_s": KEEP_ALIVE_S},
        "applications": [application],
    }


def main(recipe: str, replicas: int, accelerator: str = "H100", port: int = 8000) -> None:
    """Print the YAML: `replicas` engines, on GPUs that Ray calls `accelerator`."""
    if replicas < 1:
        raise ConfigError(f"--replicas={replicas}: a number above 0 is expected")
    print(yaml.safe_dump(serve_config(load_recipe(recipe).teacher, replicas, accelerator, port), sort_keys=False), end="")


if __name__ == "__main__":
    command(main)

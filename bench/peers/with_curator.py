"""bespokelabs-curator asks every prompt. `bench.client` runs it with the interpreter of the peers' environment.

    python -m bench.peers.with_curator '{"base_url": "http://127.0.0.1:1/v1", "prompts": "p.jsonl", ...}'

Writes result.json beside the prompts. Set to its best: its rate limits, whose defaults gave 0.7 requests/s, far above what
it can do, no retries, a working folder that is new each time, so that its cache answers nothing, and its `rich` display,
with which it is faster than with the plain one.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

UNLIMITED = 1_000_000_000  # a minute; None would mean its defaults


def main(job: dict[str, Any]) -> None:
    """Run `curator.LLM` over the prompts, with its OpenAI backend, which is the faster one on such an endpoint."""
    os.environ |= {
        "TELEMETRY_ENABLED": "false",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "OPENAI_API_KEY": "none",
    }
    import litellm  # type: ignore[import-not-found]  # in the peers' environment only

    # curator counts tokens with a file that tiktoken would fetch; litellm, which it needs anyway, brings one.
    os.environ["TIKTOKEN_CACHE_DIR"] = str(Path(litellm.__file__).parent / "litellm_core_utils/tokenizers")
    from bespokelabs import curator  # type: ignore[import-not-found]

    folder = Path(job["prompts"]).parent
    rows = [json.loads(line) for line in Path(job["prompts"]).read_text(encoding="utf-8").splitlines()]
    llm = curator.LLM(
        model_name=job["model"],
        backend="openai",
        generation_params={"temperature": 0.7, "max_tokens": 4096},
        backend_params={
            "base_url": job["base_url"],
            "max_requests_per_minute": UNLIMITED,
            "max_tokens_per_minute": UNLIMITED,
            "max_concurrent_requests": job["in_flight"],
            "max_retries": 0,
        },
    )
    started, cpu = time.perf_counter(), sum(os.times()[:4])  # user and system, of this process and its children
    done = llm([row["prompt"] for row in rows], working_dir=str(folder / "curator"))
    seconds = time.perf_counter() - started
    cpu = sum(os.times()[:4]) - cpu
    answered = sum(bool(text) for text in done.dataset["response"])
    result = {"answered": answered, "seconds": seconds, "cpu": cpu}
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))

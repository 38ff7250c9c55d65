"""distilabel asks every prompt. `bench.client` runs it with the interpreter of the peers' environment.

    python -m bench.peers.with_distilabel '{"base_url": "http://127.0.0.1:1/v1", "prompts": "p.jsonl", ...}'

Writes result.json beside the prompts. Its cache is off. It sends a batch, waits for the whole of it, and takes the next:
a batch is as large as the number in flight.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any


def main(job: dict[str, Any]) -> None:
    """Run a pipeline of one loader and one TextGeneration step over the prompts."""
    from distilabel.models import OpenAILLM  # type: ignore[import-not-found]  # in the peers' environment only
    from distilabel.pipeline import Pipeline  # type: ignore[import-not-found]
    from distilabel.steps import LoadDataFromDicts  # type: ignore[import-not-found]
    from distilabel.steps.tasks import TextGeneration  # type: ignore[import-not-found]

    folder = Path(job["prompts"]).parent
    rows = [json.loads(line) for line in Path(job["prompts"]).read_text(encoding="utf-8").splitlines()]
    with Pipeline(name="bench", cache_dir=folder / "distilabel") as pipeline:
        load = LoadDataFromDicts(
            data=[{"instruction": row["prompt"]} for row in rows],
            batch_size=job["in_flight"],
        )
        llm = OpenAILLM(
            model=job["model"],
            base_url=job["base_url"],
            api_key="none",
            timeout=600,
            max_retries=0,
            generation_kwargs={"temperature": 0.7, "max_new_tokens": 4096},
        )
        load >> TextGeneration(llm=llm, input_batch_size=job["in_flight"])
    started, cpu = time.perf_counter(), sum(os.times()[:4])  # user and system, of this process and its children
    done = pipeline.run(use_cache=False)
    seconds = time.perf_counter() - started
    cpu = sum(os.times()[:4]) - cpu
    answered = sum(bool(text) for text in done["default"]["train"]["generation"])
    result = {"answered": answered, "seconds": seconds, "cpu": cpu}
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))

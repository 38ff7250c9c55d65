"""The answers that a stage pays for: what is new of them, and what was counted before."""

from data_gen.answers import Answers
from data_gen.config import ChatModel, Endpoint
from data_gen.records import Failure, Usage
from data_gen.responses import ChatRequest, Sampling
from data_gen.run_folder import Run
from data_gen.stage import Stage


def test_a_failure_that_a_batch_tells_again_after_a_kill_is_counted_once(tmp_path):
    run = Run(tmp_path / "run")
    model = ChatModel(model="m", endpoints=[Endpoint(base_url="http://127.0.0.1:9/v1")])
    asked = ChatRequest("q", 0, [{"role": "user", "content": "?"}], 1, Sampling("m", 0.7, 1.0, 10))
    cut = Failure(
        id="q", request=asked.hash, error="length", detail="", attempts=1, final=True, usage=Usage(prompt_tokens=9)
    )
    new = []
    for _ in range(2):
        with Stage(run, "generate", {}, [], [run.traces]) as stage, Answers(run.traces, stage, model, None) as answers:
            answers._look(lambda needed: iter([asked]))
            new.append(answers._record(cut))
            stage.funnel(1, 1, {})
    assert new == [True, False]

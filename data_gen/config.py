"""data.yaml, as types: every key, its default and its meaning. `recipe.py` reads it; eval.yaml is in `eval/config.py`.

    DataConfig.model_validate({"sources": {"file": {}}, "teacher": {"model": "m"}}).teacher.temperature   -> 0.7

Unknown keys are errors. Text lives in template files, named here and looked up in `recipe.py`.
"""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, field_validator, model_validator

from data_gen.yaml_schema import Strict

PACKAGE = Path(__file__).parent
LOCAL = "local"


class Endpoint(Strict):
    """An OpenAI-compatible endpoint. `base_url: local` is a vLLM that we start and stop ourselves."""

    base_url: str
    api_key_env: str | None = None  # the NAME of the environment variable that holds the key
    concurrency: int = Field(default=64, ge=1)  # requests in flight
    rpm: int | None = Field(default=None, ge=1)  # requests a minute
    tpm: int | None = Field(default=None, ge=1)  # tokens a minute

    @field_validator("base_url")
    @classmethod
    def _url(cls, value: str) -> str:
        if value != LOCAL and not value.startswith(("http://", "https://")):
            raise ValueError(f"'local' or an http(s) address is expected, not {value!r}")
        return value.rstrip("/")

    @field_validator("api_key_env")
    @classmethod
    def _name_of_a_variable(cls, value: str | None) -> str | None:
        # A key pasted here by mistake must not be echoed: the message does not repeat the value.
        if value is not None and not (value.isidentifier() and value.isupper()):
            raise ValueError("the NAME of an environment variable is expected, like OPENAI_API_KEY, never a key itself")
        return value


class Prices(Strict):
    """Dollars: by token for hosted endpoints, by GPU and hour for our own. `source` says where and when they were read."""

    input_per_mtok: float | None = None
    output_per_mtok: float | None = None
    gpu_hour: float | None = None
    gpus: int | None = None
    source: str | None = None

    def dollars(self, prompt_tokens: int, completion_tokens: int, seconds: float) -> float | None:
        """Return the cost of a stage, or None where the prices do not tell."""
        if self.input_per_mtok is not None and self.output_per_mtok is not None:
            return (prompt_tokens * self.input_per_mtok + completion_tokens * self.output_per_mtok) / 1e6
        if self.gpu_hour is not None:
            return seconds / 3600 * self.gpu_hour * (self.gpus or 1)
        return None


class Expect(Strict):
    """Mean tokens of a request, for `make plan`; without them the plan gives the upper bound by max_tokens."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    source: str | None = None


class ChatModel(Strict):
    """A model that is asked: where, how, and at what price."""

    model: str
    endpoints: list[Endpoint] = Field(default=[Endpoint(base_url=LOCAL)], min_length=1)
    serve: dict[str, Any] = {}  # flags of vLLM for `base_url: local`, by their names without dashes
    system_prompt: str | None = None  # a template file
    few_shot: str | None = None  # a template file
    temperature: float = Field(default=0.7, ge=0)
    top_p: float = Field(default=1.0, gt=0, le=1)
    max_tokens: int = Field(default=16384, ge=1)
    samples: int = Field(default=1, ge=1)
    timeout_s: float = Field(default=3600, gt=0)  # of one request: 16k tokens at 10 tokens/s take 27 minutes
    retries: int = Field(default=8, ge=0)  # of one request in one run, on transient errors; 8 wait about 2 minutes in all
    prices: Prices = Prices()
    expect: Expect = Expect()


class Rewriter(Strict):
    """What puts a trace into thought and solution. `rules` costs nothing; `llm` asks `chat`."""

    kind: Literal["rules", "llm"] = "rules"
    chat: ChatModel | None = None

    @model_validator(mode="before")
    @classmethod
    def _same_keys_as_teacher(cls, value: Any) -> Any:
        """Gather the teacher-like keys, which the YAML writes beside `kind`, under `chat`."""
        if not isinstance(value, dict) or "chat" in value:
            return value
        chat = {key: content for key, content in value.items() if key != "kind"}
        return {"kind": value.get("kind", "rules"), **({"chat": chat} if chat else {})}

    @model_validator(mode="after")
    def _llm_needs_a_model(self) -> "Rewriter":
        if self.kind == "llm" and self.chat is None:
            raise ValueError("kind: llm needs model and endpoints, as the teacher has")
        return self


class Student(Strict):
    """The model that is trained: what its rows and its evaluation begin with."""

    system_prompt: str = "templates/thought_solution.txt"
    config: str | None = None  # of llamafactory_configs/, for tokenizer, template and cutoff_len; null: the recipe's name


class Verify(Strict):
    """Rejection sampling. Switched off, every whole trace is accepted and the card says so."""

    enabled: bool = True
    math: Literal["layered", "exact"] = "layered"
    self_test: bool = True  # problems whose own reference solutions fail our grading are set aside by collect
    all_tests: bool = False  # run the tests after the first that fails too: a share passed for every program


class Dedup(Strict):
    """`exact`: equal questions after white space and case are folded. `minhash`: Jaccard similarity, or null."""

    exact: bool = True
    minhash: float | None = Field(default=None, gt=0, le=1)


class Decontaminate(Strict):
    """Benchmarks whose questions must not be trained on; a shared run of `ngram` words is a match."""

    against: list[str] = []
    ngram: int = Field(default=13, ge=3)


class Mix(Strict):
    """Which verified rows are trained on."""

    quotas: dict[str, int] | None = None  # rows by domain, domains joined by +; null: all
    per_question: int = Field(default=1, ge=1)
    pick: Literal["shortest", "longest", "random"] = "shortest"
    max_tokens: int | None = None  # of the rendered row; null: the training config's cutoff_len

    @field_validator("quotas")
    @classmethod
    def _domains(cls, value: dict[str, int] | None) -> dict[str, int] | None:
        named = [domain for name in value or {} for domain in name.split("+")]
        if set(named) - {"math", "code", "science", "puzzle"}:
            raise ValueError("math, code, science and puzzle, joined by +, are expected")
        if len(set(named)) < len(named):
            raise ValueError("a domain stands in two quotas: its rows would come twice")
        if any(quota < 0 for quota in (value or {}).values()):
            raise ValueError("a quota is a number of rows, 0 or more")
        return value


class DataConfig(Strict):
    """data.yaml."""

    seed: int = 0
    sources: dict[str, dict[str, Any]] = Field(min_length=1)
    student: Student = Student()
    teacher: ChatModel
    rewriter: Rewriter = Rewriter()
    verify: Verify = Verify()
    dedup: Dedup = Dedup()
    decontaminate: Decontaminate = Decontaminate()
    mix: Mix = Mix()
    budget_usd: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _a_budget_needs_prices(self) -> "DataConfig":
        prices = self.teacher.prices
        by_token = prices.input_per_mtok is not None and prices.output_per_mtok is not None
        if self.budget_usd is not None and not by_token and prices.gpu_hour is None:
            raise ValueError("budget_usd needs teacher.prices (by token, or gpu_hour): without them nothing would stop")
        return self


def dump(model: BaseModel) -> dict[str, Any]:
    """Return a config as plain values, for fingerprints and the manifest."""
    return model.model_dump(mode="json")

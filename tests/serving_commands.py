"""The commands that serve a teacher on several nodes, printed or documented, and how another environment reads them.

printed("vllm")                 -> [["vllm", "serve", "org/teacher", ...], ...], one a node
documented("ray", "serve")      -> the words of the page's commands of these programs
ask(VLLM_PYTHON, VLLM_PROGRAM, [["vllm", "serve", ...]])    -> what vLLM's own parser makes of them
"""

import json
import os
import re
import shlex
import subprocess

from data_gen.config import ChatModel
from data_gen.local_server import command_line
from launch import serving
from tests.conftest import ROOT

VLLM_PYTHON = ROOT / ".venv-serve/bin/python"
DOCUMENT = ROOT / "docs/scaling.md"
# Spelt in every way that data.yaml may: dashes, underscores, switches, a negated switch, a value that is left out.
TEACHER = ChatModel(
    model="org/teacher",
    serve={"tensor-parallel-size": 2, "data_parallel_size": 4, "no-enable-prefix-caching": True, "seed": None,
           "enforce-eager": True, "gpu-memory-utilization": 0.85, "async-scheduling": False,
           "hf_overrides": {"rope_scaling": {"factor": 4.0}}, "cudagraph_capture_sizes": [1, 8]},
)  # fmt: skip
NODES = ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
VLLM_PROGRAM = """
import dataclasses, json, sys
from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.entrypoints.cli.serve import ServeSubcommand, make_arg_parser, validate_parsed_serve_args
from vllm.utils.argparse_utils import FlexibleArgumentParser

def read(words):
    if words[:2] == ["vllm", "serve"]:
        parser = FlexibleArgumentParser(prog="vllm")
        ServeSubcommand().subparser_init(parser.add_subparsers(dest="subparser", required=True))
    else:
        parser = make_arg_parser(FlexibleArgumentParser())
    try:
        args = parser.parse_args(words[1:] if words[0] == "vllm" else words[3:])
    except SystemExit:
        return None
    validate_parsed_serve_args(args)
    return vars(args)

engine = [field.name for field in dataclasses.fields(AsyncEngineArgs)]
out = {"args": [read(words) for words in json.load(sys.stdin)], "engine": engine}
print("\\n" + json.dumps(out, default=str))
"""


def ask(python, program, given):
    """Run a program in another environment: JSON in, the last line of its output is JSON out."""
    done = subprocess.run(
        [str(python), "-c", program],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"HF_HUB_OFFLINE": "1", "RAY_USAGE_STATS_ENABLED": "0"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def documented(*programs):
    """Return the words of every command of the document that one of `programs` runs."""
    blocks = re.findall(r"```bash\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    lines = [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]
    return [words for words in lines if words and words[0] in programs]


def printed(across):
    return [words for _, words in serving.ACROSS[across](TEACHER, NODES, 8000).commands]


def option(words, name):
    return words[words.index(name) + 1]


def one_node():
    return command_line(TEACHER.model, 8000, TEACHER.serve, gpu=True)

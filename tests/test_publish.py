"""Pushing to the hub: the real client against a server on this machine that answers as the hub does."""

import base64
import hashlib
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.conftest import Run
from tests.trained_run import edit, trained_run, write

TOKEN = "hf_not_a_real_one"
SHA = "a" * 40


class Hub(BaseHTTPRequestHandler):
    """What pushing small files takes. `files` is the repository's content, `seen` holds (method, path, authorization)."""

    files: dict[str, bytes] = {}
    seen: list[tuple[str, str, str | None]] = []
    refuse: int | None = None
    private = False
    created: list[dict[str, Any]] = []

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def answer(self) -> None:
        path = self.path.partition("?")[0]
        self.seen.append((self.command, path, self.headers.get("Authorization")))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.refuse:
            self.reply({"error": f"no entry for {TOKEN}"}, self.refuse)
        elif path == "/api/repos/create":
            self.created.append(json.loads(body))
            self.reply({"url": f"http://{self.headers['Host']}/datasets/o/n"})
        elif path == "/api/validate-yaml":
            self.reply({"errors": [], "warnings": []})
        elif "/preupload/" in path:
            asked = json.loads(body)["files"]
            known = {name: git_hash(content) for name, content in self.files.items()}
            told = [
                {"path": f["path"], "uploadMode": "regular", "shouldIgnore": False, "oid": known.get(f["path"])}
                for f in asked
            ]
            self.reply({"files": told})
        elif "/commit/" in path:
            for line in body.splitlines():
                self.apply(**json.loads(line))
            url = f"http://{self.headers['Host']}/datasets/o/n/commit/{SHA}"
            self.reply({"commitUrl": url, "commitOid": SHA, "success": True})
        elif "/tree/" in path:
            self.reply([{"type": "file", "path": p, "size": len(c), "oid": git_hash(c)} for p, c in self.files.items()])
        else:
            listed = [{"rfilename": name} for name in self.files]
            self.reply({"id": "o/n", "sha": SHA, "private": self.private, "siblings": listed})

    def apply(self, key: str, value: dict[str, Any]) -> None:
        if key == "file":
            self.files[value["path"]] = base64.b64decode(value["content"])
        elif key == "deletedFile":
            del self.files[value["path"]]

    def reply(self, content: Any, status: int = 200) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def git_hash(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@pytest.fixture
def hub(tmp_path) -> Iterator[dict[str, str]]:
    """Yield the environment of a process that takes a server on this machine for the hub."""
    Hub.files, Hub.seen, Hub.created, Hub.refuse, Hub.private = {}, [], [], None, False
    home = tmp_path / "home"
    home.mkdir()
    (home / "token").write_text("of-a-login")
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield {"HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}", "HF_HOME": str(home), "HF_TOKEN": TOKEN}
        server.shutdown()


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Return a run with a dataset and two models, one finished."""
    run = trained_run(tmp_path / "run")
    made = {"data/train-00000-of-00001.parquet": "PAR1", "dataset_info.json": "{}", "manifest.json": "{}"}
    write(run / "dataset", made)
    write(run / "model/killed", {"config.json": "{}"})
    edit(run, "train killed", finished=False)
    return run


def test_a_dataset_is_pushed_whole_with_the_token_of_the_environment(command: Run, run, hub):
    done = command("launch.publish", f"--run={run}", "--repo=o/n", **hub)
    assert done.returncode == 0, done.stderr
    assert Hub.files == files_of(run / "dataset")
    assert Hub.created[0]["type"] == "dataset"
    sent = {authorization for _, path, authorization in Hub.seen if path.startswith(("/api/repos", "/api/datasets"))}
    assert sent == {f"Bearer {TOKEN}"}
    assert "of-a-login" not in str(Hub.seen)
    assert f"/datasets/o/n/commit/{SHA}" in done.stdout


def test_files_of_an_earlier_push_that_are_gone_here_are_removed_there(command: Run, run, hub):
    kept = {".gitattributes": b"", "notes.md": b"mine"}
    Hub.files = kept | {
        "data/train-00000-of-00002.parquet": b"old",
        "data/train-00001-of-00002.parquet": b"old",
        "y.jsonl": b"old",
    }
    assert command("launch.publish", f"--run={run}", "--repo=o/n", **hub).returncode == 0
    assert Hub.files == files_of(run / "dataset") | kept


def test_pushing_the_same_again_sends_no_commit(command: Run, run, hub):
    for _ in range(2):
        assert command("launch.publish", f"--run={run}", "--repo=o/n", **hub).returncode == 0
    assert sum("/commit/" in path for _, path, _ in Hub.seen) == 1


LOGS = {"train.json", "trainer_log.jsonl", "training.yaml", "README.md"}
TOKENIZER = {"tokenizer.json", "tokenizer_config.json", "chat_template.jinja"}
WHOLE = {"config.json", "model.safetensors"}
ADAPTER = {"adapter_config.json", "adapter_model.safetensors"}


@pytest.mark.parametrize(
    ("options", "more", "expected"),
    [
        ({}, [], WHOLE),
        ({"finetuning_type": "lora"}, [], WHOLE | {"Modelfile"}),
        ({"finetuning_type": "lora"}, ["--adapter"], ADAPTER),
    ],
    ids=["all weights", "merged", "adapter"],
)
def test_a_model_goes_with_its_card_and_losses_and_with_nothing_to_resume_from(
    command: Run, tmp_path, hub, options, more, expected
):
    run = trained_run(tmp_path / "pushed", hf_hub_token="hf_in_a_yaml", **options)
    record = json.loads((run / "model/small/train.json").read_text())
    record["conditions"] = {"gpus": 0, "cpus": 2, "nodes": 1, "gpu": None, "model_name_or_path": str(tmp_path / "base")}
    (run / "model/small/train.json").write_text(json.dumps(record))
    done = command("launch.publish", f"--run={run}", "--repo=o/n", "--what=model", *more, **hub)
    assert done.returncode == 0, done.stderr
    assert set(Hub.files) == expected | TOKENIZER | LOGS
    assert Hub.created[0]["type"] == "model"
    sent = b"".join(Hub.files.values())
    assert str(tmp_path).encode() not in sent
    assert b"hf_in_a_yaml" not in sent


def test_an_adapter_names_its_base_on_the_hub_or_is_refused(command: Run, tmp_path, hub):
    (tmp_path / "base").mkdir()
    run = trained_run(tmp_path / "pushed", base=str(tmp_path / "base"), finetuning_type="lora")
    push = ("launch.publish", f"--run={run}", "--repo=o/n", "--what=model", "--adapter")
    refused = command(*push, **hub)
    assert refused.returncode == 1
    assert "--base=owner/name" in refused.stderr
    assert Hub.seen == []
    assert command(*push, "--base=owner/base", **hub).returncode == 0
    assert json.loads(Hub.files["adapter_config.json"])["base_model_name_or_path"] == "owner/base"


def test_an_adapter_that_is_not_merged_or_was_trained_anew_since_is_refused(command: Run, tmp_path):
    run = trained_run(tmp_path / "pushed", finetuning_type="lora")
    (run / "model/small/adapter_model.safetensors").write_text("trained anew")
    done = command("launch.publish", f"--run={run}", "--repo=o/n", "--what=model", "--dry_run")
    assert done.returncode == 1
    assert "merge it first" in done.stderr


def test_a_model_without_weights_is_refused(command: Run, run):
    (run / "model/small/model.safetensors").unlink()
    done = command("launch.publish", f"--run={run}", "--repo=o/n", "--what=model", "--config=small", "--dry_run")
    assert done.returncode == 1
    assert "no weights there" in done.stderr


def test_a_file_that_names_the_runs_folder_is_refused(command: Run, run):
    (run / "model/small/config.json").write_text(json.dumps({"_name_or_path": f"{run}/base"}))
    done = command("launch.publish", f"--run={run}", "--repo=o/n", "--what=model", "--config=small", "--dry_run")
    assert done.returncode == 1
    assert "config.json names" in done.stderr


def test_files_of_an_earlier_model_that_are_gone_here_are_removed_there(command: Run, run, hub):
    Hub.files = {"model-00001-of-00002.safetensors": b"old", "model.safetensors.index.json": b"old", "notes.md": b"mine"}
    assert command("launch.publish", f"--run={run}", "--repo=o/n", "--what=model", "--config=small", **hub).returncode == 0
    assert set(Hub.files) == WHOLE | TOKENIZER | LOGS | {"notes.md"}


@pytest.mark.parametrize("private", [False, True])
def test_the_card_of_a_model_links_the_dataset_that_was_pushed_in_public(command: Run, run, hub, private):
    Hub.private = private
    options = ["--private"] if private else []
    assert command("launch.publish", f"--run={run}", "--repo=o/traces", *options, **hub).returncode == 0
    assert command("launch.publish", f"--run={run}", "--repo=o/n", "--what=model", **hub).returncode == 0
    assert ("o/traces" in Hub.files["README.md"].decode()) is not private


@pytest.mark.parametrize("token", [TOKEN, ""], ids=["with a token", "without"])
def test_a_dry_run_lists_every_file_and_sends_nothing(command: Run, run, hub, token):
    done = command("launch.publish", f"--run={run}", "--repo=o/n", "--private", "--dry_run", **hub | {"HF_TOKEN": token})
    assert done.returncode == 0, done.stderr
    for name, content in files_of(run / "dataset").items():
        assert any(line.split()[1:3] == [name, str(len(content))] for line in done.stdout.splitlines())
    assert "dataset o/n, private" in done.stdout
    assert ("HF_TOKEN is not set" in done.stdout) == (not token)
    assert Hub.seen == []


def test_a_public_repository_gets_nothing_that_was_to_be_private(command: Run, run, hub):
    done = command("launch.publish", f"--run={run}", "--repo=o/n", "--private", **hub)
    assert done.returncode == 1
    assert "o/n: it is there and public" in done.stderr
    assert Hub.files == {}
    Hub.private = True
    assert command("launch.publish", f"--run={run}", "--repo=o/n", "--private", **hub).returncode == 0
    assert Hub.created[-1]["visibility"] == "private"


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (401, "o/n: the hub does not know this HF_TOKEN"),
        (403, "o/n: this HF_TOKEN may not write there"),
        (500, "o/n: the hub refuses (500)"),
    ],
)
def test_a_hub_that_refuses_is_one_line_without_the_token(command: Run, run, hub, status, fault):
    Hub.refuse = status
    done = command("launch.publish", f"--run={run}", "--repo=o/n", **hub)
    assert done.returncode == 1
    assert fault in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert TOKEN not in done.stdout + done.stderr


def test_a_hub_that_cannot_be_reached_is_one_line(command: Run, run, hub):
    done = command("launch.publish", f"--run={run}", "--repo=o/n", **hub | {"HF_ENDPOINT": "http://127.0.0.1:9"})
    assert done.returncode == 1
    assert "o/n: the hub cannot be reached" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_without_a_token_nothing_is_asked_of_the_hub(command: Run, run, hub):
    done = command("launch.publish", f"--run={run}", "--repo=o/n", **hub | {"HF_TOKEN": ""})
    assert done.returncode == 1
    assert "HF_TOKEN is not set" in done.stderr
    assert Hub.seen == []


@pytest.mark.parametrize(
    ("change", "options", "status", "fault"),
    [
        ({"export": {"finished": False}}, [], 1, "export is not finished"),
        ({}, [], 1, "export has not run"),
        ({"export": {"finished": True}}, ["--what=model"], 1, "which model? --config=other or --config=small"),
        ({"export": {"finished": True}}, ["--what=model", "--config=none"], 1, "no model there; there are: small"),
        ({"train killed": {"finished": False}}, ["--what=model", "--config=killed"], 1, "train killed is not finished"),
        ({"export": {"finished": True}}, ["--what=logs"], 2, "it is dataset or model"),
        ({"export": {"finished": True}}, ["--repo=name"], 2, "owner/name is expected"),
    ],
)
def test_what_is_not_whole_is_refused_in_one_line_a_dry_run_too(command: Run, run, change, options, status, fault):
    if options == ["--what=model"]:
        write(run / "model/other", {"config.json": "{}", "train.json": "{}"})
    (run / "manifest.json").write_text(json.dumps({"run": "run", "stages": change}))
    repo = [] if any(option.startswith("--repo") for option in options) else ["--repo=o/n"]
    done = command("launch.publish", f"--run={run}", *repo, *options, "--dry_run")
    assert done.returncode == status
    assert fault in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_dataset_that_lost_a_file_is_refused(command: Run, run):
    (run / "dataset/README.md").unlink()
    done = command("launch.publish", f"--run={run}", "--repo=o/n", "--dry_run")
    assert done.returncode == 1
    assert "README.md missing" in done.stderr

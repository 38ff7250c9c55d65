"""Which models are evaluated, and against which: faults in one line, and differences of what is there."""

from collections.abc import Callable

import pytest

from data_gen.cli import ConfigError, UserError
from data_gen.manifest import edit_manifest, read_manifest
from data_gen.run_folder import Run
from eval import regression
from eval.config import EvalConfig
from eval.run import main, models_of
from tests.endpoint import Endpoint
from tests.evaluated import even_seeds_are_right, mine, write_recipe

MAINS: dict[str, Callable[..., None]] = {"eval.run": main, "eval.regression": regression.main}
CONFIG = EvalConfig.model_validate({"base": "m", "benchmarks": {"gsm8k": {}}})


@pytest.mark.parametrize("command", MAINS)
@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("m,", "--model=m,: a name is missing beside a comma"),
        (",m", "--model=,m: a name is missing beside a comma"),
        ("", "--model=: a name is missing"),
        ("m,n,m", "--model=m,n,m: m is named twice"),
        ("a/b,a--b", "--model=a/b,a--b: a/b and a--b are one model"),
    ],
)
def test_a_list_of_models_with_a_fault_is_refused_in_one_line_before_anything_is_written(tmp_path, command, model, told):
    with pytest.raises(ConfigError) as caught:
        MAINS[command](mine(tmp_path, 1), str(tmp_path / "run"), model, "http://127.0.0.1:9/v1")
    assert str(caught.value) == told
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("command", MAINS)
def test_all_unknown_models_are_told_in_one_line(tmp_path, command):
    with pytest.raises(ConfigError, match=r"^--model: tained, bsae: base, .* is expected, .*$"):
        MAINS[command](mine(tmp_path, 1), str(tmp_path / "run"), "tained,base,bsae")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"benchmarks": "mine,hers"}, "--benchmarks: hers: not in .*eval.yaml, which has mine$"),
        ({"benchmarks": "mine,"}, "a name is missing beside a comma"),
        ({"baseline": "m"}, "--baseline=m: the model itself"),
        ({"baseline_run": "runs/y"}, "--baseline=… names the model of that run"),
    ],
)
def test_an_option_without_sense_is_told_before_anything_is_written(tmp_path, options, told):
    with pytest.raises(ConfigError, match=told):
        main(mine(tmp_path, 1), str(tmp_path / "run"), "m", "http://127.0.0.1:9/v1", **options)
    assert not (tmp_path / "run").exists()


def test_a_model_of_another_training_configuration_is_told_how_to_be_trained(tmp_path):
    with pytest.raises(UserError, match="model/lora: not trained yet; `make train CONFIG=lora` first"):
        main(mine(tmp_path, 1), str(tmp_path / "run"), "trained-lora")


@pytest.mark.parametrize(
    ("model", "baseline", "baseline_run", "expected"),
    [
        (None, None, None, ["base", "trained"]),
        (None, "base", None, ["trained", "base"]),
        ("a,b", "c", None, ["a", "b", "c"]),
        ("a,b", "b", None, ["a", "b"]),
        ("a", "a", "runs/y", ["a"]),
        ("a", "b", "runs/y", ["a"]),
    ],
)
def test_the_baseline_is_evaluated_too_unless_another_run_has_it(model, baseline, baseline_run, expected):
    assert models_of(model, baseline, baseline_run, CONFIG) == expected


def test_differences_are_printed_of_what_is_there_where_a_benchmark_cannot_be_run(tmp_path, capsys):
    own = {"samples": 1, "problems": {"file": {"path": "problems.jsonl"}}}
    recipe = write_recipe(tmp_path / "recipe", {"mine": own, "math500": {"path": str(tmp_path)}})
    with Endpoint(even_seeds_are_right) as endpoint:
        with pytest.raises(UserError, match=r"^not run: math500; the lines above say why, the others have their scores$"):
            main(recipe, str(tmp_path / "run"), "a", endpoint.url, baseline="b")
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| a ")]
    assert [cell.strip() for cell in line.split("|")][2:4] == ["b", "mine"]


def test_a_baseline_of_another_run_is_read_there_and_one_without_scores_is_told(tmp_path, capsys):
    with Endpoint(even_seeds_are_right) as endpoint:
        main(mine(tmp_path, 1), str(tmp_path / "other"), "b", endpoint.url)
        recipe, run, other = mine(tmp_path, 1), str(tmp_path / "run"), str(tmp_path / "other")
        with pytest.raises(UserError, match=r"no benchmark that both answered: a has mine in .*run, c has none in .*other"):
            main(recipe, run, "a", endpoint.url, baseline="c", baseline_run=other)
        main(recipe, run, "a", endpoint.url, baseline="b", baseline_run=other)
    assert "| b of other |" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("temperature", "samples", "told"),
    [(0.0, 2, "sampling.temperature is 0 and benchmarks.mine.samples is 2: "), (0.0, 1, None), (0.7, 2, None)],
)
def test_equal_samples_of_greedy_sampling_are_warned_of_in_one_line(tmp_path, capsys, temperature, samples, told):
    recipe = mine(tmp_path, samples, sampling={"temperature": temperature, "max_tokens": 50})
    with Endpoint(even_seeds_are_right) as endpoint:
        main(recipe, str(tmp_path / "run"), "m", endpoint.url)
    lines = [line for line in capsys.readouterr().out.splitlines() if "temperature" in line]
    assert lines == [] if told is None else len(lines) == 1 and told in lines[0]


def test_a_baseline_run_that_is_not_there_is_told_before_anybody_is_asked(tmp_path):
    with Endpoint(even_seeds_are_right) as endpoint:
        with pytest.raises(UserError, match=r"--baseline_run=.*nowhere: no run there"):
            main(mine(tmp_path, 1), str(tmp_path / "run"), "a", endpoint.url, baseline="b", baseline_run="runs/nowhere")
        assert endpoint.requests == []


@pytest.mark.parametrize("name", ["my bench", "a/b", "../mine", "mine,too", ""])
def test_a_benchmark_whose_name_is_no_files_is_refused_in_one_line(tmp_path, name):
    recipe = write_recipe(tmp_path / "recipe", {name: {"problems": {"file": {"path": "problems.jsonl"}}}})
    with pytest.raises(ConfigError, match=r"letters, digits, _, - and \. are expected") as refused:
        main(recipe, str(tmp_path / "run"), "m", "http://127.0.0.1:9/v1")
    assert len(str(refused.value).splitlines()) == 1


def folder_of_weights(tmp_path, last=b"0"):
    folder = tmp_path / "weights"
    folder.mkdir(exist_ok=True)
    (folder / "model.safetensors").write_bytes(bytes(3_000_000) + last * 40_000)
    return folder


def origins(run):
    return [record["settings"]["origin"] for record in read_manifest(Run(run))["stages"].values()]


def test_answers_of_other_weights_in_the_same_folder_are_not_taken_for_these(tmp_path):
    recipe, run = mine(tmp_path, 1), str(tmp_path / "run")
    with Endpoint(even_seeds_are_right) as endpoint:
        main(recipe, run, str(folder_of_weights(tmp_path)), endpoint.url)
        with pytest.raises(ConfigError, match=r"origin: \w{12} -> \w{12};"):
            main(recipe, run, str(folder_of_weights(tmp_path, b"1")), endpoint.url)
        main(recipe, run, str(folder_of_weights(tmp_path)), endpoint.url)
        assert len(endpoint.requests) == 6


@pytest.mark.parametrize("gone", [True, False])
def test_a_folder_that_is_elsewhere_or_was_not_recorded_is_no_other_model(tmp_path, capsys, gone):
    recipe, run, weights = mine(tmp_path, 1), tmp_path / "run", folder_of_weights(tmp_path)
    with Endpoint(even_seeds_are_right) as endpoint:
        main(recipe, str(run), str(weights), endpoint.url)
        (known,) = origins(run)
        if gone:
            (weights / "model.safetensors").unlink()
        else:
            with edit_manifest(Run(run)) as manifest:
                (record,) = manifest["stages"].values()
                record["settings"]["origin"] = None
        main(recipe, str(run), str(weights), endpoint.url)
    assert "done already" in capsys.readouterr().out
    assert origins(run) == [known]

"""A run's comparisons in its report: with its bases, and with published scores that are of the same model or made alike."""

import json

from eval.report import summarize
from tests.compared_run import evaluated

__all__ = ["evaluated"]  # a fixture


def test_the_report_compares_the_trained_model_with_its_base_and_the_prompted_base(command, evaluated):
    run = evaluated(trained=30, base=10, base_few_shot=20)
    summary = summarize(run)
    assert [(row["model"], row["baseline"]) for row in summary["comparison"]] == [
        ("trained", "base"),
        ("trained", "base_few_shot"),
    ]
    assert summary["published"] == []  # nobody published this benchmark
    done = command("eval.report", f"--run={run.folder}")
    assert done.returncode == 0, done.stderr
    for page in ("report.md", "index.html"):
        text = (run.report / page).read_text()
        assert "Paired differences" in text
        assert "Beside published scores" not in text


def test_a_report_is_written_where_a_base_answered_other_questions_than_the_trained_model(command, evaluated):
    run = evaluated(trained=30, base=10)
    verdicts = run.eval("base", "mine") / "verdicts.jsonl"
    verdicts.write_text(verdicts.read_text().replace('"p', '"old-'))
    done = command("eval.report", f"--run={run.folder}")
    assert done.returncode == 0, done.stderr
    assert "no problem in common" in (run.report / "report.md").read_text()


def test_the_report_puts_published_scores_beside_ours_and_says_where_they_are_from(command, evaluated):
    run = evaluated(benchmark="aime24", n=30, **{"Qwen2.5-32B-Instruct": 5})
    manifest = json.loads(run.manifest.read_text())
    run.manifest.write_text(json.dumps(manifest | {"benchmarks": {"aime24": {}, "math500": {}}}))
    summary = summarize(run)
    results = summary["results"]
    assert [row["origin"] for row in results][:1] == ["measured"]
    assert {row["origin"] for row in results[1:]} == {"published", "independent"}
    assert all(row["source"].startswith("https://") and row["date"] for row in results[1:])
    says = {(row["theirs"]["benchmark"], row["says"]) for row in summary["published"]}
    assert says == {("aime24", "inside"), ("math500", "not run")}
    assert command("eval.report", f"--run={run.folder}").returncode == 0
    assert '<a href="https://huggingface.co/NovaSky-AI/Sky-T1-32B-Preview">' in (run.report / "index.html").read_text()
    scores = (run.report / "report.md").read_text().partition("## Scores")[2].partition("##")[0]
    assert "16.7 % [10.0, 90.0]" in scores
    assert "| not defined " in scores  # it was run, and has no accuracy without boxes
    assert "NovaSky" not in scores  # the table of scores holds what was measured here


def test_a_trained_model_stands_beside_the_published_one_only_with_its_recipe_and_base(evaluated):
    run = evaluated(benchmark="aime24", n=30, trained=13)
    (run.folder / "dataset").mkdir()
    (run.folder / "dataset/sky_t1_preview.jsonl").write_text("")
    scores = run.eval("trained", "aime24") / "scores.json"
    scores.write_text(json.dumps(json.loads(scores.read_text()) | {"weights": f"{run.model('c')}"}))
    for base, expected in (("Qwen/Qwen2.5-32B-Instruct", 10), ("Qwen/Qwen2.5-7B-Instruct", 0)):
        manifest = json.loads(run.manifest.read_text())
        manifest["stages"]["train c"] = {"settings": {"training": {"model_name_or_path": base}}}
        run.manifest.write_text(json.dumps(manifest))
        assert len(summarize(run)["published"]) == expected

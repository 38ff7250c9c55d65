"""Programs whose right verdict is known get it; what differs is argued in docs/sandbox.md."""

import pytest

from data_gen.verifiers.pool import Grader
from tests import labelled
from tests.labelled import Labelled

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not labelled.CODE.is_dir(), reason="the labelled programs are not here")]


def agreement(rows: list[Labelled]) -> tuple[int, int, int, int]:
    """Return (right accepted, right, wrong refused, wrong)."""
    labels = {(row.answer.id, row.answer.sample): row.right for row in rows}
    with Grader(2) as grader:
        verdicts = list(grader.grade([row.answer for row in rows], in_order=False))
    assert len(verdicts) == len(rows)
    right = [verdict for verdict in verdicts if labels[verdict.id, verdict.sample]]
    wrong = [verdict for verdict in verdicts if not labels[verdict.id, verdict.sample]]
    return sum(v.ok is True for v in right), len(right), sum(v.ok is False for v in wrong), len(wrong)


def test_humanevalpack_every_canonical_is_accepted_and_every_buggy_one_refused():
    assert agreement(list(labelled.humanevalpack())) == (70, 70, 70, 70)


def test_apps_all_labelled_generations_agree():
    assert agreement(list(labelled.apps())) == (35, 35, 48, 48)


def test_livecodebench_where_both_labels_agree_so_do_we():
    accepted, right, refused, wrong = agreement([row for row in labelled.livecodebench() if row.sure])
    assert (right, wrong) == (532, 196)
    assert accepted >= 0.985 * right
    assert refused >= 0.98 * wrong


def test_evalplus_an_eighth_of_its_labels_agree():
    accepted, right, refused, wrong = agreement(list(labelled.evalplus())[::8])
    assert right + wrong == 201
    assert accepted >= 0.985 * right
    assert refused >= 0.98 * wrong

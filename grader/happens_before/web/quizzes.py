"""The quiz in the page: every question at its section, with what is said to each answer.

The reader commits to an answer first; a script then shows what was said to it, and no server is
asked. So the reasons are in the page, and whoever looks at its source reads them, as in quiz.toml.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from happens_before.learn import quiz
from happens_before.litmus.models import oracle

if TYPE_CHECKING:
    from happens_before.core.unit import Unit
    from happens_before.learn.quiz import Question
    from happens_before.web.markdown import Document


def by_section(unit: Unit, document: Document) -> dict[str, list[dict[str, object]]]:
    """The unit's questions by the anchor of their section. Errors: InputError for a broken quiz."""
    found: dict[str, list[dict[str, object]]] = {}
    for question in quiz.load(unit):
        found.setdefault(question.section, []).append(_shown(question))
    return found


def _shown(question: Question) -> dict[str, object]:
    return {
        "id": question.id,
        "kind": question.kind,
        "asks": quiz.TICKED[question.kind].asks if question.kind in quiz.TICKED else "",
        "prompt": " ".join(question.prompt.split()),
        "code": question.code.strip("\n"),
        "options": question.options,
        "show": question.show,
        "look": question.look,
        "hidden": json.dumps(_hidden(question), ensure_ascii=False),
    }


def _hidden(question: Question) -> dict[str, object]:
    """What is said to each answer."""
    if question.kind in quiz.TICKED:
        words = quiz.TICKED[question.kind]
        explored = question.explored
        truth = quiz.foretold(explored) if explored else oracle.outcomes(question.program)
        return {
            "truth": sorted(truth),
            "told": quiz.told(question, frozenset(truth)),
            "reasons": quiz.reasons(question),
            "so": words.so,
            "not_so": words.not_so,
        }
    replies = [
        {"given": answer.given, "right": answer.right, "because": answer.because}
        for answer in question.answers
    ]
    return {"replies": replies, "otherwise": " ".join(question.otherwise.split())}

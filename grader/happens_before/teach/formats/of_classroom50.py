"""The reports of a class of repositories as Classroom 50's result.json, one for each student.

An instructor who has graded the class here, with the hidden checks, puts each beside the student's
submission: `gh release upload TAG result.json --clobber`. The tag that stands in it is made of the
commit; the platform's own has the time of the push, which a clone does not know.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone

from happens_before.core.errors import GraderFault, InputError
from happens_before.core.report import Report
from happens_before.render import classroom50
from happens_before.render.classroom50 import Handin
from happens_before.render.counted import Counts
from happens_before.render.students import Hiding
from happens_before.teach.formats.each import Render
from happens_before.teach.intake import Taken

NAME = re.compile(r"([\w.-]+)/([\w.-]+)/([\w.-]+)", re.ASCII)


def renderer(classroom: str, hiding: Hiding) -> Render:
    """What makes a student's file.

    classroom: ORGANIZATION/CLASSROOM/ASSIGNMENT. hiding: what is told of hidden checks. Errors:
    InputError when the classroom is not of that form.
    """
    found = NAME.fullmatch(classroom)
    if not found:
        raise InputError(
            f"--classroom '{classroom}' is not ORGANIZATION/CLASSROOM/ASSIGNMENT.",
            to_do="For example: --classroom my-university/cs101/mutex.",
        )
    organization, name, assignment = found.groups()

    def render(taken: Taken, report: Report, counts: Counts) -> str:
        handin = handin_of(taken, organization, name, assignment)
        return classroom50.render(report, handin, hiding, counts)

    return render


def handin_of(taken: Taken, organization: str, classroom: str, assignment: str) -> Handin:
    """What Classroom 50 wants to know of it. Errors: GraderFault when no commit was handed in."""
    if not taken.commit or not taken.submitted:
        raise GraderFault(
            "nobody says which commit it is; Classroom 50's results need clones of git."
        )
    student = taken.student
    owner = student.keys.get("github") or student.login or student.id
    when = datetime.fromisoformat(taken.submitted).astimezone(timezone.utc)
    tag = f"submit/{when:%Y-%m-%dT%H-%M-%SZ}-{taken.commit[:7]}"
    repository = f"https://github.com/{organization}/{classroom}-{assignment}-{owner}".lower()
    commit = f"{repository}/commit/{taken.commit}"
    return Handin(
        classroom=classroom,
        assignment=assignment,
        assignment_type="group" if student.group else "individual",
        owner=owner,
        submission=tag,
        commit=commit,
        release=f"{repository}/releases/tag/{tag.replace('/', '%2F')}",
        review=commit,
        datetime=f"{when:%Y-%m-%dT%H:%M:%SZ}",
    )

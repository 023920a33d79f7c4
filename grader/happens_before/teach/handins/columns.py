"""Which column of a roster holds what, whoever wrote its header.

A header counts without case, spaces and punctuation. The words are those of Canvas's gradebook,
Gradescope's and Moodle's lists, GitHub Classroom's and Classroom 50's rosters, and what people type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from happens_before.core.errors import InputError
from happens_before.teach.handins.names import letters
from happens_before.teach.handins.sheet import Sheet

PLATFORMS = ("canvas", "gradescope", "moodle", "github")
# What we call a column -> the headers that mean it. Each header stands once.
HEADERS = {
    "id": "id studentid studentnumber studentno sid sisuserid sisid idnumber orgdefinedid number"
    " matriculationnumber matrikelnummer matrikelnr matrikel matrnr uin identifier",
    "name": "name fullname student studentname displayname sortablename",
    "first": "first firstname givenname vorname prenom nombre",
    "last": "last lastname surname familyname nachname nom apellidos",
    "email": "email emailaddress mail studentemail primaryemail",
    "login": "login username user userid loginid sisloginid netid uid account kerberos",
    "section": "section sections class cohort tutorial labgroup",
    "group": "group groups groupname team teamname",
    "submitted": "submitted submittedat submissiontime lastmodifiedsubmission handedin",
    "canvas": "canvas canvasid canvasuserid",
    "gradescope": "gradescope gradescopeid gradescopeuserid",
    "moodle": "moodle moodleid participant participantid participantnumber",
    "github": "github githubusername githublogin githubuser githubname githubaccount",
}
MEANING = {header: column for column, headers in HEADERS.items() for header in headers.split()}
MOODLES_WORKSHEET = {"maximumgrade", "lastmodifiedsubmission", "lastmodifiedgrade"}
NAMING = (
    "id",
    "login",
    "github",
    "email",
    "moodle",
    "canvas",
)  # what may stand in for an id, best first


def columns(sheet: Sheet, file: str) -> tuple[dict[str, int], list[str]]:
    """Which place in a row holds each of our columns, and the headers that say nothing to us.

    Errors: InputError when two columns mean the same, or none tells who a student is.
    """
    plain = [letters(header) for header in sheet.header]
    found: dict[str, int] = {}
    unused: list[str] = []
    for place, header in enumerate(plain):
        column = _meaning(header, plain)
        if column is None:
            unused += [sheet.header[place]] if header else []
        elif column in found:
            both = f"'{sheet.header[found[column]]}' and '{sheet.header[place]}'"
            raise InputError(
                f"the columns {both} both mean the student's {column}.",
                file,
                "Take one of them out, or give it another name.",
            )
        else:
            found[column] = place
    if not any(column in found for column in NAMING):
        raise InputError(
            f"no column tells who a student is. It has: {', '.join(sheet.header)}.",
            file,
            "Name one of them 'id'; others that help: name, email, login, canvas, github.",
        )
    return found, unused


def _meaning(header: str, every: Sequence[str]) -> str | None:
    """One header among the others: three platforms use common words for something of their own."""
    if header == "id" and {"sisuserid", "sisloginid"} & set(every):
        return "canvas"  # Canvas's gradebook: "ID" is its own number, "SIS User ID" the school's
    if header == "identifier" and MOODLES_WORKSHEET & set(every):
        return "moodle"  # Moodle's grading worksheet: "Participant 123"
    if header == "username" and "githubid" in every and not _says_github(every):
        return "github"  # Classroom 50's roster: the names are GitHub's
    return MEANING.get(header)


def _says_github(every: Sequence[str]) -> bool:
    return any(MEANING.get(header) == "github" for header in every)


def platform_key(platform: str, value: str) -> str:
    """A platform's id as it is compared.

    Moodle writes "Participant 123" in its reader's language; people write GitHub's names with an @
    or as an address.
    """
    if platform == "moodle":
        return value[len(value.rstrip("0123456789")) :] or value
    if platform == "github":
        return value.rstrip("/").rsplit("/", 1)[-1].removeprefix("@")
    return value


def naming_column(found: Mapping[str, int], rows: Sequence[Mapping[str, str]]) -> str:
    """The column whose values become the students' ids: without ids, the first that all have.

    Canvas writes its column "SIS User ID" also where a school gives it none.
    """
    there = [column for column in NAMING if column in found]
    full = [column for column in there if all(cells[column] for cells in rows)]
    if "id" in found and (any(cells["id"] for cells in rows) or not full):
        return "id"
    return (full or there)[0]

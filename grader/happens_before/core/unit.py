"""A unit: what its unit.toml says, checked."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from happens_before.core import workbook
from happens_before.core.errors import InputError


@dataclass(frozen=True)
class Check:
    """One promise, judged by one judge; `id` is the name of the test that decides.

    budget: what the explorer may spend on it, as grader/schema/unit.schema.json describes it.
    """

    id: str
    judge: str
    step: int
    points: float
    promise: str
    hidden: bool = False
    budget: Mapping[str, float] = field(default_factory=dict, hash=False)

    @property
    def name(self) -> str:
        """The name that people see and type: judge/id."""
        return f"{self.judge}/{self.id}"


@dataclass(frozen=True)
class JudgePlan:
    """What one judge does in a unit, and within which limits (units in the names)."""

    judge: str
    sees: str
    checks: tuple[Check, ...]
    limits: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Withheld:
    """The hidden checks that a students' edition knows of, and has not: how many, worth what."""

    checks: int = 0
    points: float = 0.0


@dataclass(frozen=True)
class Unit:
    """A lesson or an exercise.

    foundations: the units whose references are linked; before each stands what it builds on.
    """

    directory: Path
    title: str
    day: int
    summary: str
    topics: tuple[str, ...]
    needs: tuple[str, ...]
    editable: tuple[str, ...]
    headers: tuple[str, ...]
    may_call: tuple[str, ...]
    steps: tuple[str, ...]
    plans: tuple[JudgePlan, ...]
    foundations: tuple[Unit, ...] = ()
    withheld: Withheld = Withheld()

    @property
    def name(self) -> str:
        """Its directory's name, such as "04-mutex"."""
        return self.directory.name

    @property
    def path(self) -> str:
        """Its place in the workbook, such as "lessons/04-mutex"."""
        return f"{self.directory.parent.name}/{self.directory.name}"

    @property
    def solution(self) -> Path:
        """The directory of its reference answer; may not exist."""
        return workbook.solution_of(self.directory)

    def without_bounds(self) -> Unit:
        """The same, as if none of its explorations might be cut off: one that is, is ungraded.

        Grade it fresh: a verdict that is kept does not know of this.
        """
        plans = []
        for plan in self.plans:
            budgets = [{k: v for k, v in c.budget.items() if k != "bounded"} for c in plan.checks]
            checks = (replace(c, budget=budget) for c, budget in zip(plan.checks, budgets))
            plans.append(replace(plan, checks=tuple(checks)))
        return replace(self, plans=tuple(plans))

    @property
    def includes(self) -> tuple[Path, ...]:
        """Where the headers stand that its code may include, beside the runtime's."""
        return (self.directory, *(unit.directory for unit in self.foundations))

    @property
    def contract(self) -> tuple[Path, ...]:
        """The headers that promise what a submission defines."""
        return tuple(self.directory / name for name in self.headers)

    @property
    def reference(self) -> tuple[Path, ...]:
        """The files of its reference answer."""
        return tuple(self.solution / name for name in self.editable)

    @property
    def checks(self) -> tuple[Check, ...]:
        """Every check of every judge, in the order of unit.toml."""
        return tuple(check for plan in self.plans for check in plan.checks)

    @property
    def max_points(self) -> float:
        """Points for a perfect answer, hidden checks included where they are not withheld."""
        return sum(check.points for check in self.checks)


def load(directory: Path, above: tuple[str, ...] = ()) -> Unit:
    """Read a unit's unit.toml, and the hidden checks beside its solution where they exist.

    above: the units that are being read because they build on this one.
    Errors: InputError naming the file, the key and what was expected.
    """
    file = directory / "unit.toml"
    data = read_toml(file)
    validate(data, workbook.SCHEMA / "unit.schema.json", file)
    complain(list(_more_mistakes(data, directory)), file)
    hidden = _hidden_checks(workbook.solution_of(directory), data)
    plans = tuple(
        JudgePlan(
            judge,
            plan["sees"],
            tuple(Check(judge=judge, **check) for check in plan["checks"]) + hidden.get(judge, ()),
            plan.get("limits", {}),
        )
        for judge, plan in data["judges"].items()
    )
    foundations = _foundations(directory, data.get("builds_on", ()), above)
    complain(list(_clashes(data, foundations)), file)
    lists = ("topics", "needs", "editable", "headers", "may_call", "steps")
    return Unit(
        directory=directory,
        title=data["title"],
        day=data["day"],
        summary=data["summary"],
        plans=plans,
        foundations=foundations,
        withheld=Withheld() if hidden else _withheld(directory),
        **{key: tuple(data.get(key, ())) for key in lists},
    )


def _foundations(directory: Path, names: Iterable[str], above: tuple[str, ...]) -> tuple[Unit, ...]:
    """The units of these names and all that they build on, each once, deepest first."""
    file = directory / "unit.toml"
    here = (*above, directory.name)
    found: dict[str, Unit] = {}
    for name in names:
        if name in here:
            raise InputError(f"builds_on: '{name}' builds on this unit itself.", file)
        place = directory.parents[1] / "lessons" / name
        if not (place / "unit.toml").is_file():
            raise InputError(f"builds_on: there is no lesson '{name}'.", file)
        unit = load(place, here)
        for each in (*unit.foundations, unit):
            found.setdefault(each.name, each)
    return tuple(found.values())


def _withheld(directory: Path) -> Withheld:
    file = directory / "withheld.toml"
    if not file.is_file():
        return Withheld()
    data = read_toml(file)
    validate(data, workbook.SCHEMA / "withheld.schema.json", file)
    return Withheld(**data)


def _clashes(data: Mapping[str, Any], foundations: Iterable[Unit]) -> Iterator[str]:
    own = {*data["editable"], *data["headers"]}
    for unit in foundations:
        for name in sorted(own & {*unit.editable, *unit.headers}):
            yield f"builds_on: {name} is a file of {unit.name} too. Expected: names of its own."


def read_toml(file: Path) -> dict[str, Any]:
    """The TOML file's content.

    Errors: InputError with the file, and the line where it is broken.
    """
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("is not there.", file) from None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}).", file) from None
    except UnicodeDecodeError as error:
        raise InputError(f"is not UTF-8 (byte {error.start}).", file, "Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"is not TOML: {error}.", file) from None


def validate(data: object, schema_file: Path, file: Path) -> None:
    """Hold data against a JSON schema. Errors: InputError listing every mistake with its key."""
    import jsonschema

    schema = json.loads(schema_file.read_text(encoding="utf-8"))
    errors = jsonschema.Draft7Validator(schema).iter_errors(data)
    found = sorted(errors, key=lambda error: [str(part) for part in error.path])
    complain([_mistake(error, schema) for error in found], file)


def complain(mistakes: Sequence[str], file: Path) -> None:
    """Errors: InputError listing every mistake in the file; none when there is none."""
    if mistakes:
        raise InputError("\n  ".join(["does not keep its schema:", *mistakes]), file)


def _described(schema: dict[str, Any], path: Iterable[str | int]) -> str:
    """The description that stands nearest to a place in the schema, from above."""
    here: Any = schema
    found = ""
    for part in path:
        if isinstance(here, dict) and "$ref" in here:
            here = schema["definitions"][here["$ref"].rsplit("/", 1)[-1]]
        if part != "$ref":
            here = here[part]
        if isinstance(here, dict) and isinstance(here.get("description"), str):
            found = here["description"]
    return found


def _mistake(error: Any, schema: dict[str, Any]) -> str:
    key = ".".join(str(part) for part in error.absolute_path) or "top level"
    expected = _described(schema, error.absolute_schema_path)
    match error.validator:
        case "required":
            missing = sorted(set(error.validator_value) - set(error.instance))
            return f"{key}: the key{'s' * (len(missing) > 1)} {', '.join(missing)} must be there."
        case "additionalProperties":
            known = error.schema["properties"]
            odd = sorted(set(error.instance) - set(known))
            return f"{key}: {', '.join(odd)} is not known. Known keys: {', '.join(known)}."
    return f"{key}: {error.message}." + (f" Expected: {expected}." if expected else "")


def _more_mistakes(data: dict[str, Any], directory: Path) -> Iterator[str]:
    """What the schema cannot say: names are unique, steps exist, files exist."""
    for judge, plan in data["judges"].items():
        yield from _check_mistakes(judge, plan["checks"], len(data["steps"]), set())
        for limit, value in plan.get("limits", {}).items():
            if not math.isfinite(value):
                yield f"judges.{judge}.limits.{limit}: {value} is not a number that can be reached."
    for name in data["headers"]:  # an editable file that its reader deleted is no mistake of ours
        if not (directory / name).is_file():
            yield f"headers: {name} is not in {directory.name}/."


def _check_mistakes(
    judge: str, checks: list[dict[str, Any]], steps: int, seen: set[str]
) -> Iterator[str]:
    """seen: the ids that the judge has already; grows."""
    for place, check in enumerate(checks):
        key = f"judges.{judge}.checks.{place}"
        if check["id"] in seen:
            yield f"{key}.id: '{check['id']}' is there twice. Expected: each name once a judge."
        seen.add(check["id"])
        if check["step"] > steps:
            yield f"{key}.step: {check['step']}, but `steps` names only {steps}."
        if "budget" in check and judge != "explore":
            yield f"{key}.budget: only the judge explore has one."
        if not math.isfinite(check["points"]):
            yield f"{key}.points: {check['points']}. Expected: a number of points."


def _hidden_checks(solution: Path, shown: dict[str, Any]) -> dict[str, tuple[Check, ...]]:
    file = solution / "hidden.toml"
    if not file.is_file():
        return {}
    data = read_toml(file)
    validate(data, workbook.SCHEMA / "hidden.schema.json", file)
    mistakes: list[str] = []
    for judge, plan in data["judges"].items():
        if judge not in shown["judges"]:
            mistakes.append(f"judges.{judge}: unit.toml has no such judge.")
        seen = {check["id"] for check in shown["judges"].get(judge, {}).get("checks", ())}
        mistakes += _check_mistakes(judge, plan["checks"], len(shown["steps"]), seen)
    complain(mistakes, file)
    return {
        judge: tuple(Check(judge=judge, hidden=True, **check) for check in plan["checks"])
        for judge, plan in data["judges"].items()
    }

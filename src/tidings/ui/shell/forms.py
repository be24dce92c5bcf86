"""What a person typed, and what was wrong with it: parsing helpers for `forms.py` of the areas, errors for the templates.

Rules of the business stay in the core: its `Invalid` is laid over the form with `refused`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tidings.platform.errors import Invalid, Problem, TidingsError
from tidings.ui.shell.texts import _, reader


class Form:
    """Values by field name as the page shows them, with the errors of each field. Values are text, lists or booleans."""

    def __init__(
        self,
        values: Mapping[str, Any] | None = None,
        errors: Mapping[str, Sequence[str]] | None = None,
        message: str = "",
    ) -> None:
        self.values: dict[str, Any] = dict(values or {})
        self.errors: dict[str, list[str]] = {name: list(texts) for name, texts in (errors or {}).items()}
        self.message = message

    def value(self, name: str, default: Any = "") -> Any:
        """What stands in the field; None counts as empty."""
        found = self.values.get(name, default)
        return "" if found is None else found

    def error(self, name: str) -> str:
        """The first thing wrong with the field, or nothing."""
        return next(iter(self.errors.get(name, ())), "")

    def begins_at(self, name: str, *, usually: bool) -> bool:
        """Whether the cursor belongs here: at the first field with something wrong, else where it usually begins."""
        return next(iter(self.errors)) == name if self.errors else usually

    def text(self, name: str) -> str:
        """The field as trimmed text."""
        return str(self.value(name)).strip()

    def texts(self, name: str) -> list[str]:
        """Every value of a field that may come several times."""
        found = self.values.get(name, [])
        return [str(one) for one in (found if isinstance(found, list) else [found]) if one != ""]

    def flag(self, name: str) -> bool:
        """A check box."""
        return self.value(name) in (True, "yes", "on", "1", "true")

    def number(self, name: str) -> int | None:
        """A whole number, None when left empty; raises Invalid for anything else."""
        text = self.text(name).replace("\u00a0", "").replace(" ", "")
        if not text:
            return None
        try:
            return int(text)
        except ValueError:
            raise Invalid({name: Problem("integer", _("Enter a whole number."))}) from None

    def numbers(self, names: Iterable[str]) -> dict[str, int | None]:
        """Several of them; raises one Invalid that names every bad one."""
        found: dict[str, int | None] = {}
        problems: dict[str, list[Problem]] = {}
        for name in names:
            try:
                found[name] = self.number(name)
            except Invalid as error:
                problems |= error.fields
        if problems:
            raise Invalid(problems)
        return found

    def moment(self, name: str) -> datetime:
        """A field of day and time in the reader's zone, as an instant; raises Invalid."""
        try:
            at = datetime.fromisoformat(self.text(name))
            return (at if at.tzinfo else at.replace(tzinfo=reader().zone)).astimezone(UTC)
        except (ValueError, OverflowError):
            raise Invalid({name: Problem("date", _("Choose a day and a time."))}) from None

    def ids(self, name: str = "ids") -> list[int]:
        """Ids of a choice; what is not a number is left out."""
        return [int(one) for one in self.texts(name) if one.isdigit() and len(one) < 19]

    def refused(self, error: TidingsError) -> Form:
        """The same values with the core's complaints at their fields; secrets are not shown again."""
        values = {name: value for name, value in self.values.items() if "password" not in name}
        if isinstance(error, Invalid):
            return Form(
                values, {name: [p.text for p in problems] for name, problems in error.fields.items()}, error.message
            )
        return Form(values, {}, error.message)

    def unplaced(self, shown: Iterable[str]) -> list[str]:
        """Errors of fields that the page does not show, so that none is swallowed."""
        known = set(shown)
        return [text for name, texts in self.errors.items() if name not in known for text in texts]

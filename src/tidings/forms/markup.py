"""The questions of a form as HTML: what its own page shows, and a landing page that it stands on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tidings.forms.types import Form

# The field that no person fills in.
TRAP = "fc_trap"
_templates = Environment(loader=PackageLoader("tidings.forms"), autoescape=True, undefined=StrictUndefined)


def form_markup(
    form: Form, action: str, *, values: Mapping[str, Sequence[str]] | None = None, problems: Sequence[str] = ()
) -> Markup:
    """The form element that posts to `action`, with what was sent before and what was wrong with it."""
    shown = _templates.get_template("questions.html").render(
        form=form, action=action, values=values or {}, problems=problems
    )
    return Markup(shown)  # noqa: S704 - the template escapes

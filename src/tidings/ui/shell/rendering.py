"""Jinja2, strict: everything escaped, nothing undefined, one folder of templates per area plus the shared ones.

The macros of `templates/macros.html` are there as `ui` in every template, without an import.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup

from tidings.contacts import note_markup
from tidings.ui.shell import assets, badges, texts

ROOT = Path(__file__).parent.parent
_MOST_PIECES = 500


def _loader() -> ChoiceLoader:
    areas: dict[str, BaseLoader] = {
        folder.parent.name: FileSystemLoader(folder)
        for folder in sorted(ROOT.glob("*/templates"))
        if folder.parent != ROOT
    }
    return ChoiceLoader([PrefixLoader(areas), FileSystemLoader(ROOT / "templates")])


class Renderer:
    """Renders a template or one block of it; compiled once per process."""

    def __init__(self) -> None:
        self.environment = Environment(
            loader=_loader(),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        )
        install: Any = self.environment
        install.install_gettext_callables(texts._, texts.ngettext, newstyle=True)
        self.environment.filters.update(
            number=texts.number,
            percent=texts.percent,
            when=texts.when,
            day=texts.day,
            ago=texts.ago,
            duration=texts.duration,
            initials=texts.initials,
            badge=badges.badge,
            note_html=note_markup.note_html,
        )
        names: dict[str, Any] = self.environment.globals
        names.update(
            _=texts.translated,
            icon=assets.icon,
            script=assets.script,
            styles=assets.styles,
            reader=texts.reader,
            badge_of=badges.badge_of,
            is_markup=note_markup.is_markup,
        )
        names["fixed"] = self._fixed
        names["ui"] = self.environment.get_template("macros.html").module
        self._pieces: dict[tuple[object, ...], Markup] = {}

    def _fixed(self, macro: str, *given: object) -> Markup:
        """A macro whose text depends on the reader's language and what is `given` alone: rendered once."""
        key = (macro, texts.reader().locale, *given)
        found = self._pieces.get(key)
        if found is None:
            if len(self._pieces) >= _MOST_PIECES:
                self._pieces.clear()
            found = self._pieces[key] = getattr(self.environment.globals["ui"], macro)(*given)
        return found

    def render(self, template: str, block: str | None, values: dict[str, Any]) -> str:
        """The page as text; with `block` only that block."""
        found = self.environment.get_template(template)
        if block is None:
            return found.render(values)
        return "".join(found.blocks[block](found.new_context(values)))

"""A landing page as an HTML document: no scripts, nothing of others but the pictures that the operator chose."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tidings.forms.markup import form_markup
from tidings.forms.types import Form
from tidings.pages import rules
from tidings.pages.queries import page_path
from tidings.pages.types import Page, PageSettings
from tidings.smart_links.rules import is_web_address

_templates = Environment(
    loader=PackageLoader("tidings.pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_LIGHT = {"ground": "#f4f6f8", "card": "#ffffff", "ink": "#1b2430", "accent": "#1f5fd6"}
_DARK = {"ground": "#12161b", "card": "#1c222a", "ink": "#e7ecf2", "accent": "#7aa7ff"}
_FONTS = {
    "system": 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
    "serif": 'Georgia, "Times New Roman", serif',
    "rounded": 'ui-rounded, "SF Pro Rounded", "Nunito", system-ui, sans-serif',
    "mono": 'ui-monospace, "Cascadia Code", Menlo, Consolas, monospace',
}
# Where a form goes in HTML: in a text, never within a tag.
_FORM_PLACE, _PREFERENCES_PLACE = (
    re.compile(re.escape(place) + r"(?![^<>]*>)") for place in (rules.FORM_PLACE, rules.PREFERENCES_PLACE)
)
NO_MARKUP = Markup()
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class Brand:
    """Name and logo of the installation, for pages that have none of their own."""

    name: str = ""
    logo: str = ""


def page_document(
    page: Page,
    form: Form | None,
    brand: Brand,
    *,
    values: Mapping[str, Sequence[str]] | None = None,
    problems: Sequence[str] = (),
    preferences: Markup = NO_MARKUP,
) -> str:
    """The whole page; with `values` and `problems` after a submission that was refused. `preferences` is the form of its
    preference block."""
    questions = form_markup(form, page_path(page), values=values, problems=problems) if form is not None else Markup()
    return _document(page, brand, _content(page, questions, preferences))


def message_document(page: Page, brand: Brand, text: str, *, onward: str = "") -> str:
    """What follows a submission, in the look of the page; `onward` is where a link leads on to."""
    lines = [Markup("<p>{}</p>").format(line) for line in text.splitlines() if line.strip()]
    if onward:
        lines.append(Markup('<div class="press"><a href="{}" rel="noopener noreferrer">Go on</a></div>').format(onward))
    return _document(page, brand, Markup("\n").join(lines))


def _content(page: Page, questions: Markup, preferences: Markup) -> Markup:
    if page.mode == "blocks":
        shown = _templates.get_template("blocks.html").render(
            blocks=page.blocks,
            form=questions,
            preferences=preferences,
            # Cleaned when it was written, and again with the rules of today: this is done once per version.
            clean=_clean,
            is_picture=is_web_address,
            is_target=rules.is_target,
        )
        return Markup(shown)  # noqa: S704 - the template escapes
    html = str(_clean(page.html))
    # The form of people's own data last: nothing in it is read as a place.
    html = _placed(html, _FORM_PLACE, questions)
    if rules.has_preferences(page):
        html = _placed(html, _PREFERENCES_PLACE, preferences)
    return Markup(html)  # noqa: S704 - cleaned above


def _placed(html: str, place: re.Pattern[str], form: Markup) -> str:
    """The HTML with a form in its place, or at the end."""
    shown = f'<div class="form">{form}</div>' if form else ""
    found = place.search(html)
    return html[: found.start()] + shown + html[found.end() :] if found else html + shown


def _clean(html: str) -> Markup:
    return Markup(rules.cleaned(html))  # noqa: S704 - that is what cleaning is for


def _document(page: Page, brand: Brand, content: Markup) -> str:
    said = page.settings
    colours = _colours(said)
    is_usual = colours == _LIGHT
    logo = said.logo_url if is_web_address(said.logo_url) else brand.logo
    return _templates.get_template("page.html").render(
        title=said.meta_title or page.title,
        description=said.meta_description,
        palette=Markup(_palette(colours)),  # noqa: S704 - colours of six digits
        dark=Markup(_palette(_DARK)) if is_usual else "",  # noqa: S704 - the same
        font=Markup(_FONTS.get(said.font, _FONTS["system"])),  # noqa: S704 - a constant
        name=said.brand or ("" if said.logo_url else brand.name),
        logo=logo,
        content=content,
    )


def _colours(said: PageSettings) -> dict[str, str]:
    chosen = {"ground": said.background, "card": said.surface, "ink": said.ink, "accent": said.accent}
    return {name: chosen[name] if _COLOUR.fullmatch(chosen[name]) else usual for name, usual in _LIGHT.items()}


def _palette(colours: Mapping[str, str]) -> str:
    scheme = "dark" if _luminance(colours["card"]) < 0.18 else "light"
    on_accent = "#ffffff" if _luminance(colours["accent"]) < 0.36 else "#0d1526"
    words = [f"--{name}: {value};" for name, value in colours.items()]
    words += [f"--on-accent: {on_accent};", f"color-scheme: {scheme};"]
    words += ["--line: color-mix(in srgb, var(--ink) 16%, var(--card));"]
    words += ["--field: color-mix(in srgb, var(--ink) 55%, var(--card));"]
    return " ".join(words)


def _luminance(colour: str) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

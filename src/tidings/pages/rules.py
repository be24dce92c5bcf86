"""Pure rules of landing pages: slugs, the check of a draft, and which HTML may stand on a page."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

import msgspec
import nh3

from tidings.contacts.rules import clean_text, title_problem
from tidings.pages.types import KINDS, Block, Page, PageDraft, PageSettings
from tidings.platform import markup
from tidings.platform.errors import Invalid, Problem
from tidings.smart_links.rules import is_web_address

MAX_BLOCKS, MAX_HTML, MAX_TEXT, MAX_URL = 100, 200_000, 20_000, 2000
FORM_PLACE, PREFERENCES_PLACE = "{{form}}", "{{preferences}}"
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,98}[a-z0-9])?")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_COLOURS = ("background", "surface", "ink", "accent")
_SCHEMES = {"http", "https", "mailto", "tel"}
_STYLES = {"color", "background-color", "font-size", "font-style", "font-weight", "line-height", "text-align"}
_STYLES |= {"text-decoration", "margin", "padding", "border", "border-radius", "width", "max-width", "height"}
_STYLES |= {"display", "gap", "letter-spacing", "text-transform"}
_ATTRIBUTES = {name: set(names) for name, names in nh3.ALLOWED_ATTRIBUTES.items()} | {"*": {"style"}}
_TAGS = nh3.ALLOWED_TAGS | {"section", "main", "header", "footer", "article", "aside", "nav", "figure", "figcaption"}
# Texts of the settings, and how long they may be.
_WORDS = {"brand": 100, "meta_title": 200, "meta_description": 500, "message": 2000}
_MARKUP = ("text", "columns", "html")


def cleaned(html: str) -> str:
    """HTML without scripts, forms, frames, handlers and addresses that run something; styles of an allow-list only."""
    return nh3.clean(
        html.replace("\0", ""),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        filter_style_properties=_STYLES,
        link_rel="noopener noreferrer",
    )


def slug_from(title: str) -> str:
    """A slug of a title; may be empty when nothing of it can stand in one."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:100].strip("-")


def is_slug(text: str) -> bool:
    """Small letters, digits and inner hyphens, at most 100."""
    return bool(_SLUG.fullmatch(text))


def is_target(url: str) -> bool:
    """Where a button or a picture may lead: a web address, a mail address, a telephone number, a place of the page."""
    if re.fullmatch(r"#[A-Za-z][\w-]{0,99}", url):
        return True
    if re.fullmatch(r"mailto:[^\s<>\"'\\]{3,320}|tel:\+?[0-9(). -]{3,40}", url, re.IGNORECASE):
        return True
    return is_web_address(url)


def checked(draft: PageDraft) -> PageDraft:
    """The draft with its texts and HTML cleaned; raises Invalid naming each bad field (`blocks.<place>` for a block)."""
    problems: dict[str, Problem] = {}
    title = clean_text(draft.title)
    if problem := title_problem(title):
        problems["title"] = problem
    if not is_slug(draft.slug):
        text = "The address may have small letters, digits and hyphens only, at most 100."
        problems["slug"] = Problem("slug", text)
    if len(draft.html) > MAX_HTML:
        problems["html"] = Problem("max", f"The HTML may have at most {MAX_HTML} characters.")
    elif draft.html.count("<") > markup.MOST_TAGS:
        # Asked when it is written alone: what is stored has the ends of its tags too, and is shown however many they are.
        problems["html"] = Problem("max", f"The HTML may have at most {markup.MOST_TAGS} tags.")
    if len(draft.blocks) > MAX_BLOCKS:
        problems["blocks"] = Problem("max", f"A page may have at most {MAX_BLOCKS} blocks.")
    for kind, word in (("form", "form"), ("preferences", "preference form")):
        if sum(1 for one in draft.blocks if one.kind == kind) > 1:
            problems["blocks"] = Problem("max", f"The {word} can stand on a page once only.")
    for place, block in enumerate(draft.blocks[:MAX_BLOCKS]):
        problem = _problem_of(block)
        if problem:
            problems[f"blocks.{place}"] = problem
    problems |= _problems_of_settings(draft.settings)
    if problems:
        raise Invalid(problems)
    blocks = tuple(_cleaned_block(one) for one in draft.blocks)
    return replace(
        draft, title=title, html=cleaned(draft.html), blocks=blocks, settings=_cleaned_settings(draft.settings)
    )


def _cleaned_settings(said: PageSettings) -> PageSettings:
    words = {name: getattr(said, name).replace("\0", "").strip() for name in _WORDS}
    return msgspec.structs.replace(said, **words)


def _problem_of(block: Block) -> Problem | None:
    if block.kind not in KINDS:
        return Problem("in", f"“{block.kind}” is not a kind of block.")
    limit = MAX_TEXT if block.kind in _MARKUP else 500
    if max(len(block.text), len(block.other), len(block.alt)) > limit:
        return Problem("max", f"The text may have at most {limit} characters.")
    if block.kind in ("heading", "button") and not clean_text(block.text):
        return Problem("required", "It needs a text.")
    if block.kind == "image" and not _is_picture(block.url):
        return Problem("url", "The address of the picture must begin with http:// or https://.")
    if block.kind == "button" and not _is_short(block.url, is_target(block.url)):
        return Problem("url", "The address must begin with http://, https://, mailto: or tel:.")
    if block.link and not _is_short(block.link, is_target(block.link)):
        return Problem("url", "The address must begin with http://, https://, mailto: or tel:.")
    if block.align not in ("left", "center", "right") or block.level not in (1, 2, 3):
        return Problem("in", "This is no size or side that a block may have.")
    return None


def _is_picture(url: str) -> bool:
    return _is_short(url, is_web_address(url))


def _is_short(url: str, is_right: bool) -> bool:
    return len(url) <= MAX_URL and is_right


def _problems_of_settings(said: PageSettings) -> dict[str, Problem]:
    problems: dict[str, Problem] = {}
    for name in _COLOURS:
        if getattr(said, name) and not _COLOUR.fullmatch(getattr(said, name)):
            problems[name] = Problem("colour", "A colour is written like #1f5fd6.")
    if said.font not in ("system", "serif", "rounded", "mono"):
        problems["font"] = Problem("in", "This font is not offered.")
    if said.logo_url and not _is_picture(said.logo_url):
        problems["logo_url"] = Problem("url", "The address of the picture must begin with http:// or https://.")
    if said.redirect_url and not _is_short(said.redirect_url, is_web_address(said.redirect_url)):
        problems["redirect_url"] = Problem("url", "The address to go to must begin with http:// or https://.")
    for name, most in _WORDS.items():
        if len(getattr(said, name)) > most:
            problems[name] = Problem("max", f"At most {most} characters.")
    return problems


def _cleaned_block(block: Block) -> Block:
    if block.kind in _MARKUP:
        return msgspec.structs.replace(block, text=cleaned(block.text), other=cleaned(block.other))
    return msgspec.structs.replace(block, text=clean_text(block.text), other="", alt=clean_text(block.alt))


def has_preferences(page: Page) -> bool:
    """Whether the preference form stands on it."""
    if page.mode == "html":
        return PREFERENCES_PLACE in page.html
    return any(one.kind == "preferences" for one in page.blocks)


def has_content(mode: str, blocks: Sequence[Block], html: str) -> bool:
    """Whether a visitor would see anything."""
    return bool(html.strip()) if mode == "html" else bool(blocks)

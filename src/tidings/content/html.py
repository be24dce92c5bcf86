"""The dressed body: skeleton, inlined styles, numbered links, and the text part made of it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from typing import Any

import css_inline

_inliner = css_inline.CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)
TAG = re.compile(r"<!--.*?-->|<[A-Za-z/!](?:\"[^\"]*\"|[^\">])*>", re.DOTALL)
_HREF = re.compile(r"(\shref=\")([^\"]*)(\")")
_COLOR = re.compile(r"#[0-9a-fA-F]{3,8}|[a-zA-Z]{3,20}|rgba?\([\d\s.,%]{1,40}\)")
_BLOCK_COMMENT = re.compile(r"<!--\s*/?wp:[^>]{0,4000}?-->")
_SPACES = re.compile(r"[ \t]+")

# name: (default, what it may be)
_LOOK = {
    "content_width": "600",
    "body_bg_color": "#f4f5f7",
    "content_bg_color": "#ffffff",
    "text_color": "#1f2937",
    "headings_color": "#111827",
    "link_color": "#1d4ed8",
    "footer_text_color": "#6b7280",
    "content_font_family": "-apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif",
}
_SKELETON = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="x-apple-disable-message-reformatting"><title></title>
<style>
body {{ margin: 0; padding: 0; background-color: {body_bg_color}; }}
.td-page {{ background-color: {body_bg_color}; padding: {page_padding}; }}
.td-content {{ max-width: {content_width}px; margin: {margin}; background-color: {content_bg_color};
  color: {text_color}; font-family: {content_font_family}; font-size: 16px; line-height: 1.6; padding: {padding}; }}
.td-content h1, .td-content h2, .td-content h3 {{ color: {headings_color}; line-height: 1.3; }}
.td-content a {{ color: {link_color}; }}
.td-content img {{ max-width: 100%; height: auto; }}
.td-footer {{ max-width: {content_width}px; margin: {margin}; padding: 20px; color: {footer_text_color};
  font-family: {content_font_family}; font-size: 13px; line-height: 1.5; text-align: center; }}
.td-footer a {{ color: {footer_text_color}; }}
@media (max-width: 620px) {{ .td-content {{ padding: 20px !important; }} }}
</style></head><body>{preheader}<div class="td-page"><div class="td-content">{body}</div>{footer}</div></body></html>"""
_PREHEADER = '<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">{}</div>'


def dress(body: str, *, design: str, look: Mapping[str, Any], footer: str, preheader: str) -> str:
    """A whole HTML document with inlined styles. `raw_html` is left as written, apart from styles and pre-header."""
    hidden = _PREHEADER.format(preheader) if preheader else ""
    body = _BLOCK_COMMENT.sub("", body)
    if design in ("raw_html", "visual_builder"):
        page = body if "<body" in body.lower() else f"<!DOCTYPE html><html><body>{body}</body></html>"
        page = re.sub(r"(<body[^>]*>)", lambda m: m.group(1) + hidden, page, count=1, flags=re.IGNORECASE)
        return _inliner.inline(_with_footer(page, footer))
    values = {name: _safe(name, look.get(name), default) for name, default in _LOOK.items()}
    is_boxed = design == "simple"
    page = _SKELETON.format(
        **values,
        margin="0" if design in ("classic", "raw_classic") else "0 auto",
        page_padding="24px 0" if is_boxed else "0",
        padding="32px 40px" if is_boxed else "20px",
        preheader=hidden,
        body=body,
        footer=f'<div class="td-footer">{footer}</div>' if footer else "",
    )
    return _inliner.inline(page)


def _with_footer(page: str, footer: str) -> str:
    if not footer:
        return page
    return re.sub(r"(</body\s*>)", lambda m: footer + m.group(1), page, count=1, flags=re.IGNORECASE)


def _safe(name: str, value: Any, default: str) -> str:
    text = str(value or "").strip()
    if name == "content_width":
        return text if text.isdigit() and 200 <= int(text) <= 2000 else default
    if name == "content_font_family":
        return text if re.fullmatch(r"[\w\s,'\-]{1,200}", text) else default
    return text if _COLOR.fullmatch(text) else default


def number_links(
    page: str, is_personal: Callable[[str], bool], replace: Callable[[int, str], str]
) -> tuple[str, list[str]]:
    """Replaces the target of each `<a href>` to the web by `replace(number, url)`; answers the page and the urls.

    Equal addresses share a number. Addresses that `is_personal` (hold a merge tag), `mailto:`, `tel:`, anchors and
    every other scheme stay as they are.
    """
    urls: list[str] = []

    def tag(match: re.Match[str]) -> str:
        text = match.group(0)
        if text[:2].lower() != "<a" or len(text) < 3 or not text[2].isspace():
            return text
        return _HREF.sub(href, text, count=1)

    def href(match: re.Match[str]) -> str:
        url = html.unescape(match.group(2)).strip()
        if not url.lower().startswith(("http://", "https://")) or is_personal(url):
            return match.group(0)
        if url not in urls:
            urls.append(url)
        return match.group(1) + replace(urls.index(url), url) + match.group(3)

    return TAG.sub(tag, page), urls


class _TextMaker(HTMLParser):
    """Writes what a reader of plain text needs: paragraphs, list marks, link targets."""

    _BREAKS = frozenset(
        [
            "p",
            "div",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "table",
            "tr",
            "ul",
            "ol",
            "li",
            "blockquote",
            "section",
            "article",
            "header",
            "footer",
            "br",
            "hr",
        ]
    )
    _SILENT = frozenset(("style", "script", "title", "head"))

    def __init__(self, keep_comment: Callable[[str], bool]) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._silent = 0
        self._hidden: list[str] = []
        self._links: list[tuple[str, int]] = []
        self._keep_comment = keep_comment

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in self._SILENT:
            self._silent += 1
        elif "display:none" in (given.get("style") or "").replace(" ", "") and tag == "div":
            self._hidden.append(tag)
            self._silent += 1
        elif self._hidden and tag == "div":
            self._hidden.append("")
        if tag == "a":
            self._links.append((given.get("href") or "", len(self.out)))
        elif tag == "img" and given.get("alt") and not self._silent:
            self.out.append(f"[{given['alt']}]")
        elif tag == "li":
            self.out.append("\n- ")
        elif tag in self._BREAKS:
            self.out.append("\n" if tag in ("br", "tr", "div") else "\n\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._SILENT or (tag == "div" and self._hidden and self._hidden.pop()):
            self._silent = max(0, self._silent - 1)
        if tag == "a" and self._links:
            href, start = self._links.pop()
            shown = "".join(self.out[start:]).strip()
            if href and not href.startswith("#") and shown != href and not self._silent:
                self.out.append(f" ({href})")
        elif tag in self._BREAKS and tag not in ("br", "hr", "li"):
            self.out.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.out.append(_SPACES.sub(" ", data.replace("\r", " ").replace("\n", " ")))

    def handle_comment(self, data: str) -> None:
        if self._keep_comment(data):
            self.out.append(f"<!--{data}-->")


def text_of(page: str, keep_comment: Callable[[str], bool]) -> str:
    """The text part of an HTML page; comments that `keep_comment` accepts are passed through (section marks)."""
    maker = _TextMaker(keep_comment)
    maker.feed(page)
    maker.close()
    text = "".join(maker.out)
    text = re.sub(r"[ \t]*\n[ \t]*", "\n", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"

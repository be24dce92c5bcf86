"""Our own responsive frame around a body: look (template_config), hidden pre-header, footer (footer_settings).

Values of the look come from people and are held to colours, lengths, numbers and font lists before they enter CSS.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tidings.content.types import Kind, Language, Site, Source

_COLOR = re.compile(r"#[0-9A-Fa-f]{3,8}\Z|[A-Za-z]{3,30}\Z|rgba?\([0-9., %]{3,40}\)\Z")
_LENGTH = re.compile(r"(\d{1,4}(?:\.\d{1,3})?)(px|em|rem|%|pt)?\Z")
_FONTS = re.compile(r"[A-Za-z0-9 ,'\-_]{1,400}\Z")
_SYSTEM_FONTS = "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"

_BUILT_IN = {
    "smartcodes": '{{crm.business_name}}<br />{{crm.business_address}}<br /><a href="##crm.unsubscribe_url##">Unsubscribe</a>'
    ' &middot; <a href="##crm.manage_subscription_url##">Manage preferences</a>',
    "variables": '{{business_name}}<br />{{business_address}}<br /><a href="{{unsubscribe_link}}">Unsubscribe</a>',
}
_TRANSACTIONAL = {
    "smartcodes": "{{crm.business_name}}<br />{{crm.business_address}}",
    "variables": "{{business_name}}<br />{{business_address}}",
}


def footer_source(source: Source, site: Site, *, language: Language, kind: Kind) -> str:
    """The footer's HTML as written, "" when there is none: custom, else the installation's, else the built-in one."""
    if not source.has_footer:
        return ""
    custom = str(source.footer.get("footer_content") or "")
    if source.footer.get("custom_footer") == "yes" and custom:
        return custom
    return global_footer(site, language=language, kind=kind)


def global_footer(site: Site, *, language: Language, kind: Kind) -> str:
    """The installation's footer; transactional mail gets only name and address."""
    if kind == "transactional":
        return _TRANSACTIONAL[language]
    return site.footer or _BUILT_IN[language]


def _color(look: Mapping[str, object], key: str, default: str) -> str:
    value = str(look.get(key) or "").strip()
    return value if _COLOR.match(value) else default


def _length(look: Mapping[str, object], key: str, default: str) -> str:
    match = _LENGTH.match(str(look.get(key) if look.get(key) is not None else "").strip())
    return f"{match[1]}{match[2] or 'px'}" if match else default


def _fonts(look: Mapping[str, object], key: str) -> str:
    value = str(look.get(key) or "").strip()
    return value if _FONTS.match(value) else _SYSTEM_FONTS


def _line_height(look: Mapping[str, object]) -> str:
    value = str(look.get("paragraph_line_height") or "").strip()
    return value if re.fullmatch(r"\d{1,3}(\.\d{1,3})?(px|em|%)?", value) else "1.5"


def _css(look: Mapping[str, object], footer: Mapping[str, object], design: str) -> str:
    is_boxed = design not in ("classic", "raw_classic", "plain")
    background = _color(look, "body_bg_color", "#FAFAFA" if is_boxed else "#FFFFFF")
    padding = " ".join(_length(look, f"content_padding_{side}", "20px") for side in ("top", "right", "bottom", "left"))
    link = _color(look, "link_color", "#0693e3")
    hover = _color(look, "link_color_hover", link)
    footer_color = _color(footer, "font_color", _color(look, "footer_text_color", "#202020"))
    return f"""
body {{ margin: 0; padding: 0; background-color: {background}; }}
.td-outer {{ background-color: {background}; }}
.td-content {{ background-color: {_color(look, "content_bg_color", "#FFFFFF")}; border-radius: {_length(look, "content_border_radius", "0px")};
  padding: {padding}; color: {_color(look, "text_color", "#202020")}; font-family: {_fonts(look, "content_font_family")};
  font-size: {_length(look, "paragraph_font_size", "16px")}; line-height: {_line_height(look)}; word-break: break-word; }}
.td-content h1, .td-content h2, .td-content h3, .td-content h4 {{ color: {_color(look, "headings_color", "#202020")};
  font-family: {_fonts(look, "headings_font_family")}; line-height: 1.25; }}
.td-content a {{ color: {link}; }}
.td-content img {{ max-width: 100%; height: auto; border: 0; }}
.td-footer {{ padding: {_length(footer, "footer_padding", "20px")}; color: {footer_color}; font-size: {_length(footer, "font_size", "13px")};
  background-color: {_color(footer, "background_color", "transparent")}; line-height: 1.5; text-align: center;
  font-family: {_fonts(look, "content_font_family")}; }}
.td-footer a {{ color: {footer_color}; }}
.td-content a:hover {{ color: {hover}; }}
@media only screen and (max-width: 600px) {{
  .td-outer-cell {{ padding: 0 !important; }}
  .td-frame {{ width: 100% !important; }}
  .td-content {{ padding: 16px !important; }}
  .fc_hide_mobile, .td-hide-mobile {{ display: none !important; }}
}}
@media only screen and (min-width: 601px) {{ .fc_hide_desktop, .td-hide-desktop {{ display: none !important; }} }}
"""


def preheader_block(preheader: str) -> str:
    """The pre-header (escaped, tokens allowed) as a hidden block at the start of the body."""
    if not preheader:
        return ""
    hidden = (
        "display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;mso-hide:all;font-size:1px;line-height:1px"
    )
    return f'<div class="td-preheader" style="{hidden}">{preheader}</div>'


def frame(source: Source, *, body: str, footer: str, preheader: str, title: str) -> str:
    """The whole document. All pieces are HTML already; tokens may stand in them."""
    look, design = source.look, source.design
    width = re.sub(r"\D", "", _length(look, "content_width", "700px").split(".")[0])[:4] or "700"
    align = "left" if design in ("classic", "raw_classic") else "center"
    margin = f"{_length(look, 'content_margin_top', '20px')} 10px {_length(look, 'content_margin_bottom', '20px')}"
    css = _css(look, source.footer, design)
    foot = f'<tr><td class="td-footer">{footer}</td></tr>' if footer else ""
    table = 'role="presentation" border="0" cellpadding="0" cellspacing="0"'
    return (
        '<!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{css}</style></head><body>{preheader_block(preheader)}"
        f'<table {table} class="td-outer" width="100%"><tr><td class="td-outer-cell" align="{align}" style="padding:{margin}">'
        f'<!--[if mso]><table {table} width="{width}"><tr><td><![endif]-->'
        f'<table {table} class="td-frame" width="100%" style="max-width:{width}px"><tr><td class="td-content" align="left">'
        f"{body}</td></tr>{foot}</table><!--[if mso]></td></tr></table><![endif]--></td></tr></table></body></html>"
    )

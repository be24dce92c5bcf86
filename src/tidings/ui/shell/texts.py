"""Words, numbers and times for one reader: gettext catalogues, Babel formats, the reader's zone.

The reader is a context variable, set once per request by the guard, so that `_()` works in handlers and templates alike.
"""

from __future__ import annotations

import gettext
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal, format_percent
from markupsafe import Markup

LOCALES = {
    "en_US": "English (United States)",
    "en_GB": "English (United Kingdom)",
    "de_DE": "Deutsch (Deutschland)",
    "fr_FR": "Français (France)",
    "es_ES": "Español (España)",
    "it_IT": "Italiano (Italia)",
    "nl_NL": "Nederlands (Nederland)",
    "pl_PL": "Polski (Polska)",
    "pt_BR": "Português (Brasil)",
    "sv_SE": "Svenska (Sverige)",
    "tr_TR": "Türkçe (Türkiye)",
}
_CATALOGUES = Path(__file__).parent.parent / "locales"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: a Babel locale name and a zone."""

    locale: str
    zone: ZoneInfo

    @property
    def lang(self) -> str:
        """The BCP 47 tag of the page."""
        return self.locale.replace("_", "-")


_NOBODY = Reader("en_US", ZoneInfo("UTC"))
_reader: ContextVar[Reader] = ContextVar("reader", default=_NOBODY)


def read_as(reader: Reader) -> None:
    """From here on, this request speaks to `reader`."""
    _reader.set(reader)


def reader() -> Reader:
    """Who reads this request's answer."""
    return _reader.get()


@lru_cache(maxsize=32)
def _catalogue(locale: str) -> gettext.NullTranslations:
    return gettext.translation("tidings", _CATALOGUES, languages=[locale], fallback=True)


def _(text: str) -> str:
    """The text in the reader's language."""
    return _catalogue(_reader.get().locale).gettext(text)


@lru_cache(maxsize=4096)
def _marked(locale: str, text: str) -> Markup:
    return Markup(_catalogue(locale).gettext(text))  # noqa: S704 - our own words, written with their markup


def translated(text: str, **values: object) -> Markup:
    """`_` of the templates: the text in the reader's language with its named values escaped into it.

    It stands in every line of a page, so that the words are looked up once.
    """
    return _marked(_reader.get().locale, text) % values


def ngettext(one: str, many: str, n: int) -> str:
    """The right plural in the reader's language."""
    return _catalogue(_reader.get().locale).ngettext(one, many, n)


@lru_cache(maxsize=32)
def _locale(name: str) -> Locale:
    return Locale.parse(name)


def number(value: float | int) -> str:
    """12345.6 as the reader writes it."""
    return format_decimal(value, locale=_locale(_reader.get().locale))


def percent(value: float, digits: int = 1) -> str:
    """A percentage given as 0 to 100."""
    pattern = "0" if not digits else "0." + "#" * digits
    return format_percent(value / 100, format=f"{pattern}%", locale=_locale(_reader.get().locale))


def when(at: datetime | None) -> str:
    """Day and time in the reader's zone; a dash for None."""
    if at is None:
        return "–"
    now = _reader.get()
    return format_datetime(
        at, "d MMM y, HH:mm" if now.locale != "en_US" else "MMM d, y, h:mm a", now.zone, _locale(now.locale)
    )


def day(on: date | datetime | None) -> str:
    """The day alone."""
    if on is None:
        return "–"
    if isinstance(on, datetime):
        on = on.astimezone(_reader.get().zone).date()
    return _day(on, _reader.get().locale)


@lru_cache(maxsize=2048)
def _day(on: date, locale: str) -> str:
    return format_date(on, "medium", _locale(locale))


def duration(span: timedelta) -> str:
    """A length of time in words."""
    return format_timedelta(span, locale=_locale(_reader.get().locale))


def ago(at: datetime | None) -> str:
    """How long since or until, in words; a dash for None."""
    if at is None:
        return "–"
    return format_timedelta(at - datetime.now(UTC), add_direction=True, locale=_locale(_reader.get().locale))


def initials(name: str) -> str:
    """At most two letters for a person without a picture."""
    return "".join(word[0].upper() for word in name.split()[:2])

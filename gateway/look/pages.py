"""Pages: a Jinja environment that knows the components and both languages, static files, and safe headers."""

import hashlib
from collections.abc import Awaitable, Callable
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

import jinja2
from aiohttp import web

import gateway
from gateway.look import i18n, numbers, times, words
from gateway.look.hostile_text import seen, shown
from gateway.look.marks import MARKS, Mark
from gateway.look.ruling_reasons import APPROVAL, REFUSAL, said_reason
from gateway.model.codes import label
from gateway.model.container_number import LETTER_VALUES
from gateway.model.plate import FORMS
from gateway.model.reasons import REASONS, Reason, ReasonText

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

COOKIE: Final = "lang"
_COOKIE_AGE_S: Final = 400 * 86400  # browsers keep a cookie for 400 days at most (RFC 6265bis §5.5)
_STYLESHEETS: Final = ("tokens.css", "page.css", "components.css", "ruling.css")
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def static_folder() -> Path:
    """Where the stylesheets, scripts and fonts lie. The package is always installed unpacked."""
    with as_file(files("gateway.look").joinpath("static")) as folder:
        return folder


@cache
def stylesheet() -> str:
    """The one stylesheet: tokens, then page, components, and the form of a ruling."""
    return "\n".join((static_folder() / "css" / name).read_text(encoding="utf-8") for name in _STYLESHEETS)


@cache
def digest(folder: Path) -> str:
    """Changes when any file in a static folder changes, so that no browser shows a new page with an old stylesheet."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found.update(path.read_bytes())
    return found.hexdigest()[:10]


def _asset_version() -> str:
    return digest(static_folder())


def page_version() -> str:
    """What an open page compares to know that the server was upgraded."""
    return f"{gateway.__version__}-{_asset_version()}"


def asset(name: str) -> str:
    """The address of a static file of the look."""
    return f"/look/{name}?v={_asset_version()}"


def reason_text(code: Reason | str) -> ReasonText:
    """Title and action of a reason; an unknown code of a newer gate is shown as itself."""
    try:
        return REASONS[Reason(code)]
    except ValueError:
        return ReasonText(str(code), "")


def mark_of(outcome: str) -> Mark:
    try:
        return Mark(outcome)
    except ValueError:
        return Mark.OFFLINE


def code_label(table: str, code: str) -> str:
    return label(table, code, i18n.current_language())


def environment(package: str, folder: str = "templates") -> jinja2.Environment:
    """Templates of a room, chained with the look's own `base.html` and `components.html`."""
    made = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader(package, folder), jinja2.PackageLoader("gateway.look")]),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        finalize=seen,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Imported macros do not see a page's context; these look the language up themselves, so every macro speaks it.
    # Not the extension's "newstyle": that one declares whatever it translates to be safe HTML, an unknown code included.
    made.install_gettext_callables(i18n.filled_in, i18n.ngettext, newstyle=False)  # type: ignore[attr-defined]  # by the extension
    made.globals.update(
        asset=asset,
        code_label=code_label,
        compared=numbers.compared,
        container_groups=numbers.container_groups,
        current_language=i18n.current_language,
        mark_of=mark_of,
        marks=MARKS,
        page_version=page_version,
        expected_words=words.expected_words,
        letter_values=LETTER_VALUES,
        plate_forms=FORMS,
        plate_glyphs=numbers.plate_glyphs,
        plate_text=numbers.plate_text,
        reason_text=reason_text,
        reasons_of={"approve": APPROVAL, "refuse": REFUSAL},
        results=words.RESULTS,
        roles=words.ROLES,
        said_reason=said_reason,
        seen_words=words.seen_words,
        subjects=words.SUBJECTS,
    )
    made.filters.update(taipei=times.taipei, roc_date=times.roc_date, age=times.age, shown=shown)
    return made


def render(environment: jinja2.Environment, template: str, language: str, **context: object) -> str:
    """The page in `language`; templates find it as `language`."""
    with i18n.speaking(language):
        return environment.get_template(template).render(language=language, **context)


def language_of(request: web.Request) -> str:
    """What the person chose: by the address, else by the cookie, else Traditional Chinese."""
    return (
        i18n.known_language(request.query.get("lang")) or i18n.known_language(request.cookies.get(COOKIE)) or i18n.DEFAULT_LANGUAGE
    )


def language_links(request: web.Request) -> dict[str, str]:
    """The address of this page in each language, everything else of the address kept.

    Only its query is said (RFC 3986 §5.2.2): a path that was asked for may begin with two slashes, and would lead to another host.
    """
    return {language: f"?{request.rel_url.update_query(lang=language).raw_query_string}" for language in i18n.LANGUAGES}


async def _stylesheet(_request: web.Request) -> web.Response:
    return web.Response(text=stylesheet(), content_type="text/css", headers={"Cache-Control": "no-cache"})


def add_static(app: web.Application) -> None:
    """Serve `/look/look.css`, `/look/look.js`, the fonts and the icon."""
    app.router.add_get("/look/look.css", _stylesheet)
    app.router.add_static("/look", static_folder())


@web.middleware
async def secure_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Nothing on a page comes from elsewhere and nothing is inline. Also keeps a language chosen by `?lang=` in a cookie."""
    try:
        response = await handler(request)
    except web.HTTPException as answer:
        answer.headers.update(_HEADERS)
        raise
    if not response.prepared:
        response.headers.update(_HEADERS)
        _remember_language(request, response)
    return response


def _remember_language(request: web.Request, response: web.StreamResponse) -> None:
    chosen = i18n.known_language(request.query.get("lang"))
    if chosen and chosen != request.cookies.get(COOKIE):
        response.set_cookie(COOKIE, chosen, max_age=_COOKIE_AGE_S, samesite="Lax", path="/")

"""Plugins by name: known by what is installed, loaded when they are first used, and checked before that."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from digest.errors import PluginError
from digest.plugins.contract import API, ProviderHook, Source, Theme, Transport

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


class Kind(StrEnum):
    """What a plugin is; the value is the last part of its group of entry points."""

    SOURCE = "sources"
    THEME = "themes"
    TRANSPORT = "transports"
    HOOK = "provider_hooks"

    @property
    def group(self) -> str:
        """The group of entry points."""
        return f"newsroom_digest.{self.value}"

    @property
    def in_words(self) -> str:
        """As it is told to people: source, theme, transport, provider hook."""
        return self.value.removesuffix("s").replace("_", " ")


#: Names that are ours: no plugin gets them.
BUILT_IN: Final[Mapping[Kind, frozenset[str]]] = {
    Kind.SOURCE: frozenset({"page", "json", "markdown", "csv", "feed", "mail"}),
    Kind.THEME: frozenset({"classic", "quiet"}),
    Kind.TRANSPORT: frozenset({"smtp", "smtps", "smtp+starttls", "file"}),
    Kind.HOOK: frozenset({"ses", "postmark", "sendgrid", "mailgun", "sparkpost", "generic"}),
}
#: What may stand in an option, in a path, before :// (RFC 3986) and as the name of a folder.
_NAMES: Final[Mapping[Kind, re.Pattern[str]]] = {
    Kind.SOURCE: re.compile(r"[a-z][a-z0-9-]{0,39}"),
    Kind.THEME: re.compile(r"[a-z0-9][a-z0-9_-]{0,39}"),
    Kind.TRANSPORT: re.compile(r"[a-z][a-z0-9+.-]{0,39}"),
    Kind.HOOK: re.compile(r"[a-z][a-z0-9-]{0,39}"),
}
#: What is called of each.
_CALLED: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.SOURCE: ("recognises", "read"),
    Kind.THEME: (),
    Kind.TRANSPORT: ("connect",),
    Kind.HOOK: ("read",),
}
#: What a plugin may raise, loaded or called: one made for the shell may want to end the program.
FAULTS: Final = (Exception, SystemExit)


@dataclass(frozen=True, slots=True)
class Seen:
    """A plugin that is installed."""

    kind: Kind
    name: str
    package: str
    version: str
    #: why nobody can use it, in words; empty when it is well
    trouble: str = ""
    #: the trouble is its name, and it was not loaded
    is_misnamed: bool = False


@lru_cache
def names(kind: Kind) -> tuple[str, ...]:
    """The names by which plugins of a kind may be called; none of them is loaded."""
    found = [point.name for point in _installed(kind)]
    return tuple(sorted(name for name in found if not _unfit(kind, name, found)))


def source(name: str) -> Source:
    """The format of that name; raises PluginError."""
    return cast("Source", _loaded(Kind.SOURCE, name))


def theme(name: str) -> Theme:
    """The theme of that name; raises PluginError."""
    return cast("Theme", _loaded(Kind.THEME, name))


def transport(name: str) -> Transport:
    """The transport of that scheme; raises PluginError."""
    return cast("Transport", _loaded(Kind.TRANSPORT, name))


def hook(name: str) -> ProviderHook:
    """The hook of that provider; raises PluginError."""
    return cast("ProviderHook", _loaded(Kind.HOOK, name))


def every_one_seen() -> tuple[Seen, ...]:
    """All that are installed, each tried: for who wants to know whether they are well."""
    return tuple(_tried(kind, point) for kind in Kind for point in _installed(kind))


def broken(kind: Kind, name: str, error: BaseException, *, doing: str = "") -> PluginError:
    """What to say of a plugin that failed while it was `doing` something."""
    point = next((one for one in _installed(kind) if one.name == name), None)
    whose = "" if point is None else f" of {' '.join(_package_of(point))}"
    words = " ".join(str(error).split())[:300]
    what = f"{type(error).__name__}: {words}" if words else type(error).__name__
    return PluginError(f"{kind.in_words} {name!r}{whose} cannot be used: {doing and doing + ': '}{what}")


@lru_cache(maxsize=64)
def _loaded(kind: Kind, name: str) -> Any:
    point = next((one for one in _installed(kind) if one.name == name), None)
    if point is None or name not in names(kind):
        raise PluginError(f"{kind.in_words} {name!r} is no plugin that is installed and may be called so")
    try:
        # what a plugin prints may not stand among answers
        with redirect_stdout(sys.stderr):
            found = point.load()
            plugin = found() if isinstance(found, type) else found
        _check(kind, plugin)
    except FAULTS as error:
        raise broken(kind, name, error) from error
    return plugin


def _check(kind: Kind, plugin: Any) -> None:
    """Raise TypeError for what does not keep the contract."""
    version = getattr(plugin, "api", None)
    if version != API or isinstance(version, bool):
        told = "names no version of the contract in 'api'" if version is None else f"is for version {version}"
        raise TypeError(f"it {told}, and this program keeps version {API}")
    for called in _CALLED[kind]:
        if not callable(getattr(plugin, called, None)):
            raise TypeError(f"it has no {called}()")
    if kind is Kind.THEME:
        folder = getattr(plugin, "folder", None)
        if not isinstance(folder, Path) or not folder.is_dir():
            raise TypeError("its 'folder' is no folder")


def _tried(kind: Kind, point: EntryPoint) -> Seen:
    package, version = _package_of(point)
    told = point.name[:80]
    unfit = _unfit(kind, point.name, [one.name for one in _installed(kind)])
    if unfit:
        return Seen(kind, told, package, version, unfit, is_misnamed=True)
    try:
        _loaded(kind, point.name)
    except PluginError as error:
        return Seen(kind, told, package, version, str(error))
    return Seen(kind, told, package, version)


def _unfit(kind: Kind, name: str, all_names: list[str]) -> str:
    """Why a name cannot be had; empty when it can."""
    if name in BUILT_IN[kind]:
        return f"{name!r} is the name of one of our own"
    if not _NAMES[kind].fullmatch(name):
        return f"{name!r} is no name that a {kind.in_words} may have: {_NAMES[kind].pattern}"
    if all_names.count(name) > 1:
        return f"{name!r} is the name of several: which of them is meant is not known"
    return ""


@lru_cache
def _installed(kind: Kind) -> tuple[EntryPoint, ...]:
    # heavy, and most calls need it never
    from importlib.metadata import entry_points

    return tuple(sorted(entry_points(group=kind.group), key=lambda one: (one.name, one.value)))


def _package_of(point: EntryPoint) -> tuple[str, str]:
    return ("an unknown package", "") if point.dist is None else (point.dist.name, point.dist.version)

"""``trendsieve profile``: check a brand file, keep versions of it in the store, draft one from guidelines."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from configs.errors import InputError
from configs.settings import Settings
from pipeline.commands import stores, words

if TYPE_CHECKING:
    from pipeline.brand.profile.profile import BrandProfile
    from pipeline.store.contract import Store

STDIN = Path("-")
MAX_TEXT_BYTES = 2_000_000
"""More than any guidelines: a longer file is something else."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to do with a profile."""
    kinds = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    check = kinds.add_parser("check", help="read a brand file and say what is wrong with it, or what it holds")
    _brand_file(check)
    history = kinds.add_parser("history", help="versions of a brand in the store, newest first")
    _brand(history)
    show = kinds.add_parser("show", help="a version of a brand as TOML (default: the newest)")
    _brand(show)
    show.add_argument("version", type=words.amount, nargs="?", metavar="VERSION")
    diff = kinds.add_parser("diff", help="what changed between two versions of a brand")
    _brand(diff)
    diff.add_argument("one", type=words.amount, metavar="A")
    diff.add_argument("other", type=words.amount, metavar="B")
    save = kinds.add_parser("save", help="make a brand file the newest version in the store")
    _brand_file(save)
    stores.store_argument(save)
    _signed(save)
    back = kinds.add_parser("rollback", help="make an old version of a brand the newest again")
    _brand(back)
    back.add_argument("version", type=words.amount, metavar="VERSION")
    _signed(back)
    draft = kinds.add_parser(
        "draft",
        help="draft a brand file from guidelines or an about page",
        description="Draft a brand file from brand guidelines or an about page; comments say what was guessed.",
    )
    draft.add_argument(
        "texts", type=Path, nargs="+", metavar="GUIDELINES", help="plain text or HTML; - reads standard input"
    )
    draft.add_argument("--id", dest="brand_id", metavar="ID", help="default: made from the name")
    draft.add_argument("--name", metavar="NAME", help="default: guessed from the text")
    draft.add_argument("--out", type=Path, metavar="FILE", help="where to write it; must not exist (default: print)")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do it."""
    return _KINDS[arguments.what](arguments, settings)


def _check(arguments: argparse.Namespace, settings: Settings) -> int:
    profile = _read_profile(arguments.file)
    n_examples = sum(len(facet.examples) for facet in profile.facets)
    _print(f"{arguments.file}: {profile.name} ({profile.id}) can be used")
    _print(f"  facets: {', '.join(facet.label() for facet in profile.facets)}; {n_examples} examples")
    for name in ("essence", "no_go", "examples", "audience", "competitors", "experts"):
        missing = n_examples == 0 if name == "examples" else not getattr(profile, name)
        if missing:
            _print(f"  no {name}: {_WITHOUT[name]}")
    return 0


_WITHOUT = {
    "essence": "people on the board see no sentence about the brand",
    "no_go": "no theme of its own keeps the brand away from a topic",
    "examples": "facets rest on their texts alone; two to five posts in the brand's own words make them sharper",
    "audience": "the overlap with the brand's audience stays unknown",
    "competitors": "who else already joined stays unknown",
    "experts": "nobody is named who could speak on a topic",
}


def _history(arguments: argparse.Namespace, settings: Settings) -> int:
    from pipeline.brand.profile.versions import find_version

    with _store(arguments, settings) as store:
        find_version(store, arguments.brand)  # an unknown brand is an error, not an empty list
        for version in store.profile_versions(arguments.brand):
            saved = version.saved_at.strftime("%Y-%m-%d %H:%M UTC")
            _print(f"{version.version:>4}  {saved}  {version.author or '?'}  {version.note}".rstrip())
    return 0


def _show(arguments: argparse.Namespace, settings: Settings) -> int:
    from pipeline.brand.profile.versions import find_version

    with _store(arguments, settings) as store:
        sys.stdout.write(find_version(store, arguments.brand, arguments.version).toml)
    return 0


def _diff(arguments: argparse.Namespace, settings: Settings) -> int:
    from pipeline.brand.profile.diff import profile_changes, str_change
    from pipeline.brand.profile.toml import parse_profile
    from pipeline.brand.profile.versions import find_version

    with _store(arguments, settings) as store:
        found = [find_version(store, arguments.brand, number) for number in (arguments.one, arguments.other)]
    one, other = (parse_profile(version.toml, f"version {version.version}") for version in found)
    changes = profile_changes(one, other)
    for change in changes:
        _print(str_change(change))
    if not changes:
        _print("no difference")
    return 0


def _save(arguments: argparse.Namespace, settings: Settings) -> int:
    from pipeline.brand.profile.versions import save_version
    from pipeline.commands.stores import opened_store
    from pipeline.wiring.clock import utc_now

    profile = _read_profile(arguments.file)
    with opened_store(stores.with_store(settings, arguments.store), ()) as store:
        before = [version.version for version in store.profile_versions(profile.id)]
        number = save_version(store, profile, _author(arguments), arguments.note, utc_now())
    _print(f"{profile.id}: " + (f"is version {number} already" if number in before else f"saved as version {number}"))
    return 0


def _rollback(arguments: argparse.Namespace, settings: Settings) -> int:
    from pipeline.brand.profile.versions import roll_back
    from pipeline.wiring.clock import utc_now

    with _store(arguments, settings) as store:
        number = roll_back(store, arguments.brand, arguments.version, _author(arguments), arguments.note, utc_now())
    _print(f"{arguments.brand}: version {arguments.version} is in force again, as version {number}")
    return 0


def _draft(arguments: argparse.Namespace, settings: Settings) -> int:
    from pipeline.services.profile_draft.profile_draft import draft_profile
    from pipeline.wiring.models import load_models
    from pipeline.wiring.services import build_drafter

    texts = [_read_text(path) for path in arguments.texts]
    if arguments.out is not None and arguments.out.exists():
        raise InputError(f"{arguments.out}: exists already; choose another file for --out")
    toml = draft_profile(texts, build_drafter(load_models(settings)), arguments.brand_id, arguments.name).toml()
    if arguments.out is None:
        sys.stdout.write(toml)
        return 0
    try:
        arguments.out.write_text(toml, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{arguments.out}: cannot be written ({error.strerror}); choose another --out") from error
    _print(f"{arguments.out}: a draft; read its comments, then 'trendsieve profile check {arguments.out}'")
    return 0


_KINDS: Mapping[str, Callable[[argparse.Namespace, Settings], int]] = {
    "check": _check,
    "history": _history,
    "show": _show,
    "diff": _diff,
    "save": _save,
    "rollback": _rollback,
    "draft": _draft,
}


def _brand(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("brand", metavar="BRAND", help="id of the brand")
    stores.store_argument(parser)


def _brand_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="brand file (TOML); - reads standard input")


def _signed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--note", default="", metavar="TEXT", help="why; shown in the history")
    parser.add_argument("--author", metavar="NAME", help="who (default: the name of the user)")


def _store(arguments: argparse.Namespace, settings: Settings) -> AbstractContextManager[Store]:
    return stores.existing_store(stores.with_store(settings, arguments.store))


def _author(arguments: argparse.Namespace) -> str:
    if arguments.author:
        return str(arguments.author)
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user without a name, as in some containers
        return "?"


def _read_profile(path: Path) -> BrandProfile:
    from pipeline.brand.profile.profile import load_profile
    from pipeline.brand.profile.toml import parse_profile

    return parse_profile(_read_text(path), "standard input") if path == STDIN else load_profile(path)


def _read_text(path: Path) -> str:
    try:
        data = sys.stdin.buffer.read(MAX_TEXT_BYTES + 1) if path == STDIN else path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    if len(data) > MAX_TEXT_BYTES:
        raise InputError(f"{path}: is longer than {MAX_TEXT_BYTES // 1_000_000} MB; give the guidelines alone")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 text; save or copy it as plain text") from error


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")

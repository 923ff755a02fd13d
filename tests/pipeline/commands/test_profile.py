"""``trendsieve profile`` from the outside: what it prints, what it keeps, what it says when something is wrong."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from configs.settings import CONFIGS_DIR
from pipeline.brand.profile.profile import load_profile
from pipeline.cli import main
from pipeline.commands import profile as command

BAKERY = CONFIGS_DIR / "brands" / "forno-aurora.toml"
MINIMAL = 'id = "mill"\nname = "Mill"\n[[facets]]\ntext = "bread"\n'


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path}/store.db"
    monkeypatch.setenv("TRENDSIEVE_STORE__URL", url)
    return url


@pytest.fixture
def mill(tmp_path: Path) -> Path:
    path = tmp_path / "mill.toml"
    path.write_text(MINIMAL)
    return path


def said(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> str:
    """What a command printed: its result, or the one line of its error."""
    assert main(["profile", *map(str, arguments)]) == code
    captured = capsys.readouterr()
    return captured.out if code == 0 else captured.err


def test_a_good_file_is_described_and_a_bad_one_explained(capsys: pytest.CaptureFixture[str], mill: Path) -> None:
    assert "Forno Aurora (forno-aurora) can be used" in said(capsys, "check", BAKERY)
    sparse = said(capsys, "check", mill)
    assert "no no_go: no theme of its own keeps the brand away" in sparse
    assert "no examples: facets rest on their texts alone" in sparse
    mill.write_text(MINIMAL + "colour = 1\n")
    assert said(capsys, "check", mill, code=2).startswith(
        f"trendsieve: {mill}: facets[0] is wrong: object contains unkn"
    )


def test_versions_from_the_first_to_a_rollback(
    capsys: pytest.CaptureFixture[str], store: str, mill: Path, tmp_path: Path
) -> None:
    assert said(capsys, "save", mill, "--author", "Ada", "--note", "first") == "mill: saved as version 1\n"
    assert said(capsys, "save", mill, "--author", "Tom") == "mill: is version 1 already\n"
    mill.write_text(MINIMAL + "weight = 0.5\n")
    assert said(capsys, "save", mill, "--author", "Tom", "--note", "less") == "mill: saved as version 2\n"
    assert said(capsys, "diff", "mill", 1, 2) == "facets “bread”, weight: 1 → 0.5\n"
    assert said(capsys, "diff", "mill", 2, 2) == "no difference\n"
    assert said(capsys, "rollback", "mill", 1, "--author", "Eva") == "mill: version 1 is in force again, as version 3\n"
    history = said(capsys, "history", "mill").splitlines()
    assert [line.split()[0] for line in history] == ["3", "2", "1"]
    assert history[0].endswith("Eva  back to version 1.")
    assert history[2].endswith("Ada  first")
    exported = tmp_path / "exported.toml"
    exported.write_text(said(capsys, "show", "mill", 2, "--store", store))
    assert load_profile(exported) == load_profile(mill)


@pytest.mark.usefixtures("store")
def test_what_is_not_there_is_named(capsys: pytest.CaptureFixture[str], mill: Path) -> None:
    assert "names a file that does not exist" in said(capsys, "history", "mill", code=2)
    said(capsys, "save", mill)
    assert "brand 'bakery': the store has no version of it" in said(capsys, "history", "bakery", code=2)
    assert "has no version 7; its versions are 1 to 1" in said(capsys, "rollback", "mill", 7, code=2)
    assert "is not a whole number above zero" in said(capsys, "show", "mill", "newest", code=2)


@pytest.mark.usefixtures("store")
def test_a_profile_may_come_from_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbf" + MINIMAL.encode())))
    assert said(capsys, "save", "-", "--author", "Ada") == "mill: saved as version 1\n"


def test_a_draft_is_refused_before_anything_is_loaded(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.wiring.models.load_models", lambda settings: pytest.fail("loaded for nothing"))
    text = tmp_path / "about.txt"
    text.write_bytes(b"\xff\xfe not UTF-8")
    assert "is not UTF-8 text" in said(capsys, "draft", text, code=2)
    assert "cannot be read" in said(capsys, "draft", tmp_path / "none.txt", code=2)
    text.write_text("We bake bread.")
    assert "exists already" in said(capsys, "draft", text, "--out", text, code=2)
    monkeypatch.setattr(command, "MAX_TEXT_BYTES", 5)
    assert "give the guidelines alone" in said(capsys, "draft", text, code=2)


@pytest.mark.slow
def test_a_draft_with_the_real_encoder_can_be_used(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text, out = tmp_path / "about.txt", tmp_path / "draft.toml"
    text.write_text(
        "Old Mill is a bakery on a canal.\nWe bake sourdough bread and rye loaves every night.\n"
        "Breakfast takes an hour at our long table.\nWe never talk about diets.\n"
    )
    assert "a draft; read its comments" in said(capsys, "draft", text, "--name", "Old Mill", "--out", out)
    profile = load_profile(out)
    assert (profile.id, profile.no_go) == ("old-mill", ("diets",))
    assert said(capsys, "draft", text, "--name", "Old Mill") == out.read_text(), "the same text gives the same draft"

"""The folder of a distilled student: complete or not there, with a manifest that says where it comes from."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from configs.errors import ConfigError, InputError

MANIFEST_FILE = "trendsieve.json"
HEADS_FILE = "heads.npz"
MANIFEST_VERSION = 1


class HeldBack(msgspec.Struct, frozen=True, kw_only=True):
    """How the student did on posts it never saw, against the teacher on the same posts.

    ``cosine``: mean cosine of both vectors, centred. ``truth`` says what the ``n_scored`` of
    ``n_posts`` were grouped by; NMI is the geometric one.
    """

    n_posts: int
    cosine: float
    truth: str
    n_scored: int
    n_groups: int
    nmi_teacher: float
    nmi_student: float
    bcubed_teacher: float
    bcubed_student: float

    @property
    def nmi_loss(self) -> float:
        """How much NMI the student gives away; negative when it gains."""
        return self.nmi_teacher - self.nmi_student


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a student is: who taught it, on how much, and how well it learned."""

    version: int = MANIFEST_VERSION
    encoder_id: str
    teacher_id: str
    made_at: datetime
    n_posts: int
    n_pieces: int
    n_pieces_met: int
    dimension: int
    held_back: HeldBack
    heads: HeadAgreement


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a student.

    Raises
    ------
    ConfigError
        It is missing, damaged or of another version.
    """
    path = folder / MANIFEST_FILE
    fix = "make a student with trendsieve distill POSTS --out FOLDER"
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError("settings", "encoder.static", f"'{folder}' has no readable {MANIFEST_FILE}", fix) from error
    if manifest.version != MANIFEST_VERSION:
        raise ConfigError("settings", "encoder.static", f"'{folder}' is of version {manifest.version}", fix)
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Store it as JSON people can read."""
    (folder / MANIFEST_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """An empty folder that becomes ``out`` when the block ends well, and vanishes when it does not.

    Only an earlier student is replaced, and only at the very end.

    Raises
    ------
    InputError
        ``out`` is something else, or its parent cannot be written.
    """
    if out.exists() and not _replaceable(out):
        raise InputError(f"{out}: exists and is no student of trendsieve distill; choose another folder for --out")
    try:
        work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.absolute().parent))
    except OSError as error:
        raise InputError(f"{out}: cannot be written ({error.strerror}); choose another folder for --out") from error
    try:
        fresh = work / "new"
        fresh.mkdir()
        yield fresh
        if out.exists():
            out.rename(work / "old")
        fresh.rename(out)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _replaceable(out: Path) -> bool:
    return out.is_dir() and ((out / MANIFEST_FILE).is_file() or not any(out.iterdir()))


class HeadAgreement(msgspec.Struct, frozen=True):
    """Correlation of the student's and the teacher's probabilities on held-back posts; ``None``: no spread."""

    negative: float | None
    positive: float | None
    offensive: float | None
    disaster: float | None
    anger: float | None
    joy: float | None
    optimism: float | None
    sadness: float | None

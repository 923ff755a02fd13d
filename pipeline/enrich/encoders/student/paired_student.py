"""The student that stands by for the default encoder."""

from __future__ import annotations

from pathlib import Path

from configs.errors import ConfigError
from configs.settings import EncoderSettings
from pipeline.enrich.encoders.encoder import Encoder
from pipeline.enrich.encoders.student.student_folder import read_manifest
from pipeline.enrich.encoders.use.use_encoder import USE_MULTILINGUAL


def open_student(settings: EncoderSettings, teacher: Encoder) -> Encoder | None:
    """The student of the default encoder that the settings name; ``None`` when there is none to switch to.

    Parameters
    ----------
    settings
        ``id`` and ``static``.
    teacher
        The default encoder, loaded.

    Raises
    ------
    ConfigError
        The folder is no student, a student of another encoder or dimension, or not as it was made.

    Examples
    --------
    >>> open_student(EncoderSettings(), None) is None
    True
    """
    if settings.id != USE_MULTILINGUAL or not settings.static:
        return None
    from pipeline.enrich.encoders.student.static_encoder import StaticEncoder

    folder = Path(settings.static)
    manifest = read_manifest(folder)
    if manifest.teacher_id != teacher.id:
        raise _unusable(folder, f"is a student of '{manifest.teacher_id}', not of '{teacher.id}'")
    student = StaticEncoder(folder)
    if student.id != manifest.encoder_id:
        raise _unusable(folder, "is not as trendsieve distill made it")
    if student.dimension != teacher.dimension:
        raise _unusable(folder, f"has vectors of {student.dimension} numbers, '{teacher.id}' of {teacher.dimension}")
    return student


def _unusable(folder: Path, problem: str) -> ConfigError:
    fix = "make a student of this encoder with trendsieve distill, or remove encoder.static"
    return ConfigError("settings", "encoder.static", f"'{folder}' {problem}", fix)

"""Bad settings stop the start with the file, the key and the fix; secrets never show."""

from __future__ import annotations

import tomllib
import traceback
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from configs.errors import ConfigError
from configs.loading import load_settings
from configs.settings import CONFIGS_DIR, Secret, Settings, read_toml

HUSH = "https://hooks.example.test/T0/B0/very-secret"


def _file(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


# --- invariants -------------------------------------------------------------------

_KEYS = st.sampled_from(
    ["shard", "brands", "stream", "alerts", "kind", "slack_webhook_url", "port", "every_s", "x", ""]
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates() | st.datetimes() | st.times(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS | st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


def _toml(value: object) -> str:
    """Inline TOML of any generated value, valid or not: what matters is that something odd is written."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_toml(str(key))} = {_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + "".join(char if char.isalnum() else f"\\U{ord(char):08X}" for char in value) + '"'
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _refusal(path: Path | None, environ: dict[str, str] | None = None) -> ConfigError | None:
    """The one error that may come, if it came; any other one fails the test."""
    try:
        load_settings(path, environ)
    except ConfigError as error:
        return error
    return None


def _only_config_errors(text: str, path: Path) -> None:
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    refused = _refusal(path)
    assert refused is None or (str(path) in str(refused) and refused.fix)


@given(text=st.text())
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_settings_or_a_config_error(text: str, tmp_path: Path) -> None:
    _only_config_errors(text, tmp_path / "any.toml")


@given(document=st.dictionaries(_KEYS, _VALUES, max_size=5))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_document_is_settings_or_a_config_error(document: dict[str, object], tmp_path: Path) -> None:
    text = "\n".join(f'"{key}" = {_toml(value)}' for key, value in document.items())
    _only_config_errors(text, tmp_path / "any.toml")


@given(
    variables=st.dictionaries(
        st.sampled_from(["SHARD", "BRANDS", "BOARD", "BOARD__PORT", "BOARD__PORT__X", "ALERTS__KINDS", "", "__", "X"]),
        st.text() | _VALUES.map(_toml),
    )
)
def test_any_environment_is_settings_or_a_config_error(variables: dict[str, str]) -> None:
    refused = _refusal(None, {f"TRENDSIEVE_{name}": text for name, text in variables.items()})
    assert refused is None or refused.fix


@pytest.mark.parametrize(
    "text",
    [
        "shard = " + "9" * 5000,
        "shard = " + "[" * 5000,
        "[topics]\nseed = -1",
        "[report]\nevery_s = inf",
        "shard = 1e999",
    ],
)
def test_extreme_documents_are_config_errors(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        load_settings(_file(tmp_path, text))


@pytest.mark.parametrize("name", ["missing.toml", ".", "\0"])
def test_an_unreadable_path_is_a_config_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path / name)
    assert caught.value.file == str(tmp_path / name)


def test_bytes_that_are_not_utf8_are_a_config_error(tmp_path: Path) -> None:
    path = tmp_path / "latin.toml"
    path.write_bytes("shard = 'perché'".encode("latin-1"))
    with pytest.raises(ConfigError, match="UTF-8"):
        read_toml(path)


# --- what a person is told ----------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "key", "problem", "fix"),
    [
        ("shrad = 'it'", "(top level)", "unknown field `shrad`", "spelling"),
        ("[board]\nprot = 1", "board", "unknown field `prot`", "spelling"),
        ("[board]\nport = '9000'", "board.port", "expected `int`, got `str`", "correct"),
        ("[board]\nport = 70000", "board.port", "<= 65535", "correct"),
        ("[stream]\nkind = 'rabbit'", "stream.kind", "'rabbit'", "correct"),
        ("brands = ['a.toml', 3]", "brands[1]", "expected `str`, got `int`", "correct"),
        ("[alerts]\nkinds = ['RIDE', 'RIDEE']", "alerts.kinds[1]", "'RIDEE'", "correct"),
        ("board = 3", "board", "expected `object`, got `int`", "correct"),
    ],
)
def test_an_error_names_file_key_problem_and_fix(text: str, key: str, problem: str, fix: str, tmp_path: Path) -> None:
    path = _file(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    assert caught.value.file == str(path)
    assert caught.value.key == key
    assert problem in caught.value.problem
    assert fix in caught.value.fix


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("BOARD__PORT", "many"),
        ("BRANDS", "a.toml"),
        ("BOARD", "1"),
        ("ALERTS__SLACK_WEBHOK_URL", HUSH),
        ("SHRAD", "it"),
    ],
)
def test_an_error_from_the_environment_names_the_variable(name: str, text: str, tmp_path: Path) -> None:
    path = _file(tmp_path, "[board]\nhost = '127.0.0.1'")
    with pytest.raises(ConfigError) as caught:
        load_settings(path, {f"TRENDSIEVE_{name}": text})
    assert caught.value.file == f"TRENDSIEVE_{name}"


# --- layers ---------------------------------------------------------------------------


def test_the_environment_beats_the_file_and_the_file_beats_the_defaults(tmp_path: Path) -> None:
    path = _file(tmp_path, "shard = 'it'\n[board]\nport = 1111\nlanguage = 'it'")
    loaded = load_settings(path, {"TRENDSIEVE_BOARD__PORT": "2222", "PATH": "ignored"})
    assert (loaded.board.port, loaded.board.language, loaded.shard) == (2222, "it", "it")
    assert loaded.store == Settings().store


@pytest.mark.parametrize("text", ["7", "true", "1979-05-27", "'quoted'", "a b", "[1]"])
def test_a_text_in_the_environment_stays_the_text(text: str) -> None:
    assert load_settings(environ={"TRENDSIEVE_SHARD": text}).shard == text


def test_an_empty_variable_is_not_set() -> None:
    environ = {"TRENDSIEVE_ALERTS__SLACK_WEBHOOK_URL": "", "TRENDSIEVE_BOARD__PORT": ""}
    assert load_settings(environ=environ) == Settings()


def test_lists_in_the_environment_are_toml() -> None:
    assert load_settings(environ={"TRENDSIEVE_BRANDS": '["a.toml", "b/*.toml"]'}).brands == ("a.toml", "b/*.toml")


@pytest.mark.parametrize("name", ["default.toml", "production.toml"])
def test_the_files_that_ship_load(name: str) -> None:
    loaded = load_settings(CONFIGS_DIR / name)
    assert loaded.brands
    assert loaded.alerts.slack_webhook_url is None
    assert set(tomllib.loads((CONFIGS_DIR / name).read_text(encoding="utf-8"))) <= set(Settings.__struct_fields__)


def test_production_stands_on_kafka_and_postgresql() -> None:
    loaded = load_settings(CONFIGS_DIR / "production.toml")
    assert loaded.stream.kind == "kafka"
    assert loaded.store.url.startswith("postgresql+psycopg://")


# --- secrets ----------------------------------------------------------------------------


def test_a_secret_never_shows(tmp_path: Path) -> None:
    loaded = load_settings(_file(tmp_path, f'[alerts]\nslack_webhook_url = "{HUSH}"'))
    secret = loaded.alerts.slack_webhook_url
    assert secret is not None
    assert secret.reveal() == HUSH
    for shown in (repr(loaded), str(loaded), repr(secret), str(secret), f"{secret}", f"{secret!r:>9}", "%s" % secret):  # noqa: UP031 - every way to format counts
        assert "very-secret" not in shown


@pytest.mark.parametrize(
    "toml", [f'slack_webhook_url = ["{HUSH}"]', f'slack_webhok_url = "{HUSH}"', f'kinds = "{HUSH}"']
)
def test_an_error_about_a_secret_does_not_show_it(toml: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(_file(tmp_path, f"[alerts]\n{toml}"))
    assert "very-secret" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("password", ["hush", "p@ss:w/rd", "a@b@c"])
def test_a_password_in_the_store_url_does_not_show(password: str) -> None:
    url = f"postgresql+psycopg://me:{password}@db.example.test/trends"
    loaded = load_settings(environ={"TRENDSIEVE_STORE__URL": url})
    assert loaded.store.url == url
    assert password not in repr(loaded)
    assert "postgresql+psycopg://me:***@db.example.test/trends" in repr(loaded)


def test_secrets_with_equal_values_are_not_told_apart_by_their_looks() -> None:
    assert repr(Secret("a")) == repr(Secret("b"))

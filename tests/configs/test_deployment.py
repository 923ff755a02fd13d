"""The compose file, the image and the CI script fit the program they start."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
import yaml

from configs.loading import load_settings
from configs.settings import ENV_PREFIX
from tests.conftest import ROOT

PRODUCTION = ROOT / "configs" / "production.toml"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
STAGES = sorted(set(SERVICES) - {"kafka", "postgres"})


def _environment(service: str) -> dict[str, str]:
    """What a container gets when .env sets every variable it asks for."""
    given = SERVICES[service].get("environment", {})
    return {
        name: re.sub(r"\$\{.*?\}", "from-env", str(text)) if text is not None else "from-env"
        for name, text in given.items()
    }


def test_every_stage_of_production_has_a_service() -> None:
    assert STAGES == ["alert", "board", "collect", "enrich", "track"]
    assert SERVICES["enrich"]["deploy"]["replicas"] == 2
    assert "deploy" not in SERVICES["track"], "a shard has one owner"


@pytest.mark.parametrize("service", STAGES)
def test_a_service_starts_a_real_subcommand_with_the_production_settings(service: str) -> None:
    from pipeline.cli import COMMANDS

    program, subcommand, *options = SERVICES[service]["command"]
    assert program == "trendsieve"
    assert subcommand in COMMANDS
    assert options == ["--config", "/app/configs/production.toml"]


@pytest.mark.parametrize("service", STAGES)
def test_the_variables_of_a_service_are_known_settings(service: str) -> None:
    environ = _environment(service)
    loaded = load_settings(PRODUCTION, environ)
    ours = [name for name in environ if name.startswith(ENV_PREFIX)]
    assert (loaded != load_settings(PRODUCTION)) is bool(ours)


def test_the_settings_point_at_the_services() -> None:
    loaded = load_settings(PRODUCTION)
    listeners = SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].split(",")
    assert f"SERVICES://{loaded.stream.bootstrap_servers}" in listeners
    database = SERVICES["postgres"]["environment"]
    assert (
        loaded.store.url == f"postgresql+psycopg://{database['POSTGRES_USER']}@postgres:5432/{database['POSTGRES_DB']}"
    )
    assert loaded.stream.replication_factor == 1, "the compose file has one broker"


def test_kafka_runs_as_one_kraft_node() -> None:
    kafka = SERVICES["kafka"]
    assert re.fullmatch(r"apache/kafka:\d+\.\d+\.\d+", kafka["image"])
    env = {name: str(text) for name, text in kafka["environment"].items()}
    assert env["KAFKA_PROCESS_ROLES"].split(",") == ["broker", "controller"]
    assert not [name for name in env if "ZOOKEEPER" in name]
    assert len(base64.urlsafe_b64decode(env["CLUSTER_ID"] + "==")) == 16
    listeners = dict(item.split("://") for item in env["KAFKA_LISTENERS"].split(","))
    controller = env["KAFKA_CONTROLLER_LISTENER_NAMES"]
    assert env["KAFKA_CONTROLLER_QUORUM_VOTERS"] == f"{env['KAFKA_NODE_ID']}@kafka{listeners[controller]}"
    advertised = dict(item.split("://") for item in env["KAFKA_ADVERTISED_LISTENERS"].split(","))
    assert set(advertised) == set(listeners) - {controller}
    assert env["KAFKA_INTER_BROKER_LISTENER_NAME"] in advertised
    assert set(dict(item.split(":") for item in env["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(","))) == set(
        listeners
    )
    assert {text for name, text in env.items() if name.endswith(("REPLICATION_FACTOR", "MIN_ISR"))} == {"1"}


def test_postgresql_is_18_and_keeps_its_data() -> None:
    postgres = SERVICES["postgres"]
    assert re.fullmatch(r"postgres:18\.\d+", postgres["image"])
    # version 18 of the image moved its volume up by one folder; the old place would be lost with the container
    assert "postgres-data:/var/lib/postgresql" in postgres["volumes"]


def test_named_volumes_are_declared() -> None:
    mounted = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert {name for name in mounted if not name.startswith(".")} == set(COMPOSE["volumes"])


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_service_is_watched_restarted_and_ordered(service: str) -> None:
    checked = SERVICES[service]
    assert checked["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    assert checked["restart"] == "unless-stopped"
    for other, need in checked.get("depends_on", {}).items():
        assert need["condition"] == "service_healthy"
        assert "healthcheck" in SERVICES[other]
    assert service in {"kafka", "postgres"} or "postgres" in checked["depends_on"]


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_ports_are_open_to_this_machine_only(service: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[service].get("ports", []))


def test_no_password_has_a_default() -> None:
    secrets = {
        (service, name): text
        for service, spec in SERVICES.items()
        for name, text in spec.get("environment", {}).items()
        if re.search("PASSWORD|WEBHOOK|TOKEN|SECRET", name)
    }
    assert {name for _, name in secrets} == {"POSTGRES_PASSWORD", "PGPASSWORD", "TRENDSIEVE_ALERTS__SLACK_WEBHOOK_URL"}
    assert all(text is None or re.fullmatch(r"\$\{\w+:\?[^}]+\}", text) for text in secrets.values())


def test_the_image_copies_what_exists_runs_as_nobody_and_is_watched() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = [path for line in re.findall(r"^COPY (?!--)(.+) \S+$", text, re.M) for path in line.split()]
    assert {"configs", "ingest", "pipeline", "ui", "pyproject.toml", "constraints.txt"} <= set(copied)
    assert all((ROOT / path).exists() for path in copied)
    allowed = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.M)
    assert set(copied) <= set(allowed)
    assert re.search(r"^USER trendsieve$", text, re.M)
    assert re.search(r"^HEALTHCHECK ", text, re.M)
    assert all(re.search(r":\d[\w.-]+", base) for base in re.findall(r"^FROM (\S+)", text, re.M))


def test_ci_runs_what_developers_run() -> None:
    script = ROOT / ".ci" / "run"
    text = script.read_text(encoding="utf-8")
    assert "set -euo pipefail" in text
    assert re.findall(r"^make \w+$", text, re.M) == ["make check", "make test"]
    assert script.stat().st_mode & 0o111

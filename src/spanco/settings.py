"""Every setting, read once at the start from `SPANCO_…` variables and handed down (design D11)."""

from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from pydantic import Field, IPvAnyNetwork
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What an operator can choose; docs/settings.md explains each."""

    model_config = SettingsConfigDict(env_prefix="SPANCO_", frozen=True, extra="forbid")

    database_url: str | None = None
    data_dir: Path = Path("spanco-data")
    pool_size: int = Field(default=10, ge=6, le=500)
    statement_timeout_ms: int = Field(default=5000, ge=10, le=600_000)

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    workers: int = Field(default=1, ge=1, le=64)
    public_url: str | None = None
    proxies: tuple[IPvAnyNetwork, ...] = ()
    api: tuple[Path, ...] = ()

    page_default: int = Field(default=100, ge=1)
    page_maximum: int = Field(default=1000, ge=1)
    body_limit: int = Field(default=1_000_000, ge=1000)
    idempotency_hours: int = Field(default=24, ge=24)

    worker: bool = True
    worker_name: str = ""
    worker_port: int = Field(default=0, ge=0, le=65535)
    callback_networks: tuple[IPvAnyNetwork, ...] = ()
    callback_seconds: float = Field(default=15.0, ge=0.1, le=60)
    event_days: int = Field(default=400, ge=30)
    delivery_days: int = Field(default=60, ge=30)
    country: str = Field(default="", pattern="^([A-Z]{2})?$")
    countries: str = Field(default="", pattern=r"^([^=,\s]+=[A-Z]{2}(,[^=,\s]+=[A-Z]{2})*)?$")
    unmerge_days: int = Field(default=30, ge=0, le=365)
    document_limit: int = Field(default=2_000_000, ge=1000)
    import_limit: int = Field(default=200_000_000, ge=1000, le=10_000_000_000)
    file_days: int = Field(default=7, ge=1, le=400)
    capture_secret: str = Field(default="", repr=False)
    capture_days: int = Field(default=60, ge=1)
    mail_url: str = Field(default="", repr=False)
    mail_tenant: str = "default"
    mail_source: str = ""
    streams: int = Field(default=200, ge=0)
    nats_url: str = ""

    auth: Literal["none", "jwt"] = "none"
    allow_open: bool = False
    jwt_issuer: str = ""
    jwt_audience: str = ""
    jwt_jwks_url: str | None = None
    jwt_role_claim: str = "roles"
    jwt_tenant_claim: str = "tenant"
    jwt_default_tenant: str | None = None
    policy_file: Path | None = None

    log_format: Literal["console", "json"] = "console"
    log_requests: bool = False
    log_level: Literal["debug", "info", "warning", "error"] = "info"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

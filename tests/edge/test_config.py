import pytest
from pydantic import ValidationError

from edge.config import EdgeSettings


def test_defaults_are_safe() -> None:
    settings = EdgeSettings()
    assert (settings.profile, settings.host, settings.edge_port) == (
        "development", "127.0.0.1", 8080,
    )  # fmt: skip
    assert (settings.body_bytes_max, settings.json_depth_max) == (2**20, 64)
    assert not settings.production


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELVEDGE_EDGE_PORT", "9")
    monkeypatch.setenv("SELVEDGE_FORWARD_HEADERS", "X-Tenant, x-session")
    monkeypatch.setenv("SELVEDGE_PROFILE", "production")
    settings = EdgeSettings()
    assert settings.edge_port == 9
    assert settings.forward_headers == ("x-tenant", "x-session")
    assert settings.production


@pytest.mark.parametrize("name", ["grpc-timeout", "secret-bin", "a b", ":path"])
def test_headers_that_cannot_be_metadata_are_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="metadata"):
        EdgeSettings(forward_headers=(name,))


def test_r15_audiences_have_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELVEDGE_AUDIENCE_LABELS", "partner=PARTNER, PREVIEW; internal=INTERNAL")
    assert EdgeSettings().audiences == {
        "public": frozenset(),
        "partner": frozenset({"PARTNER", "PREVIEW"}),
        "internal": frozenset({"INTERNAL"}),
    }


@pytest.mark.parametrize("name", ["public", "assets", "A", "a/b", ""])
def test_r15_an_audience_has_a_name_for_a_path(name: str) -> None:
    with pytest.raises(ValidationError, match="cannot name an audience"):
        EdgeSettings(audience_labels={name: frozenset({"A"})})


def test_r15_an_audience_without_labels_is_the_public_one() -> None:
    with pytest.raises(ValidationError, match="no labels"):
        EdgeSettings(audience_labels={"partner": frozenset()})


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        EdgeSettings().edge_port = 1  # type: ignore[misc]  # that is the point


def test_every_setting_says_what_it_is_for() -> None:
    assert [
        name for name, field in EdgeSettings.model_fields.items() if not field.description
    ] == []

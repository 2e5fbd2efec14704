"""Masks are tried on messages of published contracts: the platform knows none of ours."""

import pytest
from google.api.client_pb2 import CommonLanguageSettings, JavaSettings
from google.protobuf.field_mask_pb2 import FieldMask

from mesh.errors import InvalidArgument
from mesh.resource import updated


def java(**fields: object) -> JavaSettings:
    return JavaSettings(**fields)  # type: ignore[arg-type]  # fields of every type


CURRENT = java(
    library_package="a.b",
    service_class_names={"x": "X", "y": "Y"},
    common=CommonLanguageSettings(reference_docs_uri="https://example.com", destinations=[20]),
)


def test_a_map_is_replaced_whole() -> None:
    result = updated(
        CURRENT,
        java(service_class_names={"z": "Z"}),
        FieldMask(paths=["service_class_names"]),
        at="java",
    )
    assert dict(result.service_class_names) == {"z": "Z"}
    assert result.library_package == "a.b"


def test_a_path_reaches_into_a_message() -> None:
    update = java(common=CommonLanguageSettings(reference_docs_uri="https://example.org"))
    result = updated(CURRENT, update, FieldMask(paths=["common.reference_docs_uri"]), at="java")
    assert result.common.reference_docs_uri == "https://example.org"
    assert list(result.common.destinations) == [20]


def test_a_path_into_a_message_that_is_not_set_clears_what_it_names() -> None:
    result = updated(CURRENT, java(), FieldMask(paths=["common.reference_docs_uri"]), at="java")
    assert result.common.reference_docs_uri == ""
    assert list(result.common.destinations) == [20]
    assert not updated(
        java(), java(), FieldMask(paths=["common.destinations"]), at="java"
    ).HasField("common")


def test_a_message_that_is_not_set_is_cleared() -> None:
    assert CURRENT.HasField("common")
    result = updated(CURRENT, java(), FieldMask(paths=["common"]), at="java")
    assert not result.HasField("common")


def test_the_current_resource_stays_as_it_is() -> None:
    before = java()
    before.CopyFrom(CURRENT)
    updated(CURRENT, java(library_package="c"), FieldMask(), at="java")
    assert before == CURRENT


def test_an_empty_mask_with_nothing_set_changes_nothing() -> None:
    assert updated(CURRENT, java(), FieldMask(), at="java") == CURRENT


@pytest.mark.parametrize("paths", [["none"], ["library_package", "none"], ["*", "library_package"]])
def test_a_path_of_nothing_is_refused(paths: list[str]) -> None:
    with pytest.raises(InvalidArgument, match="JavaSettings has no field") as refused:
        updated(CURRENT, java(), FieldMask(paths=paths), at="java")
    assert [violation.field for violation in refused.value.violations] == ["update_mask"]

"""The topology against the contracts: it names what there is."""

import importlib
import importlib.util
from dataclasses import FrozenInstanceError

import pytest
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.descriptor_pool import Default

from services.topology import EVERY_METHOD, SERVICES, Service

NAMES = [service.name for service in SERVICES]
EACH = pytest.mark.parametrize("service", SERVICES, ids=NAMES)


def contract(full_name: str) -> ServiceDescriptor:
    package, _, _ = full_name.rpartition(".")
    name = package.split(".")[-2]
    importlib.import_module(f"{package}.{name}_pb2")
    found: ServiceDescriptor = Default().FindServiceByName(full_name)
    return found


def test_names_are_unique_and_none_is_the_edge() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert "edge" not in NAMES


@EACH
def test_a_service_is_a_module_that_can_be_run(service: Service) -> None:
    assert importlib.util.find_spec(f"{service.module}.__main__")


@EACH
def test_its_contracts_exist(service: Service) -> None:
    for name in service.contracts:
        assert contract(name).full_name == name


@EACH
def test_callers_are_services_or_the_edge_and_call_methods_that_exist(service: Service) -> None:
    assert {*NAMES, "edge"}.issuperset(service.callers)
    known = {
        f"{name}/{method.name}" for name in service.contracts for method in contract(name).methods
    }
    for methods in service.callers.values():
        assert methods == (EVERY_METHOD,) or known.issuperset(methods)


def test_it_cannot_be_changed_at_run_time() -> None:
    with pytest.raises(FrozenInstanceError):
        SERVICES[0].replicas = 2  # type: ignore[misc]  # that is the point

"""Envoy's gRPC-JSON transcoder: its bootstrap, for one catalog and one worker thread."""

import json
from pathlib import Path
from typing import Any

SERVICE = "shop.catalog.v1.CatalogService"


def bootstrap(port: int, catalog: str, image: Path) -> str:
    """Returns the configuration as JSON, which Envoy reads as the YAML that it is."""
    listener = {
        "name": "rest",
        "address": _address("127.0.0.1", port),
        "filter_chains": [{"filters": [_http(image)]}],
    }
    return json.dumps(
        {"static_resources": {"listeners": [listener], "clusters": [_cluster(catalog)]}}
    )


def _http(image: Path) -> dict[str, Any]:
    package = "type.googleapis.com/envoy.extensions.filters"
    transcoder = {
        "@type": f"{package}.http.grpc_json_transcoder.v3.GrpcJsonTranscoder",
        "proto_descriptor": str(image),
        "services": [SERVICE],
        "print_options": {"always_print_primitive_fields": True},
    }
    router = {"@type": f"{package}.http.router.v3.Router"}
    route = {"match": {"prefix": "/"}, "route": {"cluster": "catalog", "timeout": "2s"}}
    manager = {
        "@type": f"{package}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "rest",
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
        "http_filters": [
            {"name": "envoy.filters.http.grpc_json_transcoder", "typed_config": transcoder},
            {"name": "envoy.filters.http.router", "typed_config": router},
        ],
    }
    return {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}


def _cluster(catalog: str) -> dict[str, Any]:
    host, _, port = catalog.rpartition(":")
    http2 = {
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        "explicit_http_config": {"http2_protocol_options": {}},
    }
    endpoint = {"endpoint": {"address": _address(host, int(port))}}
    return {
        "name": "catalog",
        "connect_timeout": "1s",
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": http2
        },
        "load_assignment": {
            "cluster_name": "catalog",
            "endpoints": [{"lb_endpoints": [endpoint]}],
        },
    }


def _address(host: str, port: int) -> dict[str, Any]:
    return {"socket_address": {"address": host, "port_value": port}}

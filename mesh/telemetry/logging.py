"""Log lines that name their service and trace."""

import json
import logging
import sys
import time

from mesh.config import MeshSettings
from mesh.metadata import request_id
from mesh.telemetry.tracing import current_trace_id


def configure(service: str, settings: MeshSettings) -> None:
    """Sends every log line of the process to standard error, with service and trace id."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json(service) if settings.log_format == "json" else _Text(service))
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells of every start
    # It warns of each `tracestate` that it cannot read: whoever sends those would write our log.
    logging.getLogger("opentelemetry.trace.span").setLevel(logging.ERROR)


class _Text(logging.Formatter):
    def __init__(self, service: str) -> None:
        super().__init__(f"%(asctime)s %(levelname)-7s {service:<10} %(message)s%(trace)s")

    def format(self, record: logging.LogRecord) -> str:
        trace_id = current_trace_id()
        record.trace = f" trace={trace_id}" if trace_id else ""
        return super().format(record)


class _Json(logging.Formatter):
    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03d}Z",
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
            "traceId": current_trace_id(),
            "requestId": request_id.get(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)

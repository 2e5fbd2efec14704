"""Traces and logs, tied together by the trace id."""

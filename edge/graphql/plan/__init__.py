"""Queries compiled: what a document asks for becomes calls by levels and functions that project.

selection (what is asked of a type) → projection (a function of a message) → stages → run.
Anything that does not compile is left to graphql-core, which answers the same, only slower.
"""

from edge.graphql.plan.plans import Plans

__all__ = ["Plans"]

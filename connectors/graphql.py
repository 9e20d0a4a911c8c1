"""GraphQL: a query posted page after page, along a connection of the Relay form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.api import JsonApi


def graphql(
    name: str,
    url: str,
    query: str,
    *,
    connection: str,
    variables: Mapping[str, Any] | None = None,
    after: str = "after",
    counted: bool = True,
    edges: bool = False,
    **more: Any,
) -> JsonApi:
    """Give the source that reads all nodes of `connection`, a dotted path below `data`.

    The query takes the variable `after` and asks for `nodes`, `pageInfo { hasNextPage endCursor }` and, where the
    API has one, `totalCount`, to which the rows are held; `counted=False` says that it has none. With `edges` it asks
    for `edges { node }` instead, for APIs without `nodes`; a row is then an edge. An answer with
    `errors` is an error, whatever its status. `more` is as for `JsonApi`: auth, flat, licence, limits.

    >>> graphql("demo__issues", "https://example.org/graphql", "query …", connection="repository.issues").items
    'data.repository.issues.nodes'
    """
    place = f"data.{connection}"
    return JsonApi(
        name,
        url,
        items=f"{place}.edges" if edges else f"{place}.nodes",
        total=f"{place}.totalCount" if counted else None,
        next=f"{place}.pageInfo.endCursor",
        next_param=f"variables.{after}",
        more=f"{place}.pageInfo.hasNextPage",
        post={"query": query, "variables": dict(variables or {})},
        errors="errors",
        **more,
    )

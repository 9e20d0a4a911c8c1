"""The whole graph as a text that is read in review: a change of lineage shows there."""

from pathlib import Path

from assets.definitions import defs

GRAPH = Path(__file__).with_name("graph.txt")
RENEW = "python -m tests.assets.test_graph"


def graph() -> str:
    """Give one block a domain, one line per asset: its table, its number of checks, what it is made from."""
    assets = defs().resolve_asset_graph()
    checks = [key.asset_key for key in assets.asset_check_keys]
    lines = []
    for group in sorted({node.group_name or "" for node in assets.asset_nodes}):
        nodes = [node for node in assets.asset_nodes if node.group_name == group]
        lines.append(f"{group}: {len(nodes)} tables")
        for node in sorted(nodes, key=lambda node: node.key.to_user_string()):
            made_of = ", ".join(sorted(".".join(key.path) for key in node.parent_keys)) or "the world"
            lines.append(f"  {'.'.join(node.key.path)} ({checks.count(node.key)} checks) ← {made_of}")
        lines.append("")
    return "\n".join(lines)


def test_the_graph_is_as_it_was_agreed() -> None:
    """Assets, their domains, what they are made from, and how many checks each has, are those of graph.txt."""
    agreed = GRAPH.read_text(encoding="utf-8")
    assert graph() == agreed, f"the graph has changed; if that is meant, renew the file: {RENEW}"


if __name__ == "__main__":
    GRAPH.write_text(graph(), encoding="utf-8")

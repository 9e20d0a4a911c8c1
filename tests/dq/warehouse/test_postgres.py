"""What a PostgreSQL is spared, and what it may not take away."""

import time
from pathlib import Path

import pytest

from dq.warehouse import Warehouse
from dq.warehouse.extensions import bare
from dq.warehouse.postgres import trace


def test_a_run_of_hours_keeps_its_lock_and_no_vacuum_waits_for_it(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its transaction idles: limits on that do not end it, and it holds no snapshot that would keep dead rows."""
    here = f"files={tmp_path}&schema=held"
    place = Warehouse(f"{database}&application_name=holder&{here}").place
    limits = " ".join(
        f"-c {name}=300" for name in ("idle_in_transaction_session_timeout", "transaction_timeout")
    )
    with monkeypatch.context() as patch:
        patch.setenv("PGOPTIONS", limits)
        place.alive(0)
    with place.living("run-a"):
        time.sleep(1)
        assert trace("run-a", Warehouse(f"{database}&{here}").place.alive(0))
        with bare("postgres_scanner") as server:
            server.execute(f"attach '{database}' as server (type postgres)")
            query = (
                "select state, coalesce(backend_xmin, backend_xid)::text from pg_stat_activity "
                "where application_name = ''holder'' and state like ''idle in%''"
            )
            held = server.execute(f"from postgres_query('server', '{query}')").fetchall()
    assert held == [("idle in transaction", None)]
    assert not trace("run-a", Warehouse(f"{database}&{here}").place.alive(0))

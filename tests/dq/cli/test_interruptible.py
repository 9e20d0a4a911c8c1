import duckdb
import pytest

from dq.cli.interruptible import interruptible
from tests.dq.cli.ctrl_c import LONG, press_when_a_query_runs


@pytest.mark.parametrize("elsewhere", [False, True])
def test_ctrl_c_ends_the_query_and_the_connection_can_be_asked_again(*, elsewhere: bool) -> None:
    """Also where several queries follow on each other; what the work gives or raises is given or raised."""
    with duckdb.connect() as lake:
        press_when_a_query_runs(elsewhere=elsewhere)
        with pytest.raises(KeyboardInterrupt):
            interruptible(lake, lambda: lake.execute(LONG).fetchall())
        assert interruptible(lake, lambda: lake.execute("select 42").fetchall()) == [(42,)]
        with pytest.raises(duckdb.ParserException):
            interruptible(lake, lambda: lake.execute("selec"))

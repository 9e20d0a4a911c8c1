"""People read while a run writes."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.end_to_end.deployment import Deployment, copied_checkout

READER = '''
"""Ask again and again, each time anew, until the file is there; say how often, and what was ever wrong."""
import io, sys, time
from pathlib import Path
from dq.cli.sql import run_sql
from dq.warehouse import Warehouse

lake, stop = Warehouse(Path(sys.argv[1])), Path(sys.argv[2])
QUERY = """
select (select count(*) from quality.ledger where rows_in != accepted + quarantined + deduplicated + superseded),
       (select count(*) from core.finance), (select count(*) from training.finance),
       (select count(*) from quality.conflicts where table_name = 'core.finance'),
       (select count(*) from core.finance__cdnow), (select count(*) from raw.finance__cdnow)
"""
asked, seen = 0, set()
while not stop.exists() or asked < 5:
    out = io.StringIO()
    run_sql(lake, QUERY, "csv", out)
    seen.add(out.getvalue().splitlines()[1])
    asked += 1
    time.sleep(0.1)
print(asked, *sorted(seen))
'''


def test_reading_never_fails_and_never_sees_half_a_run(elsewhere: Deployment, tmp_path: Path) -> None:
    """While all of finance is made anew by changed code, a loop of queries and `dq sql` see whole tables only."""
    checkout = copied_checkout(tmp_path / "checkout")
    changed = checkout / "assets" / "german_credit.py"
    changed.write_text(changed.read_text(encoding="utf-8") + "\n# Changed.\n", encoding="utf-8")
    loop = checkout / "reading_loop.py"
    loop.write_text(READER, encoding="utf-8")
    stop = tmp_path / "stop"
    writer = replace(elsewhere, checkout=checkout)
    published = "select count(*) from quality.ledger"
    before = elsewhere.one(published)

    reading = writer.start("reading_loop", str(elsewhere.home / "lake"), str(stop))
    try:
        running = writer.start("assets.run", "finance")
        answers = []
        while running.poll() is None:
            if len(answers) < 4:
                answers.append(
                    elsewhere.dq("sql", "select count(*) as n from core.finance", "--format", "csv")
                )
            time.sleep(0.2)
        said, told = running.communicate(timeout=900)
    finally:
        stop.touch()
        out, err = reading.communicate(timeout=300)
        running.kill()
        reading.kill()

    assert running.returncode == 0, said + told
    assert elsewhere.one(published) == 2 * before  # type: ignore[operator]
    assert reading.returncode == 0, err
    asked, *seen = out.split()
    assert int(asked) >= 5
    assert seen == ["0,1000,1000,1198,69659,69659"]
    assert answers
    assert {(answer.code, answer.out) for answer in answers} == {(0, "n\n1000\n")}, answers


def test_old_snapshots_stay_readable(whole: Deployment) -> None:
    """`dq sql --at` asks the warehouse as it was when the first table had been published."""
    first = whole.one("""
        select min(snapshot_id) from lake.snapshots()
        where snapshot_time >= (select min("at") from quality.ledger)""")
    then = whole.dq("sql", "--at", str(first), "--format", "csv", "select count(*) as n from quality.ledger")
    assert (then.code, then.out) == (0, "n\n1\n"), then.err
    missing = whole.dq("sql", "--at", str(first), "select count(*) from core.social")
    assert missing.code == 2
    assert "social" in missing.err


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("sql", "select * from core.nowhere"), 2, "nowhere"),
        (("sql", "delete from core.finance"), 2, "only reads"),
        (("sql", "select 1", "--format", "xml"), 2, "ndjson"),
        (("quarantine", "core.nowhere"), 2, "core__nowhere"),
        (("run", "nowhere"), 2, "no such domain"),
        (("nonsense",), 2, "nonsense"),
    ],
)
def test_a_wrong_call_is_one_message_and_exit_code_2(
    whole: Deployment, words: tuple[str, ...], code: int, says: str
) -> None:
    """A mistake is told in words, without a trace of the program's insides, and changes nothing."""
    ended = whole.dq(*words)
    assert ended.code == code, ended.err
    assert says in ended.out + ended.err
    assert "Traceback" not in ended.err

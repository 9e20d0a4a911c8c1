import os
import signal
import threading
import time

from dq.cli.interruptible import WORKER

LONG = "select count(*) from range(100000000) a(i), range(100000000) b(j) where (i * j) % 7 = 3"


def press_when_a_query_runs(*, elsewhere: bool = False) -> None:
    """Send this process what a terminal sends on Ctrl-C, soon after it has begun to ask a query.

    `elsewhere` hands it to a thread that is not the main one, as the system may.
    """

    def press() -> None:
        while not any(thread.name == WORKER for thread in threading.enumerate()):
            time.sleep(0.05)
        time.sleep(0.3)
        if elsewhere:
            signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        else:
            os.kill(os.getpid(), signal.SIGINT)

    # A shell starts what runs in the background so that it does not hear the key.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=press, daemon=True).start()

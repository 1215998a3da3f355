"""Before Polars is loaded: memory that it has freed goes back to the system while other work goes on.

Its allocator (jemalloc, on Linux and macOS) keeps freed memory for the thread that had it, and those threads
rest while decisions are made: so a tenth of what a run over a million lines held was of no use to anybody.
"""

import os

os.environ.setdefault("_RJEM_MALLOC_CONF", "background_thread:true,dirty_decay_ms:200,muzzy_decay_ms:0")

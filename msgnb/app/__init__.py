"""App: where a user starts.

* `connecting` and `profiles` make a client from a profile.
* `modes` switches a whole process between live accounts, mocks and recordings.
* `aio` and `asynchronous` make clients awaitable.
* `cli` is the command line, and `doctor` its report for bug reports.

This room imports everything but `msgnb.widgets`; only widgets import it.
"""

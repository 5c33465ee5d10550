"""App: what starts things for a person.

`connecting` and `profiles` make a client from a profile, `modes` switches between live accounts, mocks and
recordings, `aio` and `asynchronous` make clients awaitable, `cli` is the command line and `doctor` its report.

This room imports everything but `msgnb.widgets`; only widgets import it.
"""

"""Where programs that a model wrote are run. `docs/sandbox.md` says what is promised and which test shows it.

supervisor.py   in the grading worker: starts zygotes, hands them tests, watches, kills; alone knows what is expected
zygote.py       a clean, confined Python process that forks a child for every test
policy.py       what zygote and child may do: Landlock, seccomp, resource limits
child.py        what the child does: run the program, call its function, or check it with the problem's assertions
values.py       how values cross between processes: builtin types only
levels.py       which layers hold on this machine, found out by canaries
harness.py      the second profile: a whole foreign program (evalplus) that forks, in a tree that it cannot write
"""

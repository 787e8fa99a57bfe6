"""Sandboxed grading for any nbgrader course: student code runs in another process than the tests.

Student cells run inside a bubblewrap sandbox, test cells in a trusted process, and only plain data crosses
between the two.  Nothing here knows any physics, and nothing in the physics knows about grading.
`ARCHITECTURE.md` draws the processes and says where what happens; `README.md` says what scores mean.  The rooms:

* :mod:`~qlab.grading.wire` - what crosses, and what runs on both sides;
* :mod:`~qlab.grading.student` - the sandbox and what runs in it; nothing there is trusted;
* :mod:`~qlab.grading.trusted` - the tests, and what they make of answers;
* :mod:`~qlab.grading.notebooks` - reading notebooks, and planning what runs where;
* :mod:`~qlab.grading.runs` - workers, whole classes, stored results, the gradebook;
* :mod:`~qlab.grading.hooks` - what nbgrader calls;
* :mod:`~qlab.grading.pages` - feedback;
* :mod:`~qlab.grading.reports` - tables, explanations, statistics, exports, the check before release.
"""

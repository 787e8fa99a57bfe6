"""Split, sandboxed grading for any nbgrader course.

Student cells run inside a bubblewrap sandbox, test cells in a separate trusted process, and only
plain data crosses between the two.  Nothing here knows any physics, and nothing in the physics
knows about grading.  The parts, from the wire upwards:

* :mod:`~qlab.grading.wire.frames`, :mod:`~qlab.grading.wire.codec`, :mod:`~qlab.grading.wire.peer` - the boundary;
* :mod:`~qlab.grading.student.bubblewrap`, :mod:`~qlab.grading.student.confinement` - the walls;
* :mod:`~qlab.grading.student.zygote`, :mod:`~qlab.grading.student.session` - the student's side;
* :mod:`~qlab.grading.trusted.server`, :mod:`~qlab.grading.trusted.driver`, :mod:`~qlab.grading.trusted.proxies` - the
  trusted side;
* :mod:`~qlab.grading.runs.worker` - one pair of warm processes, one notebook after another;
* :mod:`~qlab.grading.runs.runner`, :mod:`~qlab.grading.runs.gradebook` - whole classes.
"""

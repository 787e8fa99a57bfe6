"""Split, sandboxed grading for any nbgrader course.

Student cells run inside a bubblewrap sandbox, test cells in a separate trusted process, and only
plain data crosses between the two.  Nothing here knows any physics, and nothing in the physics
knows about grading.  The parts, from the wire upwards:

* :mod:`~qlab.grading.frames`, :mod:`~qlab.grading.codec`, :mod:`~qlab.grading.peer` - the boundary;
* :mod:`~qlab.grading.sandbox`, :mod:`~qlab.grading.confine` - the walls;
* :mod:`~qlab.grading.zygote`, :mod:`~qlab.grading.learner` - the student's side;
* :mod:`~qlab.grading.trusted`, :mod:`~qlab.grading.conductor`, :mod:`~qlab.grading.proxies` - the
  trusted side;
* :mod:`~qlab.grading.station` - one pair of warm processes, one notebook after another;
* :mod:`~qlab.grading.runner`, :mod:`~qlab.grading.gradebook` - whole classes.
"""

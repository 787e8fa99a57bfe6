"""The learner's side: check a notebook locally, see progress, make retrieval cards. Nothing leaves the machine."""
